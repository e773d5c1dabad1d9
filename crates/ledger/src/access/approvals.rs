//! What takes two people: asked, decided, carried out.
//!
//! Each step is an event that is durable before anything follows from it, and each check is made against the fold of everything before it: one act
//! at a time passes through here.

use daybook_access::{
    AccessFault, ActKind, Entries, Erasure, ExportScope, NewRequest, Part, RequestState, Role, Session,
};
use daybook_event::{Draft, Jti, b64};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::erasing::EraseFault;
use super::scoping::place;
use super::{Behind, Desk, ReadingFault, Recorded, Unrecorded, slots, stamped};

/// Links of one event, as in their schema.
pub(super) const LINKS_MAX: usize = 32;

/// What somebody asks for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The act.
    #[schemars(with = "String")]
    pub act: ActKind,
    /// On what authority, as in the schema of `approval.requested`.
    pub authority: String,
    /// Which part of the records.
    #[schemars(with = "String")]
    pub part: Part,
    /// Entries by number and range: `["17", "20-22"]`.
    #[serde(default)]
    pub entries: Vec<String>,
    /// Events by identifier.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub events: Vec<Jti>,
    /// A matter by its handle: all of its events so far.
    #[serde(default)]
    pub matter: Option<String>,
    /// Slots by name; all of the part where it is empty.
    #[serde(default)]
    pub slots: Vec<String>,
    /// Who may still read what is sealed.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub readers: Vec<Role>,
    /// How long an opening lasts, in minutes.
    #[serde(default)]
    pub minutes: u64,
    /// The number of the audit, request or case.
    #[serde(default)]
    pub reference: Option<String>,
    /// The number of the court's order.
    #[serde(default)]
    pub order_number: Option<String>,
}

/// What came of a decision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decided {
    /// The event of the decision.
    #[schemars(with = "String")]
    pub decision: Jti,
    /// The event that records what was done, of several the last; none for refusals, openings and exports.
    #[schemars(with = "Option<String>")]
    pub done: Option<Jti>,
    /// The entry of that event.
    pub done_entry: Option<u64>,
}

/// Why an act did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ActFault {
    /// It is not allowed.
    #[error("{fault}. {remedy}", fault = .0, remedy = .0.remedy())]
    Access(#[from] AccessFault),
    /// The scope names no entries, or too many, or some that are not there.
    #[error("{0}")]
    Scope(String),
    /// It could not be recorded, so it did not happen.
    #[error(transparent)]
    Unrecorded(#[from] Unrecorded),
    /// The index is behind.
    #[error(transparent)]
    Behind(#[from] Behind),
    /// A record could not be read.
    #[error(transparent)]
    Reading(#[from] ReadingFault),
    /// The erasure is ordered and not finished.
    #[error(
        "the erasure is recorded and not finished ({0}); it is finished at the next start of the service"
    )]
    Erasing(#[from] EraseFault),
    /// The index cannot be asked.
    #[error(transparent)]
    Search(#[from] daybook_index::search::SearchError),
}

impl Desk {
    /// Asks for an act that takes two people. The answer names the request and its entries.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing was asked for.
    pub async fn request(&self, session: &Session, asked: Asked) -> Result<(Recorded, Entries), ActFault> {
        let _one = self.acting.lock().await;
        let entries = self.scope(&asked).await?;
        let new = NewRequest {
            act: asked.act,
            authority: asked.authority,
            part: asked.part,
            entries: entries.clone(),
            slots: asked.slots,
            readers: asked.readers,
            minutes: asked.minutes,
            reference: asked.reference,
            order: asked.order_number.is_some(),
            export: None,
            production: None,
        };
        let places = self.places(&entries)?;
        if new.act == ActKind::Erase && !new.slots.is_empty() {
            slots::check(self.events.log(), &new)?;
        }
        let now = self.clock.now().as_second();
        self.access().check_request_with(session, &new, now, &|entry| place(&places, entry))?;
        let recorded = self.ask(session, &new, asked.order_number.as_deref()).await?;
        Ok((recorded, entries))
    }

    /// Puts a request on the log that was checked.
    pub(super) async fn ask(
        &self,
        session: &Session,
        new: &NewRequest,
        order_number: Option<&str>,
    ) -> Result<Recorded, ActFault> {
        let mut fields = stamped(self.clock.now());
        put(&mut fields, "act", new.act.as_str());
        put(&mut fields, "authority", new.authority.as_str());
        put(&mut fields, "account", session.account.as_str());
        match &new.production {
            // What goes out of it, the production's own event says.
            Some(opened) => {
                let links = json!([{ "rel": "of", "jti": opened.to_string() }]);
                fields.insert("links".into(), links);
            }
            None => put(&mut fields, "part", new.part.as_str()),
        }
        if !new.entries.is_empty() {
            fields.insert("at_entries".into(), json!(new.entries.to_strings()));
        }
        if !new.slots.is_empty() {
            fields.insert("slots".into(), json!(new.slots));
        }
        if !new.readers.is_empty() {
            fields.insert("readers".into(), json!(new.readers));
        }
        if new.minutes > 0 {
            fields.insert("minutes".into(), new.minutes.into());
        }
        if let Some(scope) = &new.export {
            put_export(&mut fields, scope);
        }
        new.reference.iter().for_each(|reference| put(&mut fields, "reference", reference.as_str()));
        order_number.iter().for_each(|number| put(&mut fields, "order_number", number));
        self.record("approval.requested", fields).await
    }

    /// Approves or refuses a request; what was approved is carried out before this returns.
    ///
    /// # Errors
    /// [`ActFault`]; where it is [`ActFault::Erasing`] the erasure stands and is finished later, otherwise nothing happened.
    pub async fn decide(&self, session: &Session, request: &Jti, approve: bool) -> Result<Decided, ActFault> {
        let _one = self.acting.lock().await;
        let known = self.access().request(request).cloned().ok_or(AccessFault::UnknownRequest)?;
        let places = self.places(&known.entries)?;
        let now = self.clock.now();
        if approve {
            let lookup = |entry| place(&places, entry);
            self.access().check_decision_with(session, request, now.as_second(), &lookup)?;
        } else {
            self.access().check_refusal(session, request, now.as_second())?;
        }
        let mut fields = stamped(now);
        put(&mut fields, "decision", if approve { "approved" } else { "refused" });
        put(&mut fields, "account", session.account.as_str());
        fields.insert("links".into(), json!([{ "rel": "of", "jti": request.to_string() }]));
        let decision = self.record("approval.decided", fields).await?;
        let done = if approve { self.carry_out(request).await? } else { None };
        Ok(Decided {
            decision: decision.event,
            done: done.map(|done| done.event),
            done_entry: done.map(|done| done.entry),
        })
    }

    /// Carries out what was approved and not done when a process died.
    ///
    /// # Errors
    /// The first that cannot be carried out.
    pub async fn carry_out_due(&self) -> Result<(), ActFault> {
        let _one = self.acting.lock().await;
        let due: Vec<Jti> = self.access().due().map(|request| request.jti).collect();
        for request in due {
            match self.carry_out(&request).await {
                // A hold that came in between stands in the way for good: a new request is needed.
                Ok(_) | Err(ActFault::Access(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Records an act and waits until the fold has taken it in.
    pub(super) async fn record(&self, event: &str, fields: Map<String, Value>) -> Result<Recorded, ActFault> {
        let draft = Draft::new(event.parse().expect("a type of the catalogue"), fields);
        let recorded = self.scribe.act(draft).await?;
        self.caught_up(recorded.entry + 1).await?;
        Ok(recorded)
    }

    async fn carry_out(&self, request: &Jti) -> Result<Option<Recorded>, ActFault> {
        let known = self.access().request(request).cloned().ok_or(AccessFault::UnknownRequest)?;
        if !known.act.is_carried_out() {
            return Ok(None);
        }
        let places = self.places(&known.entries)?;
        let now = self.clock.now();
        self.access().check_execution(request, now.as_second(), &|entry| place(&places, entry))?;
        let Some(kind) = known.act.sealed_kind() else { return self.let_go(&known).await };
        let mut fields = stamped(now);
        put(&mut fields, "kind", kind);
        put(&mut fields, "authority", known.authority.as_str());
        put(&mut fields, "part", known.part.as_str());
        fields.insert("at_entries".into(), json!(known.entries.to_strings()));
        let day = now.to_zoned(self.zone.clone()).date().to_string();
        put(&mut fields, "done_on", day.as_str());
        fields.insert("entries".into(), known.entries.len().into());
        put(&mut fields, "requested_by", known.account.as_str());
        if let RequestState::Approved { by, .. } = &known.state {
            put(&mut fields, "approved_by", by.as_str());
        }
        if !known.slots.is_empty() {
            fields.insert("slots".into(), json!(known.slots));
        }
        if !known.readers.is_empty() {
            fields.insert("readers".into(), json!(known.readers));
        }
        fields.insert("links".into(), json!([{ "rel": "of", "jti": request.to_string() }]));
        let done = self.record("record.sealed", fields).await?;
        if known.act == ActKind::Erase {
            let erasure = |entry| Erasure { entry, part: known.part, slots: known.slots.clone() };
            let erasures: Vec<Erasure> = known.entries.iter().map(erasure).collect();
            let eraser = self.eraser.clone();
            let erased = tokio::task::spawn_blocking(move || eraser.carry_out(&erasures)).await;
            erased.map_err(|_| Unrecorded::Stopped)??;
        }
        Ok(Some(done))
    }
}

/// What an export is of, as the event says it.
fn put_export(fields: &mut Map<String, Value>, scope: &ExportScope) {
    put(fields, "purpose", &scope.purpose);
    put(fields, "query", &b64::encode(scope.query()));
    fields.insert("up_to".into(), scope.up_to.into());
    fields.insert("rows".into(), scope.rows.into());
    if !scope.terms.is_empty() {
        fields.insert("terms".into(), json!(scope.terms));
    }
}

pub(super) fn put(fields: &mut Map<String, Value>, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.into());
}

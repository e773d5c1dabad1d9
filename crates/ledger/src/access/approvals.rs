//! What takes two people: asked, decided, carried out; openings; holds.
//!
//! Each step is an event that is durable before anything follows from it, and each check is made against the fold of everything before it: one act
//! at a time passes through here.

use daybook_access::{
    AccessFault, ActKind, Action, ENTRIES_MAX, Entries, Erasure, NewRequest, Part, Place, Request,
    RequestState, Role, Session,
};
use daybook_event::{Draft, Jti};
use daybook_index::search::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::erasing::EraseFault;
use super::{Behind, Desk, ReadingFault, Recorded, Unrecorded, slots, stamped};

/// Links of one event, as in their schema.
const LINKS_MAX: usize = 32;

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

/// A hold that somebody places.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldAsked {
    /// What for, as in the schema of `hold.placed`.
    pub basis: String,
    /// Events by identifier, at most 32.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub events: Vec<Jti>,
    /// A matter by its handle.
    #[serde(default)]
    pub matter: Option<String>,
    /// The number of the case.
    #[serde(default)]
    pub case_number: Option<String>,
}

/// What came of a decision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decided {
    /// The event of the decision.
    #[schemars(with = "String")]
    pub decision: Jti,
    /// The event that records what was done; none for refusals, openings, and holds that were let go.
    #[schemars(with = "Option<String>")]
    pub done: Option<Jti>,
    /// The entry of that event.
    pub done_entry: Option<u64>,
}

/// Withheld values of one event.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// The entry.
    pub entry: u64,
    /// Its event.
    pub jti: Jti,
    /// The values by field.
    pub values: Map<String, Value>,
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
        };
        let places = self.places(&entries)?;
        if new.act == ActKind::Erase && !new.slots.is_empty() {
            slots::check(self.events.log(), &new)?;
        }
        let now = self.clock.now();
        self.access().check_request_with(session, &new, now.as_second(), &|entry| place(&places, entry))?;
        let mut fields = stamped(now);
        put(&mut fields, "act", new.act.as_str());
        put(&mut fields, "authority", new.authority.as_str());
        put(&mut fields, "part", new.part.as_str());
        put(&mut fields, "account", session.account.as_str());
        fields.insert("at_entries".into(), json!(entries.to_strings()));
        if !new.slots.is_empty() {
            fields.insert("slots".into(), json!(new.slots));
        }
        if !new.readers.is_empty() {
            fields.insert("readers".into(), json!(new.readers));
        }
        if new.minutes > 0 {
            fields.insert("minutes".into(), new.minutes.into());
        }
        new.reference.iter().for_each(|reference| put(&mut fields, "reference", reference.as_str()));
        asked.order_number.iter().for_each(|number| put(&mut fields, "order_number", number.as_str()));
        let recorded = self.record("approval.requested", fields).await?;
        Ok((recorded, entries))
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

    /// Shows what an approved opening opens. Each look is recorded first.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is shown.
    pub async fn look(&self, session: &Session, request: &Jti) -> Result<Vec<Opened>, ActFault> {
        let now = self.clock.now();
        let request = self.access().check_opening(session, request, now.as_second())?.clone();
        let mut opened = Vec::with_capacity(request.entries.len());
        for entry in request.entries.iter() {
            let jti = self.events.jti(entry)?;
            let values = self.events.opened(entry, &request.slots)?;
            opened.push(Opened { entry, jti, values });
        }
        for group in opened.chunks(LINKS_MAX) {
            self.scribe.act(self.opening(session, &request, group, now)?).await?;
        }
        Ok(opened)
    }

    /// Places a hold.
    ///
    /// # Errors
    /// [`ActFault`]; then there is no hold.
    pub async fn hold(&self, session: &Session, asked: HoldAsked) -> Result<Recorded, ActFault> {
        let _one = self.acting.lock().await;
        let now = self.clock.now();
        self.access().check_action(session, Action::PlaceHold, now.as_second())?;
        if asked.events.len() > LINKS_MAX || (asked.events.is_empty() && asked.matter.is_none()) {
            return Err(ActFault::Scope(format!(
                "a hold names a matter or 1 to {LINKS_MAX} events; a hold over everything is placed by the city attorney's own event"
            )));
        }
        let mut fields = stamped(now);
        put(&mut fields, "basis", asked.basis.as_str());
        let day = now.to_zoned(self.zone.clone()).date().to_string();
        put(&mut fields, "placed_on", day.as_str());
        asked.case_number.iter().for_each(|number| put(&mut fields, "case_number", number.as_str()));
        if !asked.events.is_empty() {
            let links: Vec<Value> =
                asked.events.iter().map(|jti| json!({ "rel": "of", "jti": jti.to_string() })).collect();
            fields.insert("links".into(), links.into());
        }
        if let Some(matter) = &asked.matter {
            let token = self.matter_token(matter)?;
            put(&mut fields, "matter_ref", token.as_str());
        }
        self.record("hold.placed", fields).await
    }

    /// Records an act and waits until the fold has taken it in.
    async fn record(&self, event: &str, fields: Map<String, Value>) -> Result<Recorded, ActFault> {
        let draft = Draft::new(event.parse().expect("a type of the catalogue"), fields);
        let recorded = self.scribe.act(draft).await?;
        self.caught_up(recorded.entry + 1).await?;
        Ok(recorded)
    }

    async fn carry_out(&self, request: &Jti) -> Result<Option<Recorded>, ActFault> {
        let known = self.access().request(request).cloned().ok_or(AccessFault::UnknownRequest)?;
        let Some(kind) = known.act.sealed_kind() else { return Ok(None) };
        let places = self.places(&known.entries)?;
        let now = self.clock.now();
        self.access().check_execution(request, now.as_second(), &|entry| place(&places, entry))?;
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

    /// The event that says that withheld fields were looked at.
    fn opening(
        &self,
        session: &Session,
        request: &Request,
        group: &[Opened],
        now: jiff::Timestamp,
    ) -> Result<Draft, ActFault> {
        let mut slots: Vec<&String> = group.iter().flat_map(|opened| opened.values.keys()).collect();
        slots.sort_unstable();
        slots.dedup();
        if slots.is_empty() {
            return Err(ActFault::Scope("the events have no such withheld fields to open".into()));
        }
        let purpose = match request.authority.as_str() {
            purpose @ ("court_order" | "audit" | "finding_review" | "discovery" | "person_in_interest") => {
                purpose
            }
            "litigation" => "discovery",
            _ => "audit",
        };
        let mut fields = stamped(now);
        put(&mut fields, "purpose", purpose);
        put(&mut fields, "opener_role", if session.role == Role::Auditor { "auditor" } else { "manager" });
        put(&mut fields, "account", session.account.as_str());
        fields.insert("order_shown".into(), request.order.into());
        if let RequestState::Approved { by, .. } = &request.state
            && by != daybook_access::BY_ORDER
        {
            put(&mut fields, "approver_role", "manager");
            put(&mut fields, "approved_by", by.as_str());
        }
        fields.insert("slots".into(), json!(slots));
        let of = group.iter().map(|opened| json!({ "rel": "of", "jti": opened.jti.to_string() }));
        // The schema allows for 32 links: the events looked at, and where there is room the request.
        let request = json!({ "rel": "answers", "jti": request.jti.to_string() });
        let links: Vec<Value> = of.chain(std::iter::once(request)).take(LINKS_MAX).collect();
        fields.insert("links".into(), links.into());
        Ok(Draft::new("withheld_field.opened".parse().expect("a type of the catalogue"), fields))
    }

    /// The entries that a request is about.
    async fn scope(&self, asked: &Asked) -> Result<Entries, ActFault> {
        let named = usize::from(!asked.entries.is_empty())
            + usize::from(!asked.events.is_empty())
            + usize::from(asked.matter.is_some());
        if named != 1 {
            return Err(ActFault::Scope("name the records in one way: entries, events or a matter".into()));
        }
        let (view, complete) = self.complete_to(None).await?;
        if !asked.entries.is_empty() {
            let entries =
                Entries::parse(&asked.entries).map_err(|fault| ActFault::Scope(fault.to_string()))?;
            if entries.last() >= complete.size {
                return Err(ActFault::Scope(format!("the log has {} entries", complete.size)));
            }
            return Ok(entries);
        }
        let mut found = Vec::new();
        if let Some(matter) = &asked.matter {
            let handle: Handle = matter
                .parse()
                .map_err(|_| ActFault::Scope("matter: take the handle as an event shows it".into()))?;
            found = view.matter(&handle, complete.size)?;
        }
        for jti in &asked.events {
            let entry = view.entry_of(jti)?.filter(|entry| *entry < complete.size);
            found.push(entry.ok_or_else(|| ActFault::Scope(format!("the ledger has no event {jti}")))?);
        }
        if found.len() > ENTRIES_MAX {
            return Err(ActFault::Scope(format!("at most {ENTRIES_MAX} records at a time")));
        }
        found.sort_unstable();
        found.dedup();
        let list: Vec<String> = found.iter().map(u64::to_string).collect();
        Entries::parse(&list).map_err(|fault| ActFault::Scope(fault.to_string()))
    }

    /// What stands at each entry, so that holds can be held against it.
    fn places(&self, entries: &Entries) -> Result<Vec<(u64, Place)>, ActFault> {
        let mut places = Vec::with_capacity(entries.len());
        for range in entries.ranges() {
            for row in self.eraser.rows.rows(*range.start()..range.end() + 1)? {
                places.push((row.index, Place { jti: row.jti, matter: row.matter.map(|handle| handle.0) }));
            }
        }
        Ok(places)
    }

    /// A matter's token, read for an event of the ledger's own that belongs to the same matter; it goes into that event's withheld part and nowhere else.
    fn matter_token(&self, handle: &str) -> Result<Zeroizing<String>, ActFault> {
        let unknown = || ActFault::Scope("the ledger has no matter of this handle".into());
        let parsed: Handle = handle.parse().map_err(|_| unknown())?;
        let entries = self.search.view().matter(&parsed, *self.shared.folded.borrow())?;
        let slots = ["matter_ref".to_owned()];
        for entry in entries {
            let values = self.events.opened(entry, &slots)?;
            if let Some(token) = values.get("matter_ref").and_then(Value::as_str) {
                return Ok(Zeroizing::new(token.to_owned()));
            }
        }
        Err(unknown())
    }
}

fn place(places: &[(u64, Place)], entry: u64) -> Option<Place> {
    let at = places.binary_search_by_key(&entry, |(index, _)| *index).ok()?;
    Some(places[at].1)
}

fn put(fields: &mut Map<String, Value>, name: &str, value: &str) {
    fields.insert(name.to_owned(), value.into());
}

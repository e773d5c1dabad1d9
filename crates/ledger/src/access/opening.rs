//! Openings: withheld values for whoever asked, once somebody approved or a court ordered it.

use daybook_access::{Request, RequestState, Role, Session};
use daybook_event::{Draft, Jti};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::approvals::{ActFault, LINKS_MAX, put};
use super::{Desk, stamped};

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

/// Events of which the same opening opened something.
pub(super) struct Looked {
    /// The events, at most as many as one event links to.
    pub(super) events: Vec<Jti>,
    /// What was opened in them, sorted, each once.
    pub(super) slots: Vec<String>,
}

impl Looked {
    fn at(group: &[Opened]) -> Self {
        let mut slots: Vec<String> = group.iter().flat_map(|opened| opened.values.keys().cloned()).collect();
        slots.sort_unstable();
        slots.dedup();
        Self { events: group.iter().map(|opened| opened.jti).collect(), slots }
    }
}

impl Desk {
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
            self.scribe.act(self.opening(session, &request, &Looked::at(group), now)?).await?;
        }
        Ok(opened)
    }

    /// The event that says that withheld fields were looked at.
    pub(super) fn opening(
        &self,
        session: &Session,
        request: &Request,
        looked: &Looked,
        now: jiff::Timestamp,
    ) -> Result<Draft, ActFault> {
        if looked.slots.is_empty() {
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
        fields.insert("slots".into(), json!(looked.slots));
        let of = looked.events.iter().map(|jti| json!({ "rel": "of", "jti": jti.to_string() }));
        // The schema allows for 32 links: the events looked at, and where there is room the request.
        let request = json!({ "rel": "answers", "jti": request.jti.to_string() });
        let links: Vec<Value> = of.chain(std::iter::once(request)).take(LINKS_MAX).collect();
        fields.insert("links".into(), links.into());
        Ok(Draft::new("withheld_field.opened".parse().expect("a type of the catalogue"), fields))
    }
}

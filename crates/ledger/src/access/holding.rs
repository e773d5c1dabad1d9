//! Holds: placed by one person at once, let go by two.

use daybook_access::{Action, HoldView, Request, Session};
use daybook_event::Jti;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::approvals::{ActFault, LINKS_MAX, put};
use super::{Desk, Recorded, stamped};

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

impl Desk {
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

    /// Ends the holds that an approved request is about: an event for each of them. What another event ended meanwhile is passed over, so
    /// that doing it again after a process died ends the rest.
    pub(super) async fn let_go(&self, request: &Request) -> Result<Option<Recorded>, ActFault> {
        let standing: Vec<HoldView> = {
            let access = self.access();
            access.holds().filter(|hold| request.entries.contains(hold.entry)).cloned().collect()
        };
        let mut last = None;
        for hold in standing {
            let now = self.clock.now();
            let mut fields = stamped(now);
            put(&mut fields, "basis", hold.basis.as_str());
            let day = now.to_zoned(self.zone.clone()).date().to_string();
            put(&mut fields, "released_on", day.as_str());
            let links = [request.jti, hold.jti].map(|jti| json!({ "rel": "of", "jti": jti.to_string() }));
            fields.insert("links".into(), json!(links));
            last = Some(self.record("hold.released", fields).await?);
        }
        Ok(last)
    }
}

//! Opening a production: the search is made and counted, and an event says what was searched for and found. Then its approval is asked for.

use std::sync::Arc;

use daybook_access::{ActKind, Entries, Figures, NewProduction, NewRequest, Part, ProductionQuery, Session};
use daybook_event::b64;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::approvals::{ActFault, put};
use super::super::{Desk, Recorded, stamped};

/// A production that somebody opens.
#[derive(Debug, Clone)]
pub struct ProductionAsked {
    /// The Bates prefix.
    pub bates_prefix: String,
    /// What it rests on, as in the schema of `production.opened`.
    pub basis: String,
    /// The number of the court's order.
    pub order_number: Option<String>,
    /// Who asked, by kind.
    pub requester: String,
    /// The name of the redaction profile.
    pub profile: String,
    /// SHA-256 of the profile's file.
    pub profile_hash: [u8; 32],
    /// What is stamped on every page.
    pub confidentiality: String,
    /// The time zone in which times are shown beside UTC.
    pub time_zone: String,
    /// The number of the request that it answers.
    pub request_number: Option<String>,
    /// The court's number of the case.
    pub case_number: Option<String>,
    /// The matter that it belongs to, by its handle.
    pub matter: Option<String>,
    /// What is searched for, and what is held back.
    pub query: ProductionQuery,
    /// The size of the log that is searched; the latest unless it is given.
    pub at: Option<u64>,
}

/// A production that was opened.
#[derive(Debug, Clone)]
pub struct ProductionMade {
    /// Its name.
    pub name: String,
    /// Its first event.
    pub opened: Recorded,
    /// The request for its approval.
    pub request: Recorded,
    /// The size of the log that was searched.
    pub searched_size: u64,
    /// What was found.
    pub figures: Figures,
}

impl Desk {
    /// Opens a production and asks for its approval.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing was opened, unless what could not be recorded was the request: then a production stands there that nobody can
    /// approve, and another one is opened.
    pub async fn open_production(
        self: &Arc<Self>,
        session: &Session,
        asked: ProductionAsked,
    ) -> Result<ProductionMade, ActFault> {
        let size = self.searchable_size(asked.at)?;
        let search = self.search_of(&asked.query, size).await?;
        // From the count to the record no order about a record comes in between.
        let _one = self.acting.lock().await;
        let figures = self.figures(&search, &asked.query).await?;
        let now = self.clock.now();
        let new = NewProduction {
            prefix: &asked.bates_prefix,
            basis: &asked.basis,
            order: asked.order_number.is_some(),
            requester: &asked.requester,
            figures,
        };
        let name = self.access().check_new_production(session, &new, now.as_second())?;
        let fields = self.statement(session, &asked, &name, (size, figures), now)?;
        let opened = self.record("production.opened", fields).await?;
        let request = NewRequest {
            act: ActKind::Produce,
            authority: self.known_production(&name)?.opened.authority().to_owned(),
            part: Part::All,
            entries: Entries::none(),
            slots: Vec::new(),
            readers: Vec::new(),
            minutes: 0,
            reference: asked.request_number,
            order: asked.order_number.is_some(),
            export: None,
            production: Some(opened.event),
        };
        self.access().check_request(session, &request, self.clock.now().as_second())?;
        let request = self.ask(session, &request, asked.order_number.as_deref()).await?;
        Ok(ProductionMade { name, opened, request, searched_size: size, figures })
    }

    /// The fields of `production.opened`.
    fn statement(
        &self,
        session: &Session,
        asked: &ProductionAsked,
        name: &str,
        (size, figures): (u64, Figures),
        now: Timestamp,
    ) -> Result<Map<String, Value>, ActFault> {
        let mut fields = stamped(now);
        put(&mut fields, "basis", &asked.basis);
        put(&mut fields, "production", name);
        put(&mut fields, "bates_prefix", &asked.bates_prefix);
        put(&mut fields, "requester", &asked.requester);
        put(&mut fields, "profile", &asked.profile);
        put(&mut fields, "profile_hash", &b64::encode(asked.profile_hash));
        put(&mut fields, "confidentiality", &asked.confidentiality);
        put(&mut fields, "time_zone", &asked.time_zone);
        put(&mut fields, "account", &session.account);
        put(&mut fields, "query", &asked.query.text());
        for (name, count) in [
            ("searched_size", size),
            ("found", figures.found),
            ("produced", figures.produced),
            ("withheld", figures.withheld),
        ] {
            fields.insert(name.into(), count.into());
        }
        asked.request_number.iter().for_each(|number| put(&mut fields, "request_number", number));
        asked.case_number.iter().for_each(|number| put(&mut fields, "case_number", number));
        if let Some(matter) = &asked.matter {
            put(&mut fields, "matter_ref", self.matter_token(matter)?.as_str());
        }
        Ok(fields)
    }
}

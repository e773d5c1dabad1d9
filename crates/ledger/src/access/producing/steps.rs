//! The steps after the approval: numbers, package, handing over; and calling back. Each is recorded once, and answered again with the same figures.

use std::sync::Arc;

use daybook_access::{Numbered, Numbers, Production, Session, Withdrawal};
use daybook_event::{Jti, b64};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::approvals::{ActFault, put};
use super::super::{Desk, Recorded, stamped};
use super::record::RecordOut;

/// A production that is replaced or called back, or pages of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalAsked {
    /// `superseded` or `clawed_back`.
    pub kind: String,
    /// The production that takes its place; of one that is superseded.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// The pages concerned, by number and range; all of them where it is empty.
    #[serde(default)]
    pub bates: Vec<String>,
    /// Why, as in the schema of `production.withdrawn`.
    pub ground: String,
}

impl Desk {
    /// Gives the pages of a production their Bates numbers.
    ///
    /// # Errors
    /// [`ActFault`]; then they have none.
    pub async fn number_production(
        self: &Arc<Self>,
        session: &Session,
        name: &str,
        (documents, pages): (u64, u64),
    ) -> Result<Numbered, ActFault> {
        let _one = self.acting.lock().await;
        let now = self.clock.now();
        let figures = (documents, pages);
        let (first, last) = match self.access().check_numbers(session, name, figures, now.as_second())? {
            Numbers::Given(numbered) => return Ok(numbered),
            Numbers::Free { first, last } => (first, last),
        };
        let production = self.known_production(name)?;
        self.current(&production).await?;
        let mut fields = self.step_of(&production);
        put(&mut fields, "bates_prefix", &production.opened.prefix);
        for (name, number) in [("first", first), ("last", last), ("documents", documents)] {
            fields.insert(name.into(), number.into());
        }
        let recorded = self.record("production.numbered", fields).await?;
        Ok(Numbered { entry: recorded.entry, first, last, documents })
    }

    /// Fixes the package of a production by its hash: the record that goes into it.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is fixed.
    pub async fn build_production(
        self: &Arc<Self>,
        session: &Session,
        name: &str,
        bag_hash: &[u8; 32],
        (records, withheld): (u64, u64),
    ) -> Result<RecordOut, ActFault> {
        let _one = self.acting.lock().await;
        let now = self.clock.now().as_second();
        let figures = (records, withheld);
        if let Some(built) = self.access().check_built(session, name, bag_hash, figures, now)? {
            return self.own_record(built.entry);
        }
        let production = self.known_production(name)?;
        self.current(&production).await?;
        let mut fields = self.step_of(&production);
        put(&mut fields, "bag_hash", &b64::encode(bag_hash));
        fields.insert("records".into(), records.into());
        fields.insert("withheld".into(), withheld.into());
        if let Some(numbered) = production.numbered {
            fields.insert("bates_first".into(), numbered.first.into());
            fields.insert("bates_last".into(), numbered.last.into());
        }
        let recorded = self.record("production.built", fields).await?;
        self.own_record(recorded.entry)
    }

    /// Records that a production was handed over, by the hash of its file: the entry and the event.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is recorded.
    pub async fn deliver_production(
        &self,
        session: &Session,
        name: &str,
        package_hash: &[u8; 32],
    ) -> Result<(u64, Jti), ActFault> {
        let _one = self.acting.lock().await;
        let now = self.clock.now().as_second();
        if let Some(before) = self.access().check_delivered(session, name, package_hash, now)? {
            return Ok((before.entry, before.jti));
        }
        let production = self.known_production(name)?;
        let mut fields = self.step_of(&production);
        put(&mut fields, "basis", &production.opened.basis);
        put(&mut fields, "format", "production");
        put(&mut fields, "requester", &production.opened.requester);
        put(&mut fields, "approver_role", "manager");
        put(&mut fields, "package_hash", &b64::encode(package_hash));
        fields.insert("entries".into(), production.opened.produced.into());
        Ok(both(self.record("export.produced", fields).await?))
    }

    /// Records that a production is replaced, or that it or pages of it are called back.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is recorded.
    pub async fn withdraw_production(
        &self,
        session: &Session,
        name: &str,
        asked: WithdrawalAsked,
    ) -> Result<(u64, Jti), ActFault> {
        let _one = self.acting.lock().await;
        let now = self.clock.now().as_second();
        let WithdrawalAsked { kind, replaced_by, bates, ground } = asked;
        if (kind == "superseded") != replaced_by.is_some() {
            let what =
                "a production that is superseded names the one in its place, one that is clawed back none";
            return Err(ActFault::Scope(what.into()));
        }
        let what = Withdrawal { kind, replaced_by, bates, ground };
        if let Some(before) = self.access().check_withdraw(session, name, &what, now)? {
            return Ok((before.entry, before.jti));
        }
        let production = self.known_production(name)?;
        let mut fields = self.step_of(&production);
        put(&mut fields, "kind", &what.kind);
        put(&mut fields, "ground", &what.ground);
        what.replaced_by.iter().for_each(|name| put(&mut fields, "replaced_by", name));
        fields.insert("bates".into(), json!(what.bates));
        Ok(both(self.record("production.withdrawn", fields).await?))
    }

    /// The fields that every step has: it names the production, and its first event.
    fn step_of(&self, production: &Production) -> Map<String, Value> {
        let mut fields = stamped(self.clock.now());
        put(&mut fields, "production", &production.opened.name);
        fields.insert("links".into(), json!([{ "rel": "of", "jti": production.opened.jti.to_string() }]));
        fields
    }
}

fn both(recorded: Recorded) -> (u64, Jti) {
    (recorded.entry, recorded.event)
}

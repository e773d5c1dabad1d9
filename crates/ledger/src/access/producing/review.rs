//! Looking a production over before it goes out: what of each record goes, and what stays. Values are not shown.

use std::sync::Arc;

use daybook_access::{Disposition, Production, SlotStanding};
use daybook_event::{Class, Jti};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Desk;
use super::super::approvals::ActFault;
use super::materials::closed;
use super::off;
use super::record::Plain;

/// Some of the records of a production.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewPage {
    /// The production.
    pub production: String,
    /// The records, ascending.
    pub records: Vec<Reviewed>,
    /// The last of them, where there are more: ask for those after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A record as it is looked over.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reviewed {
    /// The entry.
    pub entry: u64,
    /// The event's identifier.
    #[schemars(with = "String")]
    pub jti: Jti,
    /// Its type.
    pub event: String,
    /// Version of the type.
    pub v: u32,
    /// The department that signed it.
    pub department: String,
    /// The month that it counts for.
    pub period: String,
    /// `produced`, `privileged`, `excluded` or `sealed`.
    pub state: &'static str,
    /// The code of the privilege or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The entry of the order that seals it as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<u64>,
    /// The public fields.
    pub public: Map<String, Value>,
    /// The other fields' slots.
    pub slots: Vec<ReviewSlot>,
}

/// A slot of a record that is looked over.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewSlot {
    /// Its name.
    pub name: &'static str,
    /// `R` or `W`.
    pub class: &'static str,
    /// `present`, `opened`, `sealed` or `erased`.
    pub state: &'static str,
    /// The entry of the order that closes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<u64>,
}

impl Desk {
    /// Some of the records of a production, with their public fields and the states of their slots.
    ///
    /// # Errors
    /// [`ActFault`]; an outdated production is not looked over.
    pub(crate) async fn review(
        self: &Arc<Self>,
        name: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Production, ReviewPage), ActFault> {
        let production = self.known_production(name)?;
        let search = self.current(&production).await?;
        let (desk, asked) = (Arc::clone(self), production.clone());
        let page = off(move || {
            let (entries, more) = search.page(after, limit)?;
            let next = entries.last().copied().filter(|_| more);
            let records = entries.into_iter().map(|entry| desk.reviewed(&asked, entry));
            let records = records.collect::<Result<_, _>>()?;
            Ok(ReviewPage { production: asked.opened.name, records, next })
        })
        .await?;
        Ok((production, page))
    }

    fn reviewed(&self, production: &Production, entry: u64) -> Result<Reviewed, ActFault> {
        let plain = Plain::read(&self.events, entry)?;
        let standing = self.standing(production, &plain)?;
        let (state, code, by) = match standing.disposition {
            Disposition::Produced => ("produced", None, None),
            Disposition::Privileged(code) => ("privileged", Some(code), None),
            Disposition::Excluded(code) => ("excluded", Some(code), None),
            Disposition::Sealed(order) => ("sealed", None, Some(order.entry)),
        };
        let slots = standing.slots.into_iter().map(|(slot, standing)| {
            let (state, by) = match standing {
                SlotStanding::Present => ("present", None),
                SlotStanding::Opened => ("opened", None),
                SlotStanding::Closed(order) => (closed(order.kind), Some(order.entry)),
            };
            let class = if slot.class == Class::W { "W" } else { "R" };
            ReviewSlot { name: &slot.name, class, state, by }
        });
        let slots = slots.collect();
        Ok(Reviewed {
            entry,
            jti: plain.claims.jti,
            event: plain.claims.event.to_string(),
            v: plain.claims.v,
            department: plain.claims.iss.department().to_owned(),
            period: plain.claims.period.to_string(),
            state,
            code,
            by,
            public: plain.claims.data,
            slots,
        })
    }
}

//! Which entries a request is about, and what stands at them.

use daybook_access::{ENTRIES_MAX, Entries, Place};
use daybook_index::search::Handle;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Desk;
use super::approvals::{ActFault, Asked};

impl Desk {
    /// The entries that a request is about.
    pub(super) async fn scope(&self, asked: &Asked) -> Result<Entries, ActFault> {
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
    pub(super) fn places(&self, entries: &Entries) -> Result<Vec<(u64, Place)>, ActFault> {
        let mut places = Vec::with_capacity(entries.len());
        for range in entries.ranges() {
            for row in self.eraser.rows.rows(*range.start()..range.end() + 1)? {
                places.push((row.index, Place { jti: row.jti, matter: row.matter.map(|handle| handle.0) }));
            }
        }
        Ok(places)
    }

    /// A matter's token, read for an event of the ledger's own that belongs to the same matter; it goes into that event's withheld part and nowhere else.
    pub(super) fn matter_token(&self, handle: &str) -> Result<Zeroizing<String>, ActFault> {
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

pub(super) fn place(places: &[(u64, Place)], entry: u64) -> Option<Place> {
    let at = places.binary_search_by_key(&entry, |(index, _)| *index).ok()?;
    Some(places[at].1)
}

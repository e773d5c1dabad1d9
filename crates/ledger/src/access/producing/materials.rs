//! The records of a production, for whoever builds it: line by line, in bounded memory.
//!
//! Withheld values leave where an opening stood when the production was opened, and each is recorded as looked at before the first byte.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use daybook_access::{AccessFault, Disposition, Production, Request, Session, SlotStanding, TombstoneKind};
use daybook_event::{Class, Draft, Jti};
use daybook_tlog::leaf_hash;
use futures::future::try_join_all;
use serde::Serialize;

use super::super::approvals::{ActFault, LINKS_MAX};
use super::super::opening::Looked;
use super::super::{Desk, Recorded, Unrecorded};
use super::record::{Plain, RecordOut, Standing};
use super::search::{EntryWalk, Search};
use super::{CHUNK_BYTES, CHUNK_ENTRIES, Lines, off, write_line};

/// Events that one record of a look names, beside the request.
const LOOKED_AT_MAX: usize = LINKS_MAX - 1;
/// Records of looks that are on their way at a time.
const LOOKS_AT_ONCE: usize = 64;

/// The records of a production on their way.
pub(crate) struct Materials {
    desk: Arc<Desk>,
    production: Production,
    entries: EntryWalk,
    produced: u64,
    withheld: u64,
    /// Whether the last line was written.
    ended: bool,
}

/// A record that goes out.
#[derive(Serialize)]
struct ProducedLine<'l> {
    entry: u64,
    state: &'static str,
    bytes: &'l str,
    disclosures: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    intake: Option<&'l str>,
    opened: Vec<&'l str>,
    locked: Vec<Locked<'l>>,
}

/// A slot that an order closes.
#[derive(Serialize)]
struct Locked<'l> {
    slot: &'l str,
    state: &'static str,
    authority: &'l str,
    by: u64,
}

/// A record that is held back as a whole.
#[derive(Serialize)]
struct WithheldLine<'l> {
    entry: u64,
    state: &'static str,
    leaf: String,
    event: &'l str,
    v: u32,
    period: String,
    department: &'l str,
    code: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<u64>,
}

/// The last line.
#[derive(Serialize)]
struct EndLine {
    end: bool,
    produced: u64,
    withheld: u64,
}

impl Desk {
    /// The records of an approved production. What is opened in them is recorded when this returns; the read itself is not.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is handed out.
    pub(crate) async fn materials(
        self: &Arc<Self>,
        session: &Session,
        name: &str,
    ) -> Result<(Production, Materials), ActFault> {
        let now = self.clock.now().as_second();
        let production = self.access().check_materials(session, name, now)?.clone();
        let search = self.current(&production).await?;
        self.record_looks(session, &production, &search).await?;
        let materials = Materials {
            desk: Arc::clone(self),
            production: production.clone(),
            entries: search.walk()?,
            produced: 0,
            withheld: 0,
            ended: false,
        };
        Ok((production, materials))
    }

    /// Records that the withheld values of a production are handed out: for each opening the events, as many as one record names.
    async fn record_looks(
        self: &Arc<Self>,
        session: &Session,
        production: &Production,
        search: &Search,
    ) -> Result<(), ActFault> {
        let openings: Vec<Request> = self.access().openings_of(production).cloned().collect();
        for opening in openings {
            let (desk, production, search) = (Arc::clone(self), production.clone(), search.clone());
            let asked = opening.clone();
            let looked = off(move || desk.looked_at(&production, &search, &asked)).await?;
            let now = self.clock.now();
            let drafts: Vec<Draft> = looked
                .iter()
                .map(|looked| self.opening(session, &opening, looked, now))
                .collect::<Result<_, _>>()?;
            for drafts in drafts.chunks(LOOKS_AT_ONCE) {
                let recorded: Result<Vec<Recorded>, Unrecorded> =
                    try_join_all(drafts.iter().map(|draft| self.scribe.act(draft.clone()))).await;
                recorded?;
            }
        }
        Ok(())
    }

    /// What of a production one opening opens.
    fn looked_at(
        &self,
        production: &Production,
        search: &Search,
        opening: &Request,
    ) -> Result<Vec<Looked>, ActFault> {
        let mut opened: Vec<(Jti, Vec<String>)> = Vec::new();
        for entry in search.walk()? {
            let entry = entry?;
            if !opening.entries.contains(entry) {
                continue;
            }
            let plain = Plain::read(&self.events, entry)?;
            let standing = self.standing(production, &plain)?;
            let slots = standing.slots.iter().filter(|(slot, standing)| {
                *standing == SlotStanding::Opened && opening.opens(entry, slot.class, &slot.name)
            });
            let slots: Vec<String> = slots.map(|(slot, _)| slot.name.clone()).collect();
            if standing.disposition == Disposition::Produced && !slots.is_empty() {
                opened.push((plain.claims.jti, slots));
            }
        }
        let group = |group: &[(Jti, Vec<String>)]| Looked {
            events: group.iter().map(|(jti, _)| *jti).collect(),
            slots: group
                .iter()
                .flat_map(|(_, slots)| slots.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        };
        Ok(opened.chunks(LOOKED_AT_MAX).map(group).collect())
    }
}

impl Lines for Materials {
    fn piece(&mut self) -> Result<Option<Vec<u8>>, ActFault> {
        if self.ended {
            return Ok(None);
        }
        let mut out = Vec::new();
        for _ in 0..CHUNK_ENTRIES {
            if out.len() >= CHUNK_BYTES || self.next(&mut out)?.is_break() {
                break;
            }
        }
        Ok(Some(out))
    }
}

impl Materials {
    /// Writes the next line.
    fn next(&mut self, out: &mut Vec<u8>) -> Result<ControlFlow<()>, ActFault> {
        let Some(entry) = self.entries.next() else {
            let opened = &self.production.opened;
            // What was found by something that is erased by now is not found any more.
            if (self.produced, self.withheld) != (opened.produced, opened.withheld) {
                return Err(AccessFault::ProductionOutdated.into());
            }
            self.ended = true;
            write_line(out, &EndLine { end: true, produced: self.produced, withheld: self.withheld })?;
            return Ok(ControlFlow::Break(()));
        };
        let plain = Plain::read(&self.desk.events, entry?)?;
        let standing = self.desk.standing(&self.production, &plain)?;
        match &standing.disposition {
            Disposition::Produced => {
                self.produced += 1;
                self.write_produced(plain, &standing, out)?;
            }
            Disposition::Privileged(code) => self.write_withheld(&plain, ("privileged", code, None), out)?,
            Disposition::Excluded(code) => self.write_withheld(&plain, ("excluded", code, None), out)?,
            Disposition::Sealed(order) => {
                let by = Some((order.authority.as_str(), order.entry));
                self.write_withheld(&plain, ("sealed", "sealed", by), out)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn write_produced(&self, plain: Plain, standing: &Standing, out: &mut Vec<u8>) -> Result<(), ActFault> {
        let of = |name: &str| standing.slots.iter().find(|(slot, _)| slot.name == name);
        let record = plain.going_out(
            &self.desk.events,
            |slot| match of(&slot.name) {
                Some((slot, SlotStanding::Present)) => slot.class == Class::R,
                Some((_, SlotStanding::Opened)) => true,
                _ => false,
            },
            standing.intake,
        )?;
        let RecordOut { entry, bytes, disclosures, intake } = &record;
        let mut line = ProducedLine {
            entry: *entry,
            state: "produced",
            bytes,
            disclosures,
            intake: intake.as_deref(),
            opened: Vec::new(),
            locked: Vec::new(),
        };
        for (slot, standing) in &standing.slots {
            match standing {
                SlotStanding::Present => {}
                SlotStanding::Opened => line.opened.push(&slot.name),
                SlotStanding::Closed(order) => line.locked.push(Locked {
                    slot: &slot.name,
                    state: closed(order.kind),
                    authority: &order.authority,
                    by: order.entry,
                }),
            }
        }
        write_line(out, &line)
    }

    fn write_withheld(
        &mut self,
        plain: &Plain,
        (state, code, order): (&'static str, &str, Option<(&str, u64)>),
        out: &mut Vec<u8>,
    ) -> Result<(), ActFault> {
        self.withheld += 1;
        let (authority, by) = order.unzip();
        let line = WithheldLine {
            entry: plain.entry,
            state,
            leaf: leaf_hash(plain.bytes.as_bytes()).to_base64(),
            event: plain.claims.event.as_str(),
            v: plain.claims.v,
            period: plain.claims.period.to_string(),
            department: plain.claims.iss.department(),
            code,
            authority,
            by,
        };
        write_line(out, &line)
    }
}

/// The word for what an order did.
pub(super) const fn closed(kind: TombstoneKind) -> &'static str {
    match kind {
        TombstoneKind::Sealed => "sealed",
        TombstoneKind::Erased => "erased",
    }
}

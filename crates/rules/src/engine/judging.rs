//! What may have changed is judged anew: corrections first, then every check that could say something else now.

use crate::fact::Fact;
use crate::finding::Anchor;
use crate::pack::By;
use crate::verdict::{FactFault, Reason, Status, Verdict, evaluate};

use super::{CASE_EVENTS_MAX, Engine, FactSource};

impl<S: FactSource> Engine<S> {
    /// Works out anew which events of the case corrections took back.
    pub(super) fn apply_corrections(&mut self, fact: &Fact) -> Result<(), FactFault> {
        let case = self.slots[fact.entry as usize].case;
        // A correction may have been there before what it corrects, so the whole case is looked through.
        if !self.cases.has_corrections(case) {
            return Ok(());
        }
        let members = self.members(case);
        if members.len() > CASE_EVENTS_MAX {
            return Ok(());
        }
        let mut facts = Vec::with_capacity(members.len());
        for entry in &members {
            facts.push(self.fact(*entry)?);
        }
        let active = crate::corrections::active(&facts);
        let mut changed = false;
        for (fact, active) in facts.iter().zip(active) {
            let slot = &mut self.slots[fact.entry as usize];
            if slot.active != active {
                slot.active = active;
                changed = true;
                self.note_period(fact, active);
                self.note_banned(fact);
                self.dirty_around(fact);
            }
        }
        if changed {
            self.dirty_case(case);
        }
        Ok(())
    }

    /// Evaluates everything that may have changed.
    pub(super) fn settle(&mut self) -> Result<(), FactFault> {
        while let Some((anchor, line)) = self.dirty.pop_first() {
            let verdict = match &anchor {
                Anchor::Entry(entry) => self.judge_entry(*entry, line)?,
                derived => self.judge_derived(derived, line)?,
            };
            self.set(anchor, line, verdict);
        }
        Ok(())
    }

    fn judge_entry(&self, entry: u64, number: u16) -> Result<Option<Verdict>, FactFault> {
        let slot = &self.slots[entry as usize];
        if !slot.active {
            return Ok(None);
        }
        let fact = self.fact(entry)?;
        let line = &self.ruleset.lines()[usize::from(number)];
        let second = fact.occurred.map_or(fact.received, |occurred| occurred.earliest);
        if !line.applies(self.ruleset.pack(line).calendar.date(second)) {
            return Ok(None);
        }
        if self.cases.events(slot.case).len() > CASE_EVENTS_MAX
            && line.check.related().any(|r| r.by == By::Case)
        {
            let (status, reason) = (Status::Undetermined, Reason::CannotTell);
            return Ok(Some(Verdict { status, reason, measured: None, read: vec![entry], due: None }));
        }
        evaluate(&self.ruleset, line, &fact, self, self.now)
    }

    fn set(&mut self, anchor: Anchor, line: u16, verdict: Option<Verdict>) {
        let status = verdict.as_ref().map(|verdict| verdict.status);
        if let Anchor::Entry(entry) = anchor {
            let statuses = &mut self.slots[entry as usize].statuses;
            statuses.retain(|(of, _)| *of != line);
            statuses.extend(status.map(|status| (line, status)));
        }
        let key = (anchor, line);
        let failed = self.verdicts.get(&key).is_some_and(|before| before.status == Status::Fails);
        if failed || status == Some(Status::Fails) {
            let id = self.id_of(&self.ruleset.lines()[usize::from(line)], &key.0);
            if status == Some(Status::Fails) && !self.raised.contains_key(&id) {
                self.unraised.insert(id, key.clone());
            } else {
                self.unraised.remove(&id);
            }
        }
        if let Some(due) = self.verdicts.get(&key).and_then(|before| before.due) {
            self.timers.remove(&(due, key.0.clone(), line));
        }
        match verdict.filter(|verdict| verdict.status != Status::Quiet) {
            Some(verdict) => {
                if let Some(due) = verdict.due {
                    self.timers.insert((due, key.0.clone(), line));
                }
                self.verdicts.insert(key, verdict);
            }
            None => {
                self.verdicts.remove(&key);
            }
        }
    }
}

//! Signing for good, or only as a rehearsal.

use std::collections::HashMap;

use daybook_event::{Draft, IssueError, Position, issue};

use super::{Fault, Reason};
use crate::outbox::{Batch, Outbox, OutboxError, Signer};

/// What an import writes with.
pub(super) trait Ink {
    fn imported(&self, key: &str) -> Result<Option<(u64, String)>, OutboxError>;
    fn matter(&mut self, value: &str) -> Result<String, OutboxError>;
    fn sign(&mut self, draft: &Draft) -> Result<Result<(u64, String), Fault>, OutboxError>;
    fn mark_imported(&mut self, key: &str, seq: u64, jti: &str) -> Result<(), OutboxError>;
}

fn fault(error: &IssueError) -> Fault {
    let (code, place) = crate::issue_fault::issue_fault(error);
    Fault { reason: Reason::NotIssued(code), place }
}

impl Ink for Batch<'_, '_, '_> {
    fn imported(&self, key: &str) -> Result<Option<(u64, String)>, OutboxError> {
        Batch::imported(self, key)
    }

    fn matter(&mut self, value: &str) -> Result<String, OutboxError> {
        Batch::matter(self, value)
    }

    fn sign(&mut self, draft: &Draft) -> Result<Result<(u64, String), Fault>, OutboxError> {
        let seq = self.next_seq();
        Ok(Batch::sign(self, draft)?.map(|signed| (seq, signed.jti.to_string())).map_err(|e| fault(&e)))
    }

    fn mark_imported(&mut self, key: &str, seq: u64, jti: &str) -> Result<(), OutboxError> {
        Batch::mark_imported(self, key, seq, jti)
    }
}

/// What a rehearsal has made so far, in memory.
#[derive(Default)]
pub(super) struct Rehearsal {
    keys: HashMap<String, (u64, String)>,
    signed: u64,
}

impl Rehearsal {
    pub(super) fn ink<'a, 'k>(
        &'a mut self,
        outbox: &'a Outbox,
        signer: &'a mut Signer<'k>,
    ) -> RehearsalInk<'a, 'k> {
        RehearsalInk { rehearsal: self, outbox, signer }
    }
}

/// Signs, so that every check is made, and throws the signature away.
pub(super) struct RehearsalInk<'a, 'k> {
    rehearsal: &'a mut Rehearsal,
    outbox: &'a Outbox,
    signer: &'a mut Signer<'k>,
}

impl Ink for RehearsalInk<'_, '_> {
    fn imported(&self, key: &str) -> Result<Option<(u64, String)>, OutboxError> {
        match self.rehearsal.keys.get(key) {
            Some(made) => Ok(Some(made.clone())),
            None => self.outbox.imported(key),
        }
    }

    fn matter(&mut self, _value: &str) -> Result<String, OutboxError> {
        crate::matter::new_token(self.signer.rng)
    }

    fn sign(&mut self, draft: &Draft) -> Result<Result<(u64, String), Fault>, OutboxError> {
        let at = Position { seq: self.outbox.position()?.seq + self.rehearsal.signed, prev: [0; 32] };
        let seq = at.seq;
        let Signer { issuer, origin, key, catalogue, rng } = &mut *self.signer;
        match issue(draft, issuer, origin, at, key, catalogue, *rng) {
            Ok(signed) => {
                self.rehearsal.signed += 1;
                Ok(Ok((seq, signed.jti.to_string())))
            }
            Err(error) => Ok(Err(fault(&error))),
        }
    }

    fn mark_imported(&mut self, key: &str, seq: u64, jti: &str) -> Result<(), OutboxError> {
        self.rehearsal.keys.insert(key.to_owned(), (seq, jti.to_owned()));
        Ok(())
    }
}

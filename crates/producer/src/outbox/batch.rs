use daybook_event::{
    Catalogue, Draft, Entropy, IssueError, Issuer, Origin, Position, Signed, SigningKey, issue,
};
use redb::{ReadableTable, ReadableTableMetadata as _, Table, WriteTransaction};

use super::{
    BATCH_MAX, Bytes, IMPORTS, MATTERS, META, META_NEXT_SEQ, META_PREV, OutboxError, PENDING, PENDING_MAX,
    row,
};

/// Who signs, for which ledger, by which catalogue.
pub struct Signer<'a> {
    /// The producer.
    pub issuer: &'a Issuer,
    /// The ledger.
    pub origin: &'a Origin,
    /// The key in use.
    pub key: &'a SigningKey,
    /// The event types.
    pub catalogue: &'a Catalogue,
    /// Salts, identifiers and tokens.
    pub rng: &'a mut dyn Entropy,
}

/// The open transaction of [`super::Outbox::write`].
pub struct Batch<'t, 's, 'k> {
    signer: &'s mut Signer<'k>,
    position: Position,
    signed: usize,
    pending: Table<'t, u64, Bytes>,
    meta: Table<'t, &'static str, Bytes>,
    imports: Table<'t, &'static str, Bytes>,
    matters: Table<'t, &'static str, &'static str>,
}

/// Where the sequence stands.
pub(super) fn position(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<Position, OutboxError> {
    let damaged = || OutboxError::Damaged { what: "the position in the sequence is missing".into() };
    let seq = meta.get(META_NEXT_SEQ)?.and_then(|seq| seq.value().try_into().ok()).ok_or_else(damaged)?;
    let prev = meta.get(META_PREV)?.and_then(|prev| prev.value().try_into().ok()).ok_or_else(damaged)?;
    Ok(Position { seq: u64::from_be_bytes(seq), prev })
}

impl<'t, 's, 'k> Batch<'t, 's, 'k> {
    pub(super) fn begin(txn: &'t WriteTransaction, signer: &'s mut Signer<'k>) -> Result<Self, OutboxError> {
        let meta = txn.open_table(META)?;
        let position = position(&meta)?;
        Ok(Self {
            signer,
            position,
            signed: 0,
            pending: txn.open_table(PENDING)?,
            meta,
            imports: txn.open_table(IMPORTS)?,
            matters: txn.open_table(MATTERS)?,
        })
    }

    pub(super) fn finish(&mut self) -> Result<(), OutboxError> {
        self.meta.insert(META_NEXT_SEQ, self.position.seq.to_be_bytes().as_slice())?;
        self.meta.insert(META_PREV, self.position.prev.as_slice())?;
        Ok(())
    }

    /// How many events were signed in this batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signed
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signed == 0
    }

    /// Signs a draft with the next number and puts it into the queue. An inner error says that the draft may not be
    /// signed; the batch goes on as if it had not been given.
    ///
    /// # Errors
    /// [`OutboxError::Full`], [`OutboxError::BatchTooLarge`], or a failure of the store.
    pub fn sign(&mut self, draft: &Draft) -> Result<Result<Signed, IssueError>, OutboxError> {
        if self.signed >= BATCH_MAX {
            return Err(OutboxError::BatchTooLarge { given: self.signed + 1, bound: BATCH_MAX });
        }
        let pending = self.pending.len()?;
        if pending >= PENDING_MAX {
            return Err(OutboxError::Full { pending, bound: PENDING_MAX });
        }
        let Signer { issuer, origin, key, catalogue, rng } = &mut *self.signer;
        let at = Position { seq: self.position.seq, prev: self.position.prev };
        let signed = match issue(draft, issuer, origin, at, key, catalogue, *rng) {
            Ok(signed) => signed,
            Err(error) => return Ok(Err(error)),
        };
        let row = row::pending(&signed.jti.to_string(), &draft.event.to_string(), signed.compact.as_bytes());
        self.pending.insert(self.position.seq, row.as_slice())?;
        self.position = Position { seq: self.position.seq + 1, prev: signed.jwt_hash };
        self.signed += 1;
        Ok(Ok(signed))
    }

    /// The number that the next event gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.position.seq
    }

    /// The event that came from this source row, if it was imported before: its number and `jti`.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn imported(&self, source: &str) -> Result<Option<(u64, String)>, OutboxError> {
        self.imports.get(source)?.map(|row| row::parse_import(row.value())).transpose()
    }

    /// Marks a source row as imported by an event of this batch.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn mark_imported(&mut self, source: &str, seq: u64, jti: &str) -> Result<(), OutboxError> {
        self.imports.insert(source, row::import(seq, jti).as_slice())?;
        Ok(())
    }

    /// The random token that stands for `value`: the same one every time, made at the first.
    ///
    /// # Errors
    /// A failure of the store, or no randomness.
    pub fn matter(&mut self, value: &str) -> Result<String, OutboxError> {
        if let Some(token) = self.matters.get(value)? {
            return Ok(token.value().to_owned());
        }
        let token = crate::matter::new_token(self.signer.rng)?;
        self.matters.insert(value, token.as_str())?;
        Ok(token)
    }
}

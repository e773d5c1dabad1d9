//! Making a record of a production: an entry with the disclosures that go out, and its proof.

use daybook_event::disclose::assemble;
use daybook_event::entry::{EntryFault, parse_entry};
use daybook_event::hash::sha256;
use daybook_event::{Refusal, Token};
use daybook_tlog::TlogProof;
use daybook_verify::production::{Consistency, Record};

/// Why no record was made.
#[derive(Debug, thiserror::Error)]
pub enum MakeRecordError {
    /// The bytes are no entry.
    #[error("entry {0}: {1}")]
    Entry(u64, EntryFault),
    /// The entry is not UTF-8, which no entry of a ledger is.
    #[error("entry {0} is not text")]
    NotText(u64),
    /// The event in it does not read.
    #[error("entry {0}: {1}")]
    Event(u64, Refusal),
}

/// Makes the record of entry `proof.index`. Of `disclosures`, those go out whose slot `shows` names, in the order of the type's slots; the others
/// are left out.
///
/// # Errors
/// See [`MakeRecordError`].
pub fn make_record(
    entry: &[u8],
    disclosures: &[&str],
    shows: impl Fn(&str) -> bool,
    intake: Option<&str>,
    proof: &TlogProof,
    consistency: Option<Consistency>,
) -> Result<Record, MakeRecordError> {
    let index = proof.index;
    let text = std::str::from_utf8(entry).map_err(|_| MakeRecordError::NotText(index))?;
    let parts = parse_entry(entry).map_err(|fault| MakeRecordError::Entry(index, fault))?;
    let token = Token::parse_jwt(parts.event).map_err(|refusal| MakeRecordError::Event(index, refusal))?;
    let catalogue = daybook_event::Catalogue::builtin();
    let ty = catalogue.get(token.claims().event.as_str(), token.claims().v);
    let order = ty.map(|ty| ty.slots()).unwrap_or_default();
    let mut kept = Vec::with_capacity(disclosures.len());
    for slot in order.iter().filter(|slot| shows(&slot.name)) {
        let signed = token.claims().slots.iter().find(|signed| signed.name == slot.name);
        kept.extend(
            signed.and_then(|signed| disclosures.iter().find(|one| sha256(one) == signed.digest)).copied(),
        );
    }
    Ok(Record {
        index,
        entry: text.to_owned(),
        event: assemble(parts.event, kept),
        intake: intake.map(str::to_owned),
        proof: proof.format(),
        consistency,
    })
}

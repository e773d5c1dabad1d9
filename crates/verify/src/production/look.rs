//! One record by itself: everything about it that needs no other record.

use std::collections::HashMap;

use daybook_event::entry::{intake_digest, parse_entry, received_at};
use daybook_event::hash::sha256;
use daybook_event::{
    Catalogue, EventType, Issuer, Jti, Kid, PublicKey, Refusal, Shown, Token, b64, json, show,
};
use daybook_tlog::{Hash, TlogProof, check_inclusion, leaf_hash};
use serde_json::{Map, Value};

use super::code::Check;
use super::record::Record;
use super::report::Fault;
use super::trust::{Trust, consistent};

/// What a record is, by the file that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Handed over.
    Native,
    /// Something on which others rest; the index in its file's name.
    Authority(Option<u64>),
    /// `statement.json`.
    Statement,
    /// `bag-record.json`.
    Bag,
}

/// A record of which everything that follows is known; small, since a production may have very many.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'c> {
    pub(crate) file: String,
    pub(crate) index: u64,
    pub(crate) leaf: Hash,
    pub(crate) iss: Issuer,
    pub(crate) kid: Kid,
    pub(crate) seq: u64,
    pub(crate) jti: Jti,
    pub(crate) ty: &'c EventType,
    pub(crate) sha256: [u8; 32],
    /// Slots whose disclosure is not in the record: number in the order of the type, and digest.
    pub(crate) missing: Vec<(u8, [u8; 32])>,
    pub(crate) shown: u64,
    pub(crate) absent: u64,
}

/// What a look at a file gave.
#[derive(Default)]
pub(crate) struct Looked<'c> {
    pub(crate) faults: Vec<(Check, Fault)>,
    pub(crate) seen: Option<Seen<'c>>,
    /// The fields shown; kept of what is no native.
    pub(crate) fields: Map<String, Value>,
    /// The record itself; kept of what is no native.
    pub(crate) record: Option<Record>,
    /// Whether the signature was checked and holds.
    pub(crate) signed: bool,
}

/// What records are looked at with.
pub(crate) struct Glass<'a, 'c> {
    pub(crate) trust: &'a Trust,
    pub(crate) catalogue: &'c Catalogue,
    /// Every key that the ledger ever put in force; before that is known, signatures wait.
    pub(crate) keys: Option<&'a HashMap<Kid, PublicKey>>,
}

impl<'c> Glass<'_, 'c> {
    /// Looks at the bytes of a file.
    pub(crate) fn look(&self, file: &str, role: Role, bytes: &[u8]) -> Looked<'c> {
        let mut looked = Looked::default();
        let Some(record) = Record::parse(bytes) else {
            let what = "this file does not have the exact form of a record";
            looked.fault(Check::Record, file, None, what);
            return looked;
        };
        let leaf = leaf_hash(record.entry.as_bytes());
        self.form(&mut looked, file, role, &record, &leaf);
        match self.event(&record) {
            Err(refusal) => looked.fault(Check::Event, file, Some(record.index), refusal.to_string()),
            Ok((token, ty, shown)) => {
                let slots = Slots::of(&token, ty);
                if !slots.in_order {
                    let what = "the disclosures are not in the order of the type's slots";
                    looked.fault(Check::Event, file, Some(record.index), what);
                }
                self.signature(&mut looked, file, record.index, &token);
                let claims = token.claims();
                looked.seen = Some(Seen {
                    file: file.to_owned(),
                    index: record.index,
                    leaf,
                    iss: claims.iss.clone(),
                    kid: *token.kid(),
                    seq: claims.seq,
                    jti: claims.jti,
                    ty,
                    sha256: sha256(bytes),
                    missing: slots.missing,
                    shown: slots.shown,
                    absent: slots.absent,
                });
                if role != Role::Native {
                    looked.fields = shown.fields;
                }
            }
        }
        if role != Role::Native {
            looked.record = Some(record);
        }
        looked
    }

    /// Form, proof and intake.
    fn form(&self, looked: &mut Looked<'_>, file: &str, role: Role, record: &Record, leaf: &Hash) {
        let index = Some(record.index);
        if matches!(role, Role::Authority(named) if named != index) {
            looked.fault(Check::Record, file, index, "the file's name is not the record's index");
        }
        if (role == Role::Bag) != record.consistency.is_some() {
            let what = "a consistency proof is in bag-record.json and in no other record";
            looked.fault(Check::Record, file, index, what);
        }
        match parse_entry(record.entry.as_bytes()) {
            Err(fault) => looked.fault(Check::Record, file, index, fault.to_string()),
            Ok(entry) => {
                let jwt = record.event.split('~').next();
                if jwt != Some(entry.event) {
                    let what = "the event's signed part is not the one in the entry";
                    looked.fault(Check::Record, file, index, what);
                }
                if let Some(intake) = &record.intake
                    && (intake_digest(intake) != entry.intake || received_at(intake).is_none())
                {
                    looked.fault(Check::Event, file, index, "the intake disclosure is not the entry's");
                }
            }
        }
        match TlogProof::parse(&record.proof) {
            Err(error) => looked.fault(Check::Record, file, index, error.to_string()),
            Ok(proof) if proof.extra.is_some() || proof.index != record.index => {
                let what = "the proof is of another index, or carries extra data";
                looked.fault(Check::Record, file, index, what);
            }
            Ok(proof) => {
                if let Err(what) = self.included(role, record, &proof, leaf) {
                    looked.fault(Check::Inclusion, file, index, what);
                }
            }
        }
    }

    fn included(&self, role: Role, record: &Record, proof: &TlogProof, leaf: &Hash) -> Result<(), String> {
        let Some(anchor) = &self.trust.checkpoint else {
            return Err("there is no checkpoint to prove it by".to_owned());
        };
        let own;
        let checkpoint = if role == Role::Bag {
            self.trust.check_note(&proof.checkpoint)?;
            let said = daybook_tlog::SignedNote::parse(proof.checkpoint.as_bytes()).ok();
            let said = said.and_then(|note| daybook_tlog::Checkpoint::parse_text(note.text()).ok());
            own = said.ok_or("the proof's checkpoint cannot be read")?;
            if own.origin != anchor.origin {
                return Err("the proof's checkpoint is of another log".to_owned());
            }
            let consistency =
                record.consistency.as_ref().ok_or("there is no consistency proof to its checkpoint")?;
            consistent(consistency, anchor, &own)?;
            &own
        } else {
            if proof.checkpoint != self.trust.note {
                return Err("the proof's checkpoint is not checkpoint.txt".to_owned());
            }
            anchor
        };
        check_inclusion(record.index, checkpoint.size, leaf, &proof.path, &checkpoint.root)
            .map_err(|error| error.to_string())
    }

    fn event<'r>(&self, record: &'r Record) -> Result<(Token<'r>, &'c EventType, Shown), Refusal> {
        let token = Token::parse(record.event.as_bytes())?;
        let claims = token.claims();
        if self.trust.origin.as_ref().is_some_and(|origin| *origin != claims.aud) {
            return Err(token.refusal(daybook_event::Code::WrongAudience));
        }
        // Values were held against the type's schema at admission; a verifier without a schema validator gives the same verdict.
        let shown = show(&token, self.catalogue)?;
        let ty = self.catalogue.get(claims.event.as_str(), claims.v);
        let ty = ty.ok_or_else(|| token.refusal(daybook_event::Code::UnknownType))?;
        Ok((token, ty, shown))
    }

    fn signature(&self, looked: &mut Looked<'_>, file: &str, index: u64, token: &Token<'_>) {
        // Without a key there is nothing to check; that the key is unknown is another check's finding.
        let Some(key) = self.keys.and_then(|keys| keys.get(token.kid())) else { return };
        looked.signed = key.verify_strict(token.signing_input(), token.signature());
        if !looked.signed {
            let what = "the signature is not by the key that the event names";
            looked.fault(Check::Signature, file, Some(index), what);
        }
    }
}

impl Looked<'_> {
    fn fault(&mut self, check: Check, file: &str, index: Option<u64>, what: impl Into<String>) {
        self.faults.push((check, Fault { file: Some(file.to_owned()), index, what: what.into() }));
    }
}

/// Which slots of an event are shown.
struct Slots {
    missing: Vec<(u8, [u8; 32])>,
    shown: u64,
    absent: u64,
    in_order: bool,
}

impl Slots {
    /// The token has passed [`show`], so every disclosure belongs to one slot.
    fn of(token: &Token<'_>, ty: &EventType) -> Self {
        let digests: Vec<[u8; 32]> = token.disclosures().iter().map(sha256).collect();
        let mut slots = Self { missing: Vec::new(), shown: 0, absent: 0, in_order: true };
        let mut before = None;
        for (number, slot) in ty.slots().iter().enumerate() {
            let signed = token.claims().slots.iter().find(|signed| signed.name == slot.name);
            let Some(signed) = signed else { continue };
            let Some(at) = digests.iter().position(|digest| *digest == signed.digest) else {
                slots.missing.push((u8::try_from(number).unwrap_or(u8::MAX), signed.digest));
                continue;
            };
            slots.in_order &= before.is_none_or(|before| at > before);
            before = Some(at);
            match token.disclosures().get(at).is_some_and(|disclosure| is_absent(disclosure)) {
                true => slots.absent += 1,
                false => slots.shown += 1,
            }
        }
        slots
    }
}

/// Whether a disclosure discloses that there is nothing.
fn is_absent(disclosure: &str) -> bool {
    let value = b64::decode(disclosure).and_then(|json| json::parse(&json).ok());
    value.is_some_and(|pair| pair.get(1).is_some_and(Value::is_null))
}

//! A ledger written straight through the store, without bus or service: for tests of what is on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::entry::intake_disclosure;
use daybook_event::{
    Catalogue, Draft, Issuer, Origin, Position, Signed, SigningKey, Token, check_content, issue,
};
use daybook_store::{Disk, Keyring, NewEntry, Writer};
use daybook_tlog::{KeyName, NoteSigner};
use serde_json::{Value, json};

use crate::bus::BusError;
use crate::chains::Department;
use crate::random::Random;

/// Entries per commit: several commits even in a small ledger.
const COMMIT_ENTRIES: usize = 64;
/// When the made-up ledger was opened and took everything in.
const INTAKE_TIME: &str = "2026-11-20T17:00:00.000Z";

/// A ledger directory with a trust policy in it.
#[derive(Debug)]
pub struct StoredLedger {
    dir: PathBuf,
    policy: String,
    size: u64,
}

/// A key with its place in its sequence.
struct Signer {
    issuer: Issuer,
    key: SigningKey,
    at: Position,
}

/// Makes the entries of the ledger one by one.
struct Maker {
    origin: Origin,
    random: Random,
    /// Issuer-signed JWT with disclosures, and intake disclosure.
    entries: Vec<(Signed, String)>,
}

impl StoredLedger {
    /// Makes a ledger in the empty directory `dir`: genesis, the keys of three departments, and the events of `matters` matters
    /// of each. The same seed makes the same ledger.
    ///
    /// # Errors
    /// The directory is not empty or cannot be written.
    pub fn create(dir: &Path, origin: &str, seed: u64, matters: usize) -> Result<Self, BusError> {
        let name: KeyName = origin.parse()?;
        let mut random = Random::new(seed);
        let signer = |name: &KeyName, seed: [u8; 32]| NoteSigner::from_seed(name.clone(), seed);
        let log_seed = random.bytes();
        let vkey = signer(&name, log_seed).vkey();
        let keyring = Arc::new(Keyring::create(&mut random)?);
        let storage = Arc::new(Disk::open(dir)?);

        let mut maker = Maker { origin: origin.parse()?, random, entries: Vec::new() };
        maker.fill(&vkey.to_string(), seed, matters);
        let tokens: Vec<Token<'_>> = maker
            .entries
            .iter()
            .map(|(signed, _)| Token::parse(signed.compact.as_bytes()))
            .collect::<Result<_, _>>()?;
        let mut entries = Vec::new();
        for (token, (signed, intake)) in tokens.iter().zip(&maker.entries) {
            let content = check_content(token, Catalogue::builtin())?;
            entries.push(NewEntry { jwt: signed.jwt(), intake, r: content.r, w: content.w });
        }
        let rest = entries.split_off(1);
        let genesis = entries.remove(0);
        Writer::create(storage.clone(), origin, &keyring, &signer(&name, log_seed), genesis)?;
        let (mut writer, _) = Writer::open(storage, signer(&name, log_seed), keyring)?;
        for batch in rest.chunks(COMMIT_ENTRIES) {
            writer.commit(batch)?;
        }
        let policy = format!("log {vkey}\nquorum none\n");
        fs::write(dir.join("trust.policy"), &policy)?;
        Ok(Self { dir: dir.to_owned(), policy, size: writer.size() })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The trust policy, as verifiers read it.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Maker {
    fn fill(&mut self, vkey: &str, seed: u64, matters: usize) {
        let mut governance = self.signer(Issuer::governance());
        let opened = json!({ "origin": self.origin.to_string(), "log_vkey": vkey });
        let opened = with_key(opened, &governance);
        self.record(&mut governance, "ledger.opened", opened);
        for department in Department::ALL {
            let mut signer = self.signer(department.issuer());
            let registered = with_key(json!({ "producer": signer.issuer.to_string() }), &signer);
            self.record(&mut governance, "key.registered", registered);
            for draft in department.drafts(seed, matters) {
                self.sign(&mut signer, &draft);
            }
        }
    }

    fn signer(&mut self, issuer: Issuer) -> Signer {
        let key = SigningKey::from_seed(self.random.bytes());
        Signer { issuer, key, at: Position::first(&self.origin) }
    }

    fn record(&mut self, signer: &mut Signer, event: &str, mut fields: Value) {
        for name in ["occurred_at", "recorded_at"] {
            fields[name] = "2026-11-20T17:00:00Z".into();
        }
        let Value::Object(fields) = fields else { unreachable!("every caller gives an object") };
        self.sign(signer, &Draft::new(event.parse().expect("a name of the catalogue"), fields));
    }

    fn sign(&mut self, signer: &mut Signer, draft: &Draft) {
        let cat = Catalogue::builtin();
        let (issuer, origin, key) = (&signer.issuer, &self.origin, &signer.key);
        let signed =
            issue(draft, issuer, origin, signer.at, key, cat, &mut self.random).expect("a good draft");
        signer.at = signer.at.after(&signed);
        let stream = (!self.entries.is_empty()).then_some(("DAYBOOK_EVENTS", self.entries.len() as u64));
        let intake =
            intake_disclosure(INTAKE_TIME, stream, &mut self.random).expect("the generator does not run dry");
        self.entries.push((signed, intake));
    }
}

fn with_key(mut fields: Value, signer: &Signer) -> Value {
    let key = signer.key.public();
    fields["kid"] = key.kid().to_string().into();
    fields["x"] = key.x().into();
    fields
}

//! Events and notes for vectors: the same bytes on every run.

use daybook_event::{
    Catalogue, Draft, Entropy, EntropyError, Issuer, Origin, Position, SigningKey, b64, issue,
};
use daybook_tlog::{KeyName, NoteSigner};
use serde_json::{Value, json};

pub(crate) const ORIGIN: &str = "ledger.example/daybook";
pub(crate) const PRODUCER: &str = "sheriff/jail-records";

/// Bytes that count upwards: nothing here protects anybody.
pub(crate) struct Counting(pub(crate) u8);

impl Entropy for Counting {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for byte in buf {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

pub(crate) fn origin() -> Origin {
    ORIGIN.parse().unwrap()
}

pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

pub(crate) fn log_key() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN.parse::<KeyName>().unwrap(), [77; 32])
}

/// A whole event of `issuer`, signed by key `n`.
pub(crate) fn event(name: &str, fields: Value, issuer: &str, seq: u64, n: u8) -> String {
    let draft = Draft::new(name.parse().unwrap(), fields.as_object().unwrap().clone());
    let issuer: Issuer = issuer.parse().unwrap();
    let at = Position { seq, prev: [0; 32] };
    let mut bytes = Counting(n.wrapping_mul(31).wrapping_add(seq as u8));
    issue(&draft, &issuer, &origin(), at, &key(n), Catalogue::builtin(), &mut bytes).unwrap().compact
}

/// The event that most vectors start from: two public fields, four slots of class R, one of class W.
pub(crate) fn released() -> String {
    let fields = json!({
        "outcome": "released_public",
        "provisions": ["D18"],
        "occurred_at": "2026-11-22T12:31-07:00",
        "recorded_at": "2026-11-22T12:40-07:00",
        "exit_point": "public_lobby",
        "role": "releases_clerk",
        "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja"
    });
    event("release.completed", fields, PRODUCER, 3, 9)
}

/// The parts of a compact event: header and payload as JSON texts, and the disclosures.
pub(crate) fn open(compact: &str) -> (String, String, Vec<String>) {
    let (jwt, rest) = compact.split_once('~').unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let json = |part: &str| String::from_utf8(b64::decode(part).unwrap()).unwrap();
    let disclosures = rest.trim_end_matches('~').split('~').map(str::to_owned).collect();
    (json(parts[0]), json(parts[1]), disclosures)
}

/// Signs whatever JSON texts are given, well formed or not, with key 9.
pub(crate) fn sign(header: &str, payload: &str, disclosures: &[String]) -> String {
    let signed = format!("{}.{}", b64::encode(header), b64::encode(payload));
    let signature = b64::encode(key(9).sign(signed.as_bytes()));
    let disclosures: String = disclosures.iter().map(|one| format!("{one}~")).collect();
    format!("{signed}.{signature}~{disclosures}")
}

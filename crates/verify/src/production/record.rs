//! A record: one entry of the log with what may be shown of it and its proof. The form is fixed to the byte.

use daybook_tlog::Hash;
use serde::{Deserialize, Serialize};

/// Largest record that is read, bytes: an entry, an event and a proof, each at its limit and escaped.
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// Most hashes of a consistency proof.
const MAX_CONSISTENCY_HASHES: usize = 65;

const VERSION: u64 = 1;
const FORMAT: &str = "daybook-record";

/// A record as it stands in a file; well formed, nothing in it verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The entry's number in the log.
    pub index: u64,
    /// The entry, byte for byte.
    pub entry: String,
    /// The event in compact form, with the disclosures that go out.
    pub event: String,
    /// The intake disclosure, where it goes out.
    pub intake: Option<String>,
    /// A C2SP tlog-proof.
    pub proof: String,
    /// From an earlier checkpoint to the proof's; only in `bag-record.json`.
    pub consistency: Option<Consistency>,
}

/// An RFC 6962 consistency proof, as `consistency.json` and `bag-record.json` write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// Size of the earlier tree.
    pub from: u64,
    /// Size of the later tree.
    pub to: u64,
    /// The proof's hashes.
    pub path: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordJson {
    v: u64,
    format: String,
    index: u64,
    entry: String,
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intake: Option<String>,
    proof: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consistency: Option<ConsistencyJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsistencyJson {
    from: u64,
    to: u64,
    path: Vec<String>,
}

impl Record {
    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let json = RecordJson {
            v: VERSION,
            format: FORMAT.to_owned(),
            index: self.index,
            entry: self.entry.clone(),
            event: self.event.clone(),
            intake: self.intake.clone(),
            proof: self.proof.clone(),
            consistency: self.consistency.as_ref().map(ConsistencyJson::of),
        };
        line(&json)
    }

    /// Reads a file; `None` unless it is exactly what [`Self::write`] gives.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_RECORD_BYTES {
            return None;
        }
        let json: RecordJson = serde_json::from_slice(bytes).ok()?;
        if json.v != VERSION || json.format != FORMAT {
            return None;
        }
        let consistency = match &json.consistency {
            Some(proof) => Some(proof.read()?),
            None => None,
        };
        let record = Self {
            index: json.index,
            entry: json.entry,
            event: json.event,
            intake: json.intake,
            proof: json.proof,
            consistency,
        };
        // Escapes, white space, order and repetition leave JSON many spellings; one of them is ours.
        (record.write() == bytes).then_some(record)
    }
}

impl Consistency {
    /// The bytes of `consistency.json`.
    pub fn write(&self) -> Vec<u8> {
        line(&ConsistencyJson::of(self))
    }

    /// Reads `consistency.json`; `None` unless it is exactly what [`Self::write`] gives.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let json: ConsistencyJson = serde_json::from_slice(bytes).ok()?;
        let proof = json.read()?;
        (proof.write() == bytes).then_some(proof)
    }
}

impl ConsistencyJson {
    fn of(proof: &Consistency) -> Self {
        Self { from: proof.from, to: proof.to, path: proof.path.iter().map(Hash::to_base64).collect() }
    }

    fn read(&self) -> Option<Consistency> {
        if self.path.len() > MAX_CONSISTENCY_HASHES {
            return None;
        }
        let path = self.path.iter().map(|text| Hash::from_base64(text)).collect::<Option<_>>()?;
        Some(Consistency { from: self.from, to: self.to, path })
    }
}

fn line(json: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(json).expect("strings and numbers always serialise");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Record {
        Record {
            index: 7,
            entry: r#"{"v":1}"#.into(),
            event: "a.b.c~d~".into(),
            intake: Some("x".into()),
            proof: "p\n— name\n".into(),
            consistency: Some(Consistency { from: 1, to: 2, path: vec![Hash([7; 32])] }),
        }
    }

    #[test]
    fn a_record_has_one_spelling() {
        let bytes = sample().write();
        assert_eq!(Record::parse(&bytes), Some(sample()));
        let text = String::from_utf8(bytes).unwrap();
        let members = [r#""v":1"#, r#""format":"daybook-record""#, r#""index":7"#];
        assert!(text.starts_with(&format!("{{{},", members.join(","))), "{text}");
        let without = Record { intake: None, consistency: None, ..sample() };
        assert_eq!(Record::parse(&without.write()), Some(without));
        for (from, to) in [
            ("\n", ""),
            ("\n", "\n\n"),
            (r#""v":1"#, r#""v": 1"#),
            (r#""v":1"#, r#""v":2"#),
            (r#""index":7"#, r#""index":07"#),
            ("daybook-record", "daybook\\u002drecord"),
            ("—", "\\u2014"),
            (r#""intake":"x""#, r#""intake":null"#),
            (r#""v":1,"#, r#""v":1,"v":1,"#),
            (r#""v":1,"#, r#""v":1,"w":1,"#),
        ] {
            assert!(text.contains(from));
            assert_eq!(Record::parse(text.replacen(from, to, 1).as_bytes()), None, "{to:?}");
        }
    }
}

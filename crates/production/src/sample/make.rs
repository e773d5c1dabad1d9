//! From the ledger's entries to the package.

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use daybook_event::{Catalogue, Class, Slot, Token, b64, entry::parse_entry};
use daybook_verify::production::{LeafState, MemoryPackage, REQUIRED, hex};
use serde_json::{Value, json};

use super::ledger::{Kept, Ledger};
use super::load::{Row, csv_line};
use super::story::{Special, Story, unrelated};
use crate::package::{ArchiveWriter, BagWriter, MemorySink, make_record, write_leaves};

const PREFIX: &str = "DAYB-26CR1187-";
const ACCESS: &str = "ledger/access";

/// A production of the sample ledger.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its name, which is that of the top folder.
    pub name: String,
    /// Every file of the package.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The log's key, which a recipient knows from elsewhere.
    pub log_key: daybook_tlog::Vkey,
    /// The trust policy that a recipient knows from elsewhere.
    pub policy: daybook_tlog::Policy,
}

impl Sample {
    /// The package in memory.
    pub fn package(&self) -> MemoryPackage {
        MemoryPackage { top: Some(self.name.clone()), files: self.files.clone() }
    }

    /// The package as a ZIP.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn zip(&self) -> io::Result<Vec<u8>> {
        let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), &self.name);
        for (name, bytes) in &self.files {
            archive.add(name, bytes.len() as u64, bytes.as_slice())?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

/// One record that is handed over.
struct Document {
    index: u64,
    special: Special,
    first: u64,
    pages: u64,
}

/// Makes production `number` of what the story finds; `extras` are files that take the place of the sample's own.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn produce(
    ledger: &mut Ledger,
    story: &Story,
    number: u64,
    first_page: u64,
    extras: &BTreeMap<String, Vec<u8>>,
) -> io::Result<Sample> {
    let making = Making::open(ledger, story, number, first_page);
    let mut bag = BagWriter::new(MemorySink::default());
    let mut files = making.files(ledger)?;
    for name in REQUIRED {
        files.entry(name.to_owned()).or_insert_with(|| format!("{name}\n").into_bytes());
    }
    files.extend(extras.iter().map(|(name, bytes)| (name.clone(), bytes.clone())));
    // What the bag writes itself.
    let own = |name: &str| !name.contains('/') && name != "READ-ME-FIRST.txt";
    for (name, bytes) in files.iter().filter(|(name, _)| !own(name)) {
        bag.add(name, bytes)?;
    }
    let info = [
        ("Source-Organization", "City Attorney"),
        ("External-Identifier", making.name.as_str()),
        ("Bagging-Date", "2026-11-20"),
    ];
    let hash = bag.close(&info)?;
    let record = making.built(ledger, hash);
    let name = making.name.clone();
    let files = bag.seal(&record)?.0;
    Ok(Sample { name, files, log_key: ledger.log_key(), policy: ledger.trusted() })
}

struct Making {
    name: String,
    documents: Vec<Document>,
    withheld: Vec<(u64, Special)>,
    authorities: Vec<u64>,
    statement: u64,
    searched: u64,
    size: u64,
}

impl Making {
    /// Puts the production's steps on the ledger.
    fn open(ledger: &mut Ledger, story: &Story, number: u64, first_page: u64) -> Self {
        let name = format!("{PREFIX}P{number:04}");
        let searched = ledger.size();
        unrelated(ledger);
        let held = |special: &Special| matches!(special, Special::Privileged | Special::SealedWhole(_));
        let withheld: Vec<_> = story.found.iter().filter(|(_, special)| held(special)).copied().collect();
        let mut next = first_page;
        let document = |(index, special): &(u64, Special)| {
            let pages = 1 + index % 2;
            next += pages;
            Document { index: *index, special: *special, first: next - pages, pages }
        };
        let documents: Vec<_> =
            story.found.iter().filter(|(_, special)| !held(special)).map(document).collect();
        let opened = json!({
            "basis": "discovery", "production": name, "bates_prefix": PREFIX, "requester": "defense",
            "profile": "defense-discovery", "profile_hash": b64::encode([7; 32]), "confidentiality": "protective_order",
            "time_zone": "America/Denver", "account": "c-0001", "request_number": "2026-D-17",
            "query": r#"{"type":["request.received","release.completed"]}"#, "searched_size": searched,
            "found": story.found.len(), "produced": documents.len(), "withheld": withheld.len(),
            "case_number": "26CR1187"
        });
        let statement = ledger.append(ACCESS, "production.opened", opened);
        let of = |ledger: &Ledger, entry: u64| json!([{"rel": "of", "jti": ledger.kept[entry as usize].jti}]);
        let asked = json!({"act": "produce", "authority": "discovery", "account": "c-0001", "links": of(ledger, statement)});
        let asked = ledger.append(ACCESS, "approval.requested", asked);
        let decided = json!({"decision": "approved", "account": "a-0002", "links": of(ledger, asked)});
        let decided = ledger.append(ACCESS, "approval.decided", decided);
        let numbered = json!({
            "production": name, "bates_prefix": PREFIX, "first": first_page, "last": next - 1,
            "documents": documents.len(), "links": of(ledger, statement)
        });
        let numbered = ledger.append(ACCESS, "production.numbered", numbered);
        unrelated(ledger);
        let authorities = story.authorities.iter().copied().chain([asked, decided, numbered]).collect();
        Self { name, documents, withheld, authorities, statement, searched, size: ledger.size() }
    }

    /// Every file under `data/` that is not a paper.
    fn files(&self, ledger: &Ledger) -> io::Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        let mut put = |name: String, bytes: Vec<u8>| drop(files.insert(name, bytes));
        put("data/PROOFS/policy.txt".into(), ledger.policy().into_bytes());
        put("data/PROOFS/checkpoint.txt".into(), ledger.checkpoint(self.size).into_bytes());
        put("data/PROOFS/checkpoint-searched.txt".into(), ledger.checkpoint(self.searched).into_bytes());
        put("data/PROOFS/consistency.json".into(), ledger.consistency(self.searched, self.size).write());
        let mut leaves = Vec::new();
        write_leaves(ledger, self.size, self.searched, self.named(), &mut leaves)
            .map_err(io::Error::other)?;
        put("data/PROOFS/leaves.csv".into(), leaves);
        put("data/PROOFS/statement.json".into(), self.record(ledger, self.statement, is_restricted));
        for index in &self.authorities {
            put(format!("data/PROOFS/AUTHORITY/{index}.json"), self.record(ledger, *index, is_restricted));
        }
        put("data/LOGS/withheld.csv".into(), self.withheld(ledger));
        put("data/LOGS/custody.jsonl".into(), self.custody(ledger));
        let mut redactions = csv_line(&REDACTION_COLUMNS.map(str::to_owned));
        let mut rows: Vec<Row> = Vec::new();
        for document in &self.documents {
            let bates = self.bates(document.first);
            let kept = &ledger.kept[document.index as usize];
            let native = self.record(ledger, document.index, |slot| document.shows(slot));
            let mut counts = [0; 4];
            for (slot, digest, absent) in slots(kept) {
                if document.shows(&slot) {
                    counts[usize::from(absent)] += 1;
                    continue;
                }
                let (state, by) = document.state(&slot);
                counts[if state == "erased" { 3 } else { 2 }] += 1;
                let class = if slot.class == Class::R { "R" } else { "W" };
                redactions += &csv_line(
                    &[
                        bates.as_str(),
                        &document.index.to_string(),
                        &slot.name,
                        &slot.fields.join(" "),
                        class,
                        state,
                        "privacy",
                        "24-74-103, C.R.S.",
                        "REDACTED - PRIVACY",
                        &b64::encode(digest),
                        &by.map_or_else(String::new, |by| by.to_string()),
                    ]
                    .map(str::to_owned),
                );
            }
            rows.push(self.row(ledger, document, &native, counts));
            put(format!("data/VOL001/NATIVES/NATIVE001/{bates}.json"), native);
            put(
                format!("data/VOL001/TEXT/TEXT001/{bates}.txt"),
                format!("{} {}\n", bates, kept.event).into_bytes(),
            );
            put(
                format!("data/VOL001/IMAGES/IMG001/{bates}.pdf"),
                format!("{} {}\n", bates, kept.event).into_bytes(),
            );
        }
        put("data/LOGS/redaction-log.csv".into(), redactions.into_bytes());
        for (name, bytes) in super::load::files(&rows) {
            put(format!("data/VOL001/DATA/{name}"), bytes);
        }
        Ok(files)
    }

    fn bates(&self, page: u64) -> String {
        format!("{PREFIX}{page:08}")
    }

    fn named(&self) -> BTreeMap<u64, LeafState> {
        let authorities =
            self.authorities.iter().chain([&self.statement]).map(|index| (*index, LeafState::Authority));
        let withheld = self.withheld.iter().map(|(index, _)| (*index, LeafState::Withheld));
        let produced = self.documents.iter().map(|document| (document.index, LeafState::Produced));
        authorities.chain(withheld).chain(produced).collect()
    }

    fn record(&self, ledger: &Ledger, index: u64, shows: impl Fn(&Slot) -> bool) -> Vec<u8> {
        let kept = &ledger.kept[index as usize];
        record(kept, shows, &ledger.proof(index, self.size), None)
    }

    fn withheld(&self, ledger: &Ledger) -> Vec<u8> {
        let mut text = csv_line(
            &["LOGINDEX", "LEAFHASH", "STATE", "REASON", "AUTHORITY", "ORDEREDBY"].map(str::to_owned),
        );
        for (index, special) in &self.withheld {
            let (state, by) = match special {
                Special::SealedWhole(by) => ("sealed", by.to_string()),
                _ => ("privileged", String::new()),
            };
            let leaf = hex::encode(ledger.leaf(*index).as_bytes());
            text += &csv_line(&[
                index.to_string(),
                leaf,
                state.into(),
                state.into(),
                "C.R.C.P. 26(b)".into(),
                by,
            ]);
        }
        text.into_bytes()
    }

    fn custody(&self, ledger: &Ledger) -> Vec<u8> {
        let mut text = String::new();
        let steps = self.authorities.iter().chain([&self.statement]).filter(|index| **index >= self.searched);
        let mut steps: Vec<u64> = steps.copied().collect();
        steps.sort_unstable();
        for index in steps {
            let kept = &ledger.kept[index as usize];
            let account = kept.fields.get("account").and_then(Value::as_str).unwrap_or("ledger");
            text += &format!(
                "{{\"step\":\"{}\",\"index\":{index},\"at\":\"{}\",\"account\":\"{account}\",\"role\":\"custodian\"}}\n",
                kept.event,
                Ledger::at_utc(index)
            );
        }
        text.into_bytes()
    }

    fn row(&self, ledger: &Ledger, document: &Document, native: &[u8], counts: [u64; 4]) -> Row {
        let Document { index, first, pages, .. } = *document;
        let kept = &ledger.kept[index as usize];
        let (bates, last) = (self.bates(first), self.bates(first + pages - 1));
        let path = |folder: &str, ending: &str| format!(".\\VOL001\\{folder}001\\{bates}.{ending}");
        let [shown, absent, withheld, erased] = counts;
        let digest = daybook_event::hash::sha256(native);
        vec![
            ("BEGBATES", bates.clone()),
            ("ENDBATES", last),
            ("PGCOUNT", pages.to_string()),
            ("CUSTODIAN", kept.iss.department().to_owned()),
            ("DOCTYPE", kept.event.clone()),
            ("FILENAME", format!("{bates}.json")),
            ("FILEEXT", "json".into()),
            ("FILESIZE", native.len().to_string()),
            ("SHA256HASH", hex::encode(&digest)),
            ("NATIVEPATH", path("NATIVES\\NATIVE", "json")),
            ("TEXTPATH", path("TEXT\\TEXT", "txt")),
            ("IMAGEPATH", path("IMAGES\\IMG", "pdf")),
            ("TIMEZONE", "America/Denver".into()),
            ("EVENTTIMEUTC", Ledger::at_utc(index)),
            ("EVENTTIMELOCAL", Ledger::at(index)),
            ("EVENTID", kept.jti.to_string()),
            ("EVENTTYPE", kept.event.clone()),
            ("EVENTVERSION", "1".into()),
            ("DEPARTMENT", kept.iss.department().to_owned()),
            ("PRODUCER", kept.iss.producer().to_owned()),
            ("LOGORIGIN", ledger.origin.to_string()),
            ("LOGINDEX", index.to_string()),
            ("LEAFHASH", hex::encode(ledger.leaf(index).as_bytes())),
            ("CHECKPOINTSIZE", self.size.to_string()),
            ("DISCLOSEDCOUNT", shown.to_string()),
            ("WITHHELDCOUNT", withheld.to_string()),
            ("ERASEDCOUNT", erased.to_string()),
            ("ABSENTCOUNT", absent.to_string()),
            ("PRODVOL", "VOL001".into()),
        ]
    }

    /// Puts the bag on the ledger and gives its record.
    fn built(&self, ledger: &mut Ledger, hash: [u8; 32]) -> Vec<u8> {
        let last = self.documents.last().map_or(1, |document| document.first + document.pages - 1);
        let first = self.documents.first().map_or(1, |document| document.first);
        let jti = ledger.kept[self.statement as usize].jti;
        let fields = json!({
            "production": self.name, "bag_hash": b64::encode(hash), "records": self.documents.len(),
            "withheld": self.withheld.len(), "bates_first": first, "bates_last": last, "links": [{"rel": "of", "jti": jti}]
        });
        let index = ledger.append(ACCESS, "production.built", fields);
        let size = ledger.size();
        let consistency = ledger.consistency(self.size, size);
        record(&ledger.kept[index as usize], is_restricted, &ledger.proof(index, size), Some(consistency))
    }
}

const REDACTION_COLUMNS: [&str; 11] = [
    "BATES",
    "LOGINDEX",
    "SLOT",
    "FIELDS",
    "CLASS",
    "STATE",
    "REASON",
    "AUTHORITY",
    "LABEL",
    "COMMITMENT",
    "ORDEREDBY",
];

impl Document {
    fn shows(&self, slot: &Slot) -> bool {
        slot.class == Class::R
            || self.special == Special::Open
            || matches!(self.special, Special::Sealed(_)) && slot.name != "matter_ref"
    }

    /// Why a slot is not shown, and by whose order.
    fn state(&self, slot: &Slot) -> (&'static str, Option<u64>) {
        match self.special {
            Special::Sealed(by) if slot.name == "matter_ref" => ("sealed", Some(by)),
            Special::Erased(by) => ("erased", Some(by)),
            _ => ("withheld", None),
        }
    }
}

fn is_restricted(slot: &Slot) -> bool {
    slot.class == Class::R
}

fn record(
    kept: &Kept,
    shows: impl Fn(&Slot) -> bool,
    proof: &daybook_tlog::TlogProof,
    consistency: Option<daybook_verify::production::Consistency>,
) -> Vec<u8> {
    let listed = slots(kept);
    let shown = |name: &str| listed.iter().any(|(slot, ..)| slot.name == name && shows(slot));
    let disclosures: Vec<&str> = kept.disclosures.iter().map(String::as_str).collect();
    let made = make_record(&kept.entry, &disclosures, shown, Some(&kept.intake), proof, consistency);
    made.expect("the ledger's own entries are well formed").write()
}

/// The slots of an entry: what the type says, the digest, and whether there is nothing in it.
fn slots(kept: &Kept) -> Vec<(Slot, [u8; 32], bool)> {
    let entry = parse_entry(&kept.entry).expect("the ledger's own entries are well formed");
    let token = Token::parse_jwt(entry.event).expect("the ledger's own events are well formed");
    let claims = token.claims();
    let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v).expect("a known type");
    let of = |slot: &Slot| {
        let digest = claims.slots.iter().find(|signed| signed.name == slot.name).map(|signed| signed.digest);
        let absent = !slot.fields.iter().any(|field| kept.fields.contains_key(field));
        Some((slot.clone(), digest?, absent))
    };
    ty.slots().iter().filter_map(of).collect()
}

//! One field erased: gone for good, while the rest of its record stays; and no key that is left opens what was erased.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Issuer};
use daybook_ledger::open;
use daybook_store::{Class, KeyringLock as _, Passphrase, Reader};
use daybook_tests::{Account, Ledger, Signers, daybook, run_ok, send};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Map, Value, json};

use crate::city;
use crate::erasing::{copy, holds, shown, traces};

const AT: &str = "2026-11-22T09:38:12-07:00";
/// The slot that is erased, and what stands in it on one record only.
const SLOT: &str = "case_number";
const CASE: &str = "1:26-mj-90817";
const OTHER_CASE: &str = "1:26-mj-90818";
const MATTER: &str = "k3vq7tz2m5ywb4cdnxr6gh2sja";

/// Two papers of one matter, recorded on the ledger, that differ in their case number; the disclosures of the first, in slot order.
fn papers(ledger: &Ledger) -> Vec<String> {
    let mut signers = Signers::of(ledger, 9);
    let issuer: Issuer = "sheriff/papers".parse().expect("an issuer");
    let registered = signers.register(&issuer, AT);
    let ty = Catalogue::builtin().latest("paper.classified").expect("a type of the catalogue");
    let mut fields = ty.example().as_object().expect("an object").clone();
    // It belongs to no event of this ledger.
    fields.remove("links");
    let papers = [CASE, OTHER_CASE].map(|case| {
        let more = json!({ "occurred_at": AT, "recorded_at": AT, "matter_ref": MATTER, "case_number": case });
        fields.extend(more.as_object().expect("an object").clone());
        signers.sign(&issuer, "paper.classified", &fields, None)
    });
    let [first, second] = papers;
    let disclosures =
        first.compact().split('~').skip(1).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    send(ledger, &[registered, first, second], Duration::from_secs(60));
    disclosures
}

fn by_case(account: &Account, case: &str) -> Vec<Value> {
    city::found(account, &json!({ "identifiers": { "case_number": case } }))
}

/// What an approved opening of a withheld part shows.
fn opened(auditor: &Account, approver: &Account, entry: u64) -> Map<String, Value> {
    let open = json!({
        "act": "open", "authority": "audit", "part": "withheld", "entries": [entry.to_string()], "minutes": 5,
    });
    let request = city::requested(auditor, &open);
    let decision = format!("/v1/approvals/{request}/decision");
    let decided = approver.post(&decision, &json!({ "decision": "approved" })).expect("an answer");
    assert_eq!(decided.status, 200, "{}", decided.text());
    let values = auditor.get(&format!("/v1/approvals/{request}/values")).expect("an answer");
    assert_eq!(values.status, 200, "{}", values.text());
    values.json()["opened"][0]["values"].as_object().expect("values").clone()
}

/// Every form in which a disclosure could lie somewhere: as it is, its salt and value, and each of these in base64 wherever in a longer
/// text it began.
fn forms(disclosure: &str) -> BTreeSet<String> {
    let json = URL_SAFE_NO_PAD.decode(disclosure).expect("base64url");
    let list: Value = serde_json::from_slice(&json).expect("a list");
    let salt = list[0].as_str().expect("a salt").to_owned();
    let value = list[1].as_str().expect("a text").to_owned();
    let mut forms = BTreeSet::from([disclosure.to_owned(), salt, value]);
    for bytes in forms.clone() {
        for before in 0..3 {
            let padded = [vec![0; before], bytes.clone().into_bytes()].concat();
            for text in [URL_SAFE_NO_PAD.encode(&padded), STANDARD_NO_PAD.encode(&padded)] {
                // What shares a letter with the bytes around it is left out at both ends.
                let whole = (before * 8).div_ceil(6)..padded.len() * 8 / 6;
                forms.insert(text[whole].to_owned());
            }
        }
    }
    forms
}

fn refused_slots(custodian: &Account, part: &str, entries: &[u64], slots: &[&str]) {
    let entries: Vec<String> = entries.iter().map(u64::to_string).collect();
    let erase =
        json!({ "act": "erase", "authority": "statute", "part": part, "entries": entries, "slots": slots });
    let answer = custodian.post("/v1/approvals", &erase).expect("an answer");
    assert_eq!(answer.code(), "bad-slots", "{part} {slots:?}: {}", answer.text());
}

/// Disclosures that still open, of the records of an entry: R, then W.
fn left(ledger: &Ledger, entry: u64) -> [Vec<String>; 2] {
    let (_, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    Class::ALL.map(|class| reader.open_record(&keyring, entry, class).expect("something opens"))
}

#[test]
fn one_erased_field_is_found_nowhere_and_the_others_still_open() {
    let mut ledger = Ledger::running();
    city::at_work(&ledger, 1);
    let disclosures = papers(&ledger);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);
    let event = by_case(&auditor, CASE).remove(0);
    let entry = event["entry"].as_u64().expect("an entry");
    let request = city::found(&auditor, &json!({ "types": ["request.received"] })).remove(0);
    let before = shown(&auditor, &event);
    assert_eq!(opened(&auditor, &approver, entry)[SLOT], CASE);
    let backup = ledger.scratch().join("backup");
    copy(&ledger.dir().join("vault"), &backup);
    let [r_before, w_before] = left(&ledger, entry);
    let erased = w_before.iter().find(|text| forms(text).contains(CASE)).expect("the case number").clone();
    assert!(disclosures.contains(&erased));

    refused_slots(&custodian, "withheld", &[entry], &["nothing"]);
    refused_slots(&custodian, "restricted", &[entry], &[SLOT]);
    let other = request["entry"].as_u64().expect("an entry");
    refused_slots(&custodian, "withheld", &[other.min(entry), other.max(entry)], &[SLOT]);

    let erase = json!({
        "act": "erase", "authority": "statute", "part": "withheld", "entries": [entry.to_string()], "slots": [SLOT],
    });
    let ordered = city::approved(&custodian, &approver, &erase)["done_entry"].clone();

    assert_eq!(by_case(&auditor, CASE).len(), 0, "the index has forgotten the case number");
    assert_eq!(by_case(&auditor, OTHER_CASE).len(), 1);
    assert_eq!(city::found(&auditor, &json!({ "identifiers": { "matter_ref": MATTER } })).len(), 2);
    let values = opened(&auditor, &approver, entry);
    assert_eq!(
        values.keys().collect::<Vec<_>>(),
        ["matter_ref", "person_match"],
        "what is not erased still opens"
    );
    let named = json!({
        "act": "open", "authority": "audit", "part": "withheld", "entries": [entry.to_string()], "minutes": 5, "slots": [SLOT],
    });
    assert_eq!(auditor.post("/v1/approvals", &named).expect("an answer").code(), "opening-sealed");
    let now = auditor.get(&format!("/v1/events/{}", city::jti(&event))).expect("an answer").json();
    let tombstone = &now["event"]["tombstone"];
    assert_eq!((&tombstone["kind"], &tombstone["slots"]), (&json!("erased"), &json!([SLOT])));
    assert_eq!(tombstone["by_entry"], ordered);
    assert_eq!(now["event"]["withheld"], json!(["matter_ref", "person_match"]));
    assert_eq!(now["event"]["fields"]["occurred_at"], AT);
    assert_eq!(now["event"]["matter"], event["matter"]);
    let after = shown(&auditor, &event);
    assert_eq!(after.bytes, before.bytes);
    holds(&ledger, &before);
    holds(&ledger, &after);

    let texts = forms(&erased);
    let started = Instant::now();
    while !traces(&ledger.nats.store(), &texts).is_empty() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(200));
    }
    ledger.kill();
    let nothing: Vec<String> = Vec::new();
    assert_eq!(traces(&ledger.dir(), &texts), nothing, "in the ledger's directory");
    assert_eq!(traces(&ledger.nats.store(), &texts), nothing, "on the bus");
    ledger.start();
    // Who may ask is known once the log is folded again.
    let started = Instant::now();
    while auditor.get(&format!("/v1/events/{}", city::jti(&event))).expect("an answer").status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "the accounts are not known again");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(by_case(&auditor, CASE).len(), 0, "nor after a restart");
    ledger.stop();

    told(&ledger, entry, &ordered);
    let kept: Vec<String> = w_before.iter().filter(|text| **text != erased).cloned().collect();
    assert_eq!(left(&ledger, entry), [r_before.clone(), kept.clone()]);
    fs::remove_dir_all(ledger.dir().join("vault")).expect("removed");
    copy(&backup, &ledger.dir().join("vault"));
    // The backup is from before the last entries; the record of this one is in it.
    let (_, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    let restored =
        Class::ALL.map(|class| reader.open_record(&keyring, entry, class).expect("something opens"));
    assert_eq!(restored, [r_before, kept], "a restored backup of the vault opens no more than the vault");
}

/// What a verifier and the keyring's status say of the erasure.
fn told(ledger: &Ledger, entry: u64, ordered: &Value) {
    let report = ledger.verify();
    let listed = report["sealings"]["listed"].as_array().expect("a list").clone();
    let found = listed.iter().find(|sealing| sealing["first"] == entry).expect("the erasure is listed");
    assert_eq!((&found["kind"], &found["slots"], &found["by"]), (&json!("erased"), &json!([SLOT]), ordered));
    let said =
        run_ok(daybook().args(["verify", "log"]).arg(ledger.dir()).arg("--policy").arg(ledger.policy()));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = format!("erased    entry {entry}: slot {SLOT} of the withheld fields, ");
    assert!(said.contains(&line) && said.contains(&format!("as entry {ordered} orders")), "{said}");
    let status = run_ok(daybook().args(["keyring", "status", "--json", "--dir"]).arg(ledger.dir()));
    let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!(status["destroyed"], json!({ "restricted": 0, "withheld": 0, "fields": 1 }));
    let order = &status["erasures"][0];
    assert_eq!(
        (&order["by"], &order["slots"], &order["carried_out"]),
        (ordered, &json!([SLOT]), &json!(true))
    );
    assert_eq!(status["without_order"]["fields"], json!([]));
}

/// One piece of a vault record, as the format page describes it.
struct Piece {
    what: String,
    nonce: [u8; 12],
    associated: Vec<u8>,
    sealed: Vec<u8>,
}

impl Piece {
    fn of(reader: &Reader, entry: u64, class: Class) -> Vec<Piece> {
        let record = reader.vault_record(entry, class).expect("a record");
        let (nonce, mut rest) = (record[8..20].try_into().expect("a nonce"), &record[20..]);
        let mut sealed = Vec::new();
        while let [high, low, more @ ..] = rest {
            let (piece, more) = more.split_at(64 * usize::from(u16::from_be_bytes([*high, *low])) + 16);
            sealed.push(piece.to_vec());
            rest = more;
        }
        let count = sealed.len() as u8;
        let piece = |(position, sealed): (usize, Vec<u8>)| {
            let place = [&[class.letter()][..], &entry.to_be_bytes(), &[position as u8, count]].concat();
            let associated = [b"daybook vault\n", &place[..], reader.origin().as_bytes()].concat();
            Piece { what: format!("{class:?} {position} of entry {entry}"), nonce, associated, sealed }
        };
        sealed.into_iter().enumerate().map(piece).collect()
    }

    /// How many of the keys open it.
    fn openers(&self, keys: &[LessSafeKey]) -> usize {
        let opens = |key: &&LessSafeKey| {
            let mut sealed = self.sealed.clone();
            let nonce = Nonce::assume_unique_for_key(self.nonce);
            key.open_in_place(nonce, Aad::from(&self.associated), &mut sealed).is_ok()
        };
        keys.iter().filter(opens).count()
    }
}

/// Depth, prefix and secret of each node in a keyring file, opened with the operator's passphrase and read as the format page says.
fn nodes(file: &Path, passphrase: &Path) -> Vec<(u32, u64, [u8; 32])> {
    let text = fs::read_to_string(file).expect("a keyring");
    let mut lines = text.split_inclusive('\n');
    let head = [lines.next().expect("a version"), lines.next().expect("parameters")].concat();
    let mut parameters: Map<String, Value> =
        serde_json::from_str(head.lines().nth(1).expect("parameters")).expect("JSON");
    let nonce = parameters.remove("nonce").expect("a nonce");
    let nonce = URL_SAFE_NO_PAD.decode(nonce.as_str().expect("a text")).expect("base64url");
    let lock = Passphrase::from_file(passphrase).expect("the passphrase");
    let key = lock.open_key(&parameters).expect("a key");
    let mut list = URL_SAFE_NO_PAD.decode(lines.next().expect("nodes").trim_end()).expect("base64url");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key[..]).expect("32 bytes"));
    let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("12 bytes");
    let list = key.open_in_place(nonce, Aad::from(head.as_bytes()), &mut list).expect("it opens");
    let node = |bytes: &[u8]| {
        let prefix = u64::from_be_bytes(bytes[1..9].try_into().expect("8 bytes"));
        (u32::from(bytes[0]), prefix, bytes[9..].try_into().expect("32 bytes"))
    };
    list[4..].chunks(41).map(node).collect()
}

/// Everything that could serve as a key and can be made from a keyring file: every secret in it, every secret below that on the way to
/// any position of any record of the ledger, some levels of all others, and what each gives under every label that there is.
fn derivable(file: &Path, passphrase: &Path, size: u64) -> Vec<LessSafeKey> {
    const DEPTH: u32 = 46;
    let leaves = size * 2 * 64;
    let mut open: Vec<_> = nodes(file, passphrase)
        .into_iter()
        .map(|(depth, prefix, secret)| (depth, prefix, secret, 6))
        .collect();
    let mut keys = BTreeSet::new();
    while let Some((depth, prefix, secret, more)) = open.pop() {
        keys.insert(secret);
        for label in [&b"daybook key\n"[..], b"daybook index key\n", b"daybook ggm\n", b""] {
            keys.insert(sha256([label, &secret].concat()));
        }
        if depth < DEPTH && (prefix << (DEPTH - depth) < leaves || more > 0) {
            for bit in [0, 1] {
                let child = sha256([&b"daybook ggm\n"[..], &[bit], &secret].concat());
                open.push((depth + 1, 2 * prefix + u64::from(bit), child, more.max(1) - 1));
            }
        }
    }
    let key = |bytes: [u8; 32]| LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).expect("32 bytes"));
    keys.into_iter().map(key).collect()
}

#[test]
fn no_key_that_can_still_be_derived_opens_what_was_erased() {
    let mut ledger = Ledger::running();
    city::at_work(&ledger, 1);
    papers(&ledger);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);
    let entry = |event: &Value| event["entry"].as_u64().expect("an entry");
    let paper = entry(&by_case(&auditor, CASE)[0]);
    let whole = entry(&city::found(&auditor, &json!({ "types": ["request.received"] }))[0]);
    let old = ledger.scratch().join("old.keyring");
    fs::copy(ledger.dir().join("keyring"), &old).expect("a copy");
    let erase = |part: &str, entry: u64, slots: &[&str]| {
        let erase = json!({
            "act": "erase", "authority": "statute", "part": part, "entries": [entry.to_string()], "slots": slots,
        });
        city::approved(&custodian, &approver, &erase);
    };
    erase("withheld", paper, &[SLOT]);
    erase("all", whole, &[]);
    ledger.stop();

    let passphrase = ledger.dir().join("keys/keyring.passphrase");
    let size = ledger.size();
    let before = derivable(&old, &passphrase, size);
    let after = derivable(&ledger.dir().join("keyring"), &passphrase, size);
    let (_, reader, _) = open::read_only(&ledger.dir()).expect("a ledger");
    let slot = Catalogue::builtin().latest("paper.classified").expect("a type").slots().iter();
    let slot = slot.filter(|slot| slot.class == daybook_event::Class::W).position(|slot| slot.name == SLOT);
    let (mut erased, mut kept) = (Vec::new(), Piece::of(&reader, paper, Class::R));
    for (position, piece) in Piece::of(&reader, paper, Class::W).into_iter().enumerate() {
        if Some(position) == slot { erased.push(piece) } else { kept.push(piece) }
    }
    erased.extend(Class::ALL.into_iter().flat_map(|class| Piece::of(&reader, whole, class)));
    assert!(erased.len() > 5 && kept.len() > 5);
    println!(
        "{} keys derived from the keyring as it was, {} from what is left, each tried on {} erased and {} kept fields of a ledger of {size} entries",
        before.len(),
        after.len(),
        erased.len(),
        kept.len(),
    );
    assert!(after.len() as u64 > size * 2 * 64, "every position of every record");
    for piece in &erased {
        assert_eq!(piece.openers(&before), 1, "{} before: the search would find a key", piece.what);
        assert_eq!(piece.openers(&after), 0, "{} still opens", piece.what);
    }
    for piece in &kept {
        assert_eq!(piece.openers(&after), 1, "{} was not erased", piece.what);
    }
}

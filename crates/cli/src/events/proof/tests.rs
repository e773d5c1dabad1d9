use daybook_event::{Draft, Issuer, OsEntropy, Position, SigningKey, issue};
use daybook_tlog::{BatchProver, Checkpoint, Frontier, NoteSigner};
use serde_json::json;

use super::*;

const ORIGIN: &str = "city.example/ledger";

/// An entry with a hold, and how the ledger shows it as entry `number`.
fn entry(number: u64) -> (String, Event) {
    let fields = json!({ "basis": "audit", "occurred_at": "2026-11-22", "recorded_at": "2026-11-22", "placed_on": "2026-11-22" });
    let draft = Draft::new("hold.placed".parse().unwrap(), fields.as_object().unwrap().clone());
    let issuer: Issuer = "ledger/access".parse().unwrap();
    let origin = ORIGIN.parse().unwrap();
    let key = SigningKey::from_seed([1; 32]);
    let at = Position::first(&origin);
    let signed = issue(&draft, &issuer, &origin, at, &key, Catalogue::builtin(), &mut OsEntropy).unwrap();
    let digest = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
    let jwt = signed.compact.split('~').next().unwrap();
    let entry = format!(r#"{{"v":1,"prev":"{digest}","intake":"{digest}","event":"{jwt}"}}"#);
    let event = serde_json::from_value(json!({
        "entry": number, "jti": signed.jti, "event": "hold.placed", "v": 1, "issuer": "ledger/access", "seq": at.seq,
        "period": "2026-11", "fields": fields,
    }));
    (entry, event.unwrap())
}

fn signer(seed: u8) -> (NoteSigner, Policy) {
    let signer = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [seed; 32]);
    let policy = format!("log {}\nquorum none\n", signer.vkey()).parse().unwrap();
    (signer, policy)
}

fn proof(entries: &[&str], index: u64, signer: &NoteSigner) -> String {
    let before = Frontier::new();
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let batch = BatchProver::new(&before, &leaves);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: batch.size(), root: batch.root() };
    TlogProof { extra: None, index, path: batch.path(index), checkpoint: checkpoint.sign(signer) }.format()
}

#[test]
fn an_answer_is_held_against_the_bytes_the_place_and_the_event_of_its_proof() {
    let ((zero, other), (one, event)) = (entry(0), entry(1));
    let (signer_of_log, policy) = signer(9);
    let text = proof(&[&zero, &one], 1, &signer_of_log);
    let claim = || Claimed { jti: &event.jti, event: &event, entry: &one, proof: &text };
    let words = verified(&claim(), &policy).unwrap();
    assert!(words.starts_with("VERIFIED: city.example/ledger holds this event as entry 1"), "{words}");

    let refused = |claimed: Claimed<'_>| verified(&claimed, &policy).unwrap_err().to_string();
    assert!(refused(Claimed { entry: &zero, ..claim() }).starts_with("NOT VERIFIED"), "other bytes");
    assert!(refused(Claimed { jti: &other.jti, ..claim() }).contains("another event than was asked for"));
    let elsewhere = Event { entry: 0, ..event.clone() };
    assert!(refused(Claimed { event: &elsewhere, ..claim() }).contains("about entry 1"));
    let renamed = Event { event: "hold.released".into(), ..event.clone() };
    assert!(refused(Claimed { event: &renamed, ..claim() }).contains("type, producer"));
    let mut bent = event.clone();
    bent.fields.insert("basis".into(), "litigation".into());
    assert!(refused(Claimed { event: &bent, ..claim() }).contains("basis"));
    let (_, strange) = signer(8);
    assert!(verified(&claim(), &strange).is_err(), "signed by another key than the policy names");
}

#[test]
fn proof_and_entry_are_written_as_they_came() {
    let (bytes, event) = entry(0);
    let (signer, policy) = signer(9);
    let text = proof(&[&bytes], 0, &signer);
    let dir = tempfile::tempdir().unwrap();
    let (at, of) = (dir.path().join("e.proof"), dir.path().join("e.entry"));
    let wanted = Proof { proof_out: Some(at.clone()), entry_out: Some(of.clone()), policy: None };
    let claimed = Claimed { jti: &event.jti, event: &event, entry: &bytes, proof: &text };
    let said = wanted.carry_out(&claimed).unwrap();
    assert!(said.last().unwrap().contains("was not checked"), "{said:?}");
    let (at, of) = (std::fs::read_to_string(at).unwrap(), std::fs::read_to_string(of).unwrap());
    assert_eq!((at.as_str(), of.as_str()), (text.as_str(), bytes.as_str()));
    TlogProof::parse(&at).unwrap().verify(&policy, &leaf_hash(of.as_bytes())).unwrap();
}

//! Deliberate changes to proofs, to the records on which others rest, and to what is trusted.

use daybook_production::sample::Sample;
use daybook_verify::production::{BAG_RECORD, Check, STATEMENT};

use crate::attacks::{case, text};
use crate::change::{Case, Change};

use Check::{
    Checkpoint, Complete, Consistency, Declaration, Inclusion, Key, Leaves, LoadFiles, Record, Redactions,
    Statement, TrustedKey,
};

const LEAVES: &str = "data/PROOFS/leaves.csv";
const CHECKPOINT: &str = "data/PROOFS/checkpoint.txt";
const SEARCHED: &str = "data/PROOFS/checkpoint-searched.txt";
const POLICY: &str = "data/PROOFS/policy.txt";

/// Changes to what proves.
pub(crate) fn proofs(s: &Sample) -> Vec<Case> {
    let witness = text(s, CHECKPOINT).lines().find(|line| line.starts_with("— witness")).unwrap().to_owned();
    let log = text(s, CHECKPOINT).lines().find(|line| line.starts_with("— ledger")).unwrap().to_owned();
    let hash = row(s, 4).split(',').nth(2).unwrap().to_owned();
    vec![
        case(
            "leaf-hash-edited",
            "a leaf gets another hash",
            vec![Change::replace(
                LEAVES,
                &hash,
                &hash.replace(&hash[..1], if hash.starts_with('0') { "1" } else { "0" }),
            )],
            Leaves,
            &[],
        ),
        case(
            "leaf-row-dropped",
            "a leaf has no row",
            vec![Change::replace(LEAVES, &format!("{}\r\n", row(s, 4)), "")],
            Leaves,
            &[],
        ),
        case(
            "produced-called-not-responsive",
            "a record that was found is called not responsive",
            vec![state(s, 4, "not_responsive")],
            Statement,
            &[Complete],
        ),
        case(
            "withheld-called-not-responsive",
            "a record that is held back is called not responsive",
            vec![state(s, 15, "not_responsive")],
            Statement,
            &[Complete],
        ),
        case(
            "withheld-called-produced",
            "a record that is held back is called produced",
            vec![state(s, 15, "produced")],
            Statement,
            &[Complete],
        ),
        case(
            "authority-called-produced",
            "a record that was not found is called produced",
            vec![state(s, 2, "produced")],
            Statement,
            &[Complete],
        ),
        case(
            "searched-called-later",
            "a leaf from before the search is called later",
            vec![state(s, 27, "later")],
            Leaves,
            &[],
        ),
        case(
            "old-checkpoint",
            "the checkpoint is that of the search",
            vec![Change::copy(SEARCHED, CHECKPOINT)],
            Consistency,
            &[Leaves, Inclusion],
        ),
        case(
            "search-went-further",
            "the checkpoint of the search is the later one",
            vec![Change::copy(CHECKPOINT, SEARCHED)],
            Consistency,
            &[Leaves, Statement],
        ),
        case(
            "checkpoint-of-the-other-production",
            "the checkpoint is a later one of the same ledger",
            vec![Change::foreign(CHECKPOINT, CHECKPOINT)],
            Consistency,
            &[Leaves, Inclusion],
        ),
        case(
            "checkpoint-size-edited",
            "the checkpoint claims another size",
            vec![Change::replace(CHECKPOINT, "\n35\n", "\n36\n")],
            Checkpoint,
            &[Consistency, Inclusion],
        ),
        case(
            "witness-taken-away",
            "the checkpoint lacks the witness that the policy asks for",
            vec![Change::replace(CHECKPOINT, &format!("{witness}\n"), "")],
            Checkpoint,
            &[Inclusion],
        ),
        case(
            "log-signature-taken-away",
            "the checkpoint lacks the log's own signature",
            vec![Change::replace(CHECKPOINT, &format!("{log}\n"), "")],
            Checkpoint,
            &[Inclusion],
        ),
        case(
            "consistency-edited",
            "the consistency proof is of other sizes",
            vec![Change::replace("data/PROOFS/consistency.json", "\"from\":29", "\"from\":28")],
            Consistency,
            &[],
        ),
        case(
            "quorum-lowered",
            "the proposed policy asks for no witness, and the checkpoint has none",
            vec![
                Change::replace(POLICY, "quorum w1", "quorum none"),
                Change::replace(CHECKPOINT, &format!("{witness}\n"), ""),
            ],
            Checkpoint,
            &[Inclusion],
        ),
        case(
            "other-log-key",
            "the policy names another key for the log",
            vec![Change::put(POLICY, &other_policy())],
            TrustedKey,
            &[Checkpoint],
        ),
        case(
            "no-policy",
            "the policy cannot be read",
            vec![Change::put(POLICY, "log me\n")],
            TrustedKey,
            &[],
        ),
    ]
}

/// A policy with a key of nobody's ledger.
fn other_policy() -> String {
    let name = "ledger.example/daybook".parse().unwrap();
    format!("log {}\nquorum none\n", daybook_tlog::NoteSigner::from_seed(name, [9; 32]).vkey())
}

/// Changes to the records on which others rest.
pub(crate) fn authorities(s: &Sample) -> Vec<Case> {
    let authority = |index: u64| format!("data/PROOFS/AUTHORITY/{index}.json");
    let joined = {
        let leaf = |index: u64| {
            let hash = row(s, index).split(',').nth(2).unwrap().to_owned();
            daybook_tlog::Hash(daybook_verify::production::hex::decode(&hash).unwrap())
        };
        let root = daybook_tlog::node_hash(&leaf(20), &daybook_tlog::node_hash(&leaf(22), &leaf(23)));
        format!("20,4,{},not_responsive\r\n", daybook_verify::production::hex::encode(root.as_bytes()))
    };
    let rows = [20, 22, 23].map(|first| format!("{}\r\n", row(s, first))).concat();
    vec![
        case(
            "revocation-left-out",
            "the record of a revocation is taken out",
            vec![Change::remove(&authority(23))],
            Statement,
            &[Complete],
        ),
        case(
            "revocation-hidden",
            "the record of a revocation is taken out and its leaf called not responsive: only the ledger's record of the bag tells",
            vec![Change::remove(&authority(23)), Change::replace(LEAVES, &rows, &joined)],
            Statement,
            &[],
        ),
        case(
            "halves-not-joined",
            "a leaf is called not responsive beside its sibling, and not joined with it",
            vec![state(s, 23, "not_responsive")],
            Leaves,
            &[],
        ),
        case(
            "registration-left-out",
            "the record of a registration is taken out",
            vec![Change::remove(&authority(3))],
            Key,
            &[Statement, Complete],
        ),
        case(
            "rotation-left-out",
            "the record of a rotation is taken out",
            vec![Change::remove(&authority(12))],
            Key,
            &[Statement, Complete],
        ),
        case(
            "opening-left-out",
            "the opening of the ledger is taken out",
            vec![Change::remove(&authority(0))],
            Key,
            &[Statement, Complete],
        ),
        case(
            "authority-misnamed",
            "an authority stands under another index",
            vec![Change::copy(&authority(2), &authority(3))],
            Record,
            &[],
        ),
        case(
            "order-left-out",
            "the order of a sealing is taken out",
            vec![Change::remove(&authority(25))],
            Statement,
            &[Complete, Redactions],
        ),
        case(
            "numbers-left-out",
            "the record of the Bates numbers is taken out",
            vec![Change::remove(&authority(33))],
            Statement,
            &[Complete, LoadFiles],
        ),
        case(
            "statement-of-the-other-production",
            "the statement is that of another production",
            vec![Change::foreign(STATEMENT, STATEMENT)],
            Inclusion,
            &[Statement],
        ),
        case(
            "statement-is-something-else",
            "another record of the ledger stands for the statement",
            vec![Change::copy(&authority(31), STATEMENT)],
            Statement,
            &[Complete],
        ),
        case(
            "bag-record-of-the-other-production",
            "the bag's record is that of another production",
            vec![Change::foreign(BAG_RECORD, BAG_RECORD)],
            Inclusion,
            &[Statement],
        ),
        case(
            "bag-record-is-something-else",
            "another record stands for the bag's",
            vec![Change::copy(STATEMENT, BAG_RECORD)],
            Record,
            &[Inclusion, Statement],
        ),
        case(
            "bag-record-left-out",
            "the bag's record is taken out",
            vec![Change::remove(BAG_RECORD)],
            Declaration,
            &[Statement],
        ),
    ]
}

fn row(sample: &Sample, first: u64) -> String {
    let text = text(sample, LEAVES);
    text.lines().find(|line| line.starts_with(&format!("{first},"))).unwrap().to_owned()
}

fn state(sample: &Sample, first: u64, state: &str) -> Change {
    let row = row(sample, first);
    let (front, _) = row.rsplit_once(',').unwrap();
    Change::replace(LEAVES, &format!("{row}\r\n"), &format!("{front},{state}\r\n"))
}

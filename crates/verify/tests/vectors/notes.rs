//! Signed checkpoints under trust policies.

use daybook_tlog::{Checkpoint, Cosigner, KeyName, NoteSigner, Policy, leaf_hash};
use serde_json::{Value, json};

use super::signing::{ORIGIN, log_key};
use super::text;

fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}

fn witness(n: u8) -> Cosigner {
    Cosigner::from_seed(name(&format!("witness.example/{n}")), [100 + n; 32])
}

fn checkpoint(origin: &str) -> Checkpoint {
    Checkpoint { origin: origin.to_owned(), size: 42, root: leaf_hash(b"root") }
}

fn policy(quorum: &str) -> String {
    let log = log_key().vkey();
    let witnesses: String = (1..4).map(|n| format!("witness w{n} {}\n", witness(n).vkey())).collect();
    format!(
        "# who is believed\nlog {log} https://ledger.example/\n{witnesses}group two 2 w1 w2 w3\nquorum {quorum}\n"
    )
}

/// A note with these lines of witnesses behind the log's.
fn cosigned(witnesses: &[u8]) -> String {
    let checkpoint = checkpoint(ORIGIN);
    let lines: String =
        witnesses.iter().map(|n| witness(*n).cosign(&checkpoint.text(), 1_795_000_000)).collect();
    checkpoint.sign(&log_key()) + &lines
}

pub(crate) fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut put = |quorum: &str, note: String, holds: bool, why: &str| {
        cases.push(json!({"why": why, "policy": policy(quorum), "note": note, "holds": holds}));
    };
    let good = cosigned(&[]);
    put("none", good.clone(), true, "signed by the log");
    put("none", cosigned(&[1, 3]), true, "signed by the log and two witnesses");
    put("two", cosigned(&[1, 3]), true, "the quorum is met");
    put("two", cosigned(&[2]), false, "the quorum is not met");
    put("two", cosigned(&[2, 2]), false, "one witness twice is one witness");
    put("w2", cosigned(&[2]), true, "a witness as quorum");
    put("none", checkpoint("other.example/x").sign(&log_key()), false, "a checkpoint of another log");
    let stranger = NoteSigner::from_seed(name(ORIGIN), [1; 32]);
    put("none", checkpoint(ORIGIN).sign(&stranger), false, "signed by a stranger with the log's name");
    let beside = stranger.sign(&checkpoint(ORIGIN).text());
    let beside = format!("{good}{}\n", beside.lines().last().unwrap());
    put("none", beside, true, "a stranger's signature beside the log's is passed over");
    let text = checkpoint(ORIGIN).text();
    for (changed, why) in [
        (text.replace("42", "43"), "another size"),
        (text.replace("42", "042"), "a size with a leading zero"),
        (text.replace("42", "-42"), "a size with a sign"),
        (format!("{text}extension\n"), "an extension line"),
        (text.replacen('\n', " \n", 1), "an origin with a blank"),
        (text.trim_end_matches("=\n").to_owned() + "\n", "a root without padding"),
        (text.lines().take(2).map(|line| format!("{line}\n")).collect(), "no root"),
    ] {
        let signed = log_key().sign(&changed);
        put("none", if why == "another size" { good.replace("42", "43") } else { signed }, false, why);
    }
    for (changed, why) in [
        (good.trim_end().to_owned(), "no line end behind the last signature"),
        (format!("{good}\n"), "an empty line behind the signatures"),
        (good.replace('—', "-"), "a hyphen for the em dash"),
        (good.replace("— ", "—  "), "two blanks behind the dash"),
        (good.replace('\n', "\r\n"), "CRLF line ends"),
        (good.replacen("\n\n", "\n", 1), "no empty line"),
        (good.replacen("\n\n", "\n\u{1}\n\n", 1), "a control character"),
        (good.trim_end_matches("=\n").to_owned() + "\n", "a signature without padding"),
        (String::new(), "nothing"),
        (text, "a text without signatures"),
    ] {
        put("none", changed, false, why);
    }
    let line = good.lines().last().unwrap();
    let false_line = flip_last_digit(line);
    put("none", good.replace(line, &false_line), false, "a false signature of the log");
    put("none", format!("{good}{false_line}\n"), false, "a false signature beside the good one");
    put("none", format!("{good}{line}\n"), true, "the same signature twice");
    put("none", format!("{good}{}", format!("{line}\n").repeat(100)), false, "more signatures than are read");
    let late =
        Cosigner::from_seed(name("witness.example/1"), [101; 32]).cosign(&checkpoint(ORIGIN).text(), 1 << 63);
    put("none", format!("{good}{late}"), false, "a cosignature of a time beyond all clocks");
    cases
}

/// Another digit in the middle of the signature, where no tail bits are.
fn flip_last_digit(line: &str) -> String {
    let at = line.len() - 20;
    let other = if line.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &line[..at], &line[at + 1..])
}

pub(crate) fn check(case: &Value) {
    let policy: Policy = text(case, "policy").parse().unwrap();
    let found = policy.open_checkpoint(text(case, "note").as_bytes());
    assert_eq!(found.is_ok(), case["holds"], "{case}: {found:?}");
}

pub(crate) fn policy_cases() -> Vec<Value> {
    let log = format!("log {}\n", log_key().vkey());
    let w = |n: u8| format!("witness w{n} {}\n", witness(n).vkey());
    let all = format!("{log}{}{}{}", w(1), w(2), w(3));
    let good = [
        format!("{log}quorum none\n"),
        format!("{log}quorum none"),
        format!("\n  # a remark\n\t{log}quorum\tnone\n\n"),
        format!("{all}group g any w1 w2\ngroup h all g w3\nquorum h\n"),
        format!("{all}quorum w1\n"),
        format!("quorum none\n{log}"),
    ];
    let vkey = log_key().vkey().to_string();
    let bad = [
        String::new(),
        log.clone(),
        "quorum none\n".to_owned(),
        format!("{log}{log}quorum none\n"),
        format!("{log}quorum none\nquorum none\n"),
        format!("{log}quorum w1\n{}", w(1)),
        format!("{all}group g 3 w1 w2\nquorum g\n"),
        format!("{all}group g 0 w1 w2\nquorum g\n"),
        format!("{all}group g 02 w1 w2\nquorum g\n"),
        format!("{all}group g any w1\ngroup h any w1\nquorum h\n"),
        format!("{all}group g any w1 w1\nquorum g\n"),
        format!("{all}group none any w1\nquorum none\n"),
        format!("{all}{}quorum none\n", w(1).replace("w1", "w4")),
        format!("{all}group w1 any w2\nquorum none\n"),
        format!("{log}quorum none\r\n"),
        format!("{log}quorum none\nwatch this\n"),
        format!("{log}quorum none\nconstructor x\n"),
        format!("{log}quorum constructor\n"),
        format!("log {}\nquorum none\n", witness(1).vkey()),
        format!("{log}witness w {vkey}\nquorum none\n"),
        format!("log {}\nquorum none\n", vkey.replacen('+', "-", 1)),
        format!("log {}\nquorum none\n", vkey.to_uppercase()),
        format!("log {}\nquorum none\n", &vkey[..vkey.len() - 4]),
        format!("log {}\nquorum none\n", vkey.replace("example", "exomple")),
        format!("# {}\n{log}quorum none\n", "x".repeat(65_536)),
    ];
    let case = |policy: String, good: bool| json!({"policy": policy, "reads": good});
    good.into_iter()
        .map(|text| case(text, true))
        .chain(bad.into_iter().map(|text| case(text, false)))
        .collect()
}

pub(crate) fn check_policy(case: &Value) {
    assert_eq!(text(case, "policy").parse::<Policy>().is_ok(), case["reads"], "{case}");
}

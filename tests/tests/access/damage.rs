//! The auditors' index is damaged while the service runs: an answer is the right one or it says that there is none just now.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daybook_tests::{Account, Ledger, Random};
use serde_json::{Value, json};

use crate::{city, index::files};

/// What an answer may say instead while the index is mended: come again.
const NOT_NOW: [&str; 2] = ["index-behind", "unreadable"];
const ROUNDS: u64 = 8;
/// How long it is asked after each round of damage.
const ASKED_FOR: Duration = Duration::from_millis(1_500);
/// Few, so that the small log of this test has segments on disk.
const SEGMENT_ENTRIES: u64 = 16;

fn queries() -> Vec<Value> {
    vec![
        json!({ "limit": 200 }),
        json!({ "types": ["request.received", "release.notice_sent"], "limit": 200 }),
        json!({ "departments": ["police"], "facets": ["type", "period", "code:request_kind"] }),
        json!({ "occurred": { "from": "2026-09-15" }, "order": "oldest", "limit": 7 }),
    ]
}

/// The answer, or none where the service says that it has none just now; what else it says is a failure.
fn answer(account: &Account, query: &Value, at: u64) -> Option<String> {
    let mut query = query.clone();
    query["at"] = at.into();
    let answer = account.post("/v1/events/search", &query).expect("the service is there");
    if answer.status == 200 {
        return Some(answer.text());
    }
    assert!(NOT_NOW.contains(&answer.code().as_str()), "{}: {}", answer.status, answer.text());
    None
}

/// The answers, once the service gives them.
fn answers(ledger: &Ledger, account: &Account, at: u64) -> Vec<String> {
    let started = Instant::now();
    let ask = |query: &Value| loop {
        if let Some(text) = answer(account, query, at) {
            return text;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "no answer:\n{}", ledger.log_tail());
        std::thread::sleep(Duration::from_millis(50));
    };
    queries().iter().map(ask).collect()
}

/// Does something to a file of the index; what it did.
fn damage(file: &Path, random: &mut Random) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    let what = match random.below(4) {
        0 => {
            let kept = random.below(bytes.len() as u64 + 1);
            let open = fs::OpenOptions::new().write(true).open(file);
            open.and_then(|file| file.set_len(kept)).expect("cut off");
            format!("cut off at {kept} of {}", bytes.len())
        }
        1 => {
            fs::remove_file(file).expect("removed");
            "removed".to_owned()
        }
        // In place, as a disk does it: the service has the file open.
        _ => {
            use std::os::unix::fs::FileExt as _;
            let open = fs::OpenOptions::new().write(true).open(file).expect("the file");
            let flips = if bytes.is_empty() { 0 } else { 1 + random.below(64) };
            for _ in 0..flips {
                let place = random.below(bytes.len() as u64);
                let flipped = [bytes[place as usize] ^ (1 << random.below(8))];
                open.write_all_at(&flipped, place).expect("written");
            }
            format!("{flips} bits of {} bytes flipped", bytes.len())
        }
    };
    format!("{}: {what}", file.display())
}

#[test]
fn an_index_that_is_damaged_under_the_running_service_gives_no_wrong_answer() {
    let seed = std::env::var("DAYBOOK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) << 8);
    println!("DAYBOOK_SEED={seed}");
    let mut random = Random::new(seed);
    let mut ledger = Ledger::new();
    ledger.set_rules("enabled = false");
    ledger.set_table("index", &format!("segment_entries = {SEGMENT_ENTRIES}"));
    ledger.start();
    city::at_work(&ledger, 12);
    let auditor = ledger.account("a-0001", "auditor", None);
    let at = ledger.size();
    assert!(at > 2 * SEGMENT_ENTRIES, "{at} entries are too few for segments on disk");
    let before = answers(&ledger, &auditor, at);
    let (mut right, mut none) = (0, 0);
    for round in 0..ROUNDS {
        std::thread::sleep(Duration::from_millis(random.below(400)));
        let mut all: Vec<PathBuf> = Vec::new();
        files(&ledger.dir().join("index"), &mut all);
        for _ in 0..=random.below(3) {
            if all.is_empty() {
                break;
            }
            let file = all.swap_remove(random.below(all.len() as u64) as usize);
            println!("round {round}: {}", damage(&file, &mut random));
        }
        let until = Instant::now() + ASKED_FOR;
        while Instant::now() < until {
            for (query, expected) in queries().iter().zip(&before) {
                match answer(&auditor, query, at) {
                    Some(text) => {
                        assert_eq!(&text, expected, "round {round}, {query}");
                        right += 1;
                    }
                    None => none += 1,
                }
            }
        }
        // Every other round it starts from what is left on disk, and says the same.
        if round % 2 == 1 {
            if random.below(2) == 0 {
                ledger.kill()
            } else {
                ledger.stop()
            }
            ledger.start();
            assert_eq!(answers(&ledger, &auditor, at), before, "after the start in round {round}");
        }
    }
    println!("{right} right answers, {none} times none");
    assert!(right > 0);
    ledger.stop();
    ledger.verify();
}

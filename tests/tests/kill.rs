//! Whatever is killed, whenever: an event with a receipt is in the ledger, and no event is in it twice.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daybook_event::Token;
use daybook_event::entry::parse_entry;
use daybook_tests::{Ledger, run_ok};

const KILLS: u32 = 50;
/// Events that are on their way while things are killed: enough to last, in an optimised build too.
const EVENTS: usize = if cfg!(debug_assertions) { 20_000 } else { 150_000 };
const IMPORT_LIMIT: Duration = Duration::from_secs(300);

/// Deterministic, so that a failure can be run again: set `DAYBOOK_SEED` to what was printed.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed =
            std::env::var("DAYBOOK_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
                std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(1, |since| since.as_nanos() as u64)
            });
        Self(seed | 1)
    }

    /// xorshift64
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// A table of bookings, in the columns that the mapping reads.
fn table() -> String {
    let mut csv = String::from("booking,booked_on\n");
    for row in 0..EVENTS / 2 {
        csv.push_str(&format!("B-{row:06},2026-{:02}-{:02}\n", 1 + row % 10, 1 + row % 28));
    }
    csv
}

const MAPPING: &str = include_str!("kill/mapping.toml");

#[test]
fn fifty_kills_lose_nothing_and_record_nothing_twice() {
    let mut dice = Dice::new();
    println!("DAYBOOK_SEED={}", dice.0);
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    let (data, mapping) = (ledger.scratch().join("data.csv"), ledger.scratch().join("mapping.toml"));
    std::fs::write(&data, table()).expect("the table is written");
    std::fs::write(&mapping, MAPPING).expect("the mapping is written");
    let before = ledger.size();

    let mut import = producer
        .command("import")
        .arg("--mapping")
        .arg(&mapping)
        .arg("--wait")
        .arg(IMPORT_LIMIT.as_secs().to_string())
        .arg(&data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the import starts");

    let mut during = 0;
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_millis(20 + dice.roll(300)));
        during += u32::from(matches!(import.try_wait(), Ok(None)));
        match dice.roll(3) {
            0 => ledger.nats.restart().expect("nats-server comes back"),
            1 => {
                ledger.kill();
                ledger.start();
            }
            _ => {
                ledger.nats.kill();
                ledger.kill();
                ledger.nats.restart().expect("nats-server comes back");
                ledger.start();
            }
        }
    }
    println!("{during} of {KILLS} kills fell while the import ran");
    assert!(during >= KILLS / 2, "the import was over too soon for the kills to mean anything");

    let deadline = Instant::now() + IMPORT_LIMIT;
    while matches!(import.try_wait(), Ok(None)) {
        assert!(Instant::now() < deadline, "the import does not end:\n{}", ledger.log_tail());
        std::thread::sleep(Duration::from_millis(100));
    }
    let status = producer.status();
    assert_eq!(status["pending"], 0, "{status}");
    assert_eq!(status["receipts"], EVENTS, "{status}");
    ledger.stop();
    let report = ledger.verify();
    assert_eq!(report["ok"], true, "{report}");

    assert_eq!(ledger.size() - before, EVENTS as u64, "every event once, and no more");
    let found = sequence_numbers(&ledger, before);
    assert_eq!(found.len(), EVENTS);
    assert!(found.values().all(|&times| times == 1));
}

/// How often each of the producer's sequence numbers is in the log.
fn sequence_numbers(ledger: &Ledger, from: u64) -> BTreeMap<u64, u32> {
    let mut found = BTreeMap::new();
    let mut index = 0;
    for file in 0.. {
        let path = ledger.dir().join(format!("log/entries/{file:09}.log"));
        let Ok(bytes) = std::fs::read(path) else { break };
        let mut rest = &bytes[..];
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            rest = after;
            if index >= from {
                let event = parse_entry(entry).expect("an entry").event;
                *found.entry(Token::parse_jwt(event).expect("an event").claims().seq).or_insert(0) += 1;
            }
            index += 1;
        }
    }
    found
}

#[test]
fn what_was_queued_while_the_ledger_was_away_arrives_when_it_is_back() {
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    let (data, mapping) = (ledger.scratch().join("data.csv"), ledger.scratch().join("mapping.toml"));
    std::fs::write(&data, "booking,booked_on\nB-1,2026-01-02\nB-2,2026-01-03\n")
        .expect("the table is written");
    std::fs::write(&mapping, MAPPING).expect("the mapping is written");
    ledger.kill();
    ledger.nats.kill();
    run_ok(producer.command("import").arg("--mapping").arg(&mapping).arg(&data));
    assert_eq!(producer.status()["pending"], 4);
    ledger.nats.restart().expect("nats-server comes back");
    ledger.start();
    run_ok(producer.command("import").arg("--mapping").arg(&mapping).args(["--wait", "60"]).arg(&data));
    let status = producer.status();
    assert_eq!((&status["pending"], &status["receipts"]), (&0.into(), &4.into()), "{status}");
    ledger.verify();
}

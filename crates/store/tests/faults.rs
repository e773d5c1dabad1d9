//! Whatever the disk does at whichever operation, no committed entry is lost, and the log goes on.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use daybook_event::entry::parse_entry;
use daybook_store::testing::{Fault, FaultyDisk, SampleEntry, SampleLedger, new_entries, sample_entries};
use daybook_store::{Class, CommitError, CreateError, Layout, OpenError, Reader};
use daybook_tlog::{Checkpoint, Frontier, SignedNote, frontier_at, leaf_hash};

/// How a story ends: the processes end, or the power fails with this seed.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Restart,
    Crash(u64),
}

const ENDINGS: [Ending; 9] = [
    Ending::Restart,
    Ending::Crash(0),
    Ending::Crash(1),
    Ending::Crash(2),
    Ending::Crash(3),
    Ending::Crash(4),
    Ending::Crash(5),
    Ending::Crash(6),
    Ending::Crash(7),
];

impl Ending {
    fn happen(self, disk: &FaultyDisk) {
        match self {
            Ending::Restart => disk.restart(),
            Ending::Crash(seed) => disk.crash(seed),
        }
    }
}

/// Sizes of commits; 0 closes and opens the ledger.
struct Script {
    layout: Layout,
    commits: &'static [usize],
}

impl Script {
    fn total(&self) -> usize {
        1 + self.commits.iter().sum::<usize>()
    }

    fn ledger(&self, disk: &FaultyDisk) -> SampleLedger {
        SampleLedger::with_layout(Arc::new(disk.clone()), self.layout)
    }

    /// Plays the script until something fails, and returns how many entries were promised to somebody.
    fn play(&self, disk: &FaultyDisk, samples: &[SampleEntry]) -> u64 {
        let ledger = self.ledger(disk);
        if ledger.create().is_err() {
            return 0;
        }
        let mut promised = 1;
        let Ok((mut writer, _)) = ledger.open() else { return promised };
        for &size in self.commits {
            if size == 0 {
                drop(writer);
                writer = match ledger.open() {
                    Ok((writer, _)) => writer,
                    Err(_) => return promised,
                };
                continue;
            }
            let from = usize::try_from(promised).unwrap();
            let reader = writer.reader();
            match writer.commit(&new_entries(&samples[from..from + size])) {
                Ok(commit) => promised = commit.prover.size(),
                Err(error) => {
                    assert!(matches!(error, CommitError::Io { .. }), "{error}");
                    assert_eq!(reader.size(), promised, "readers saw what was not committed");
                    let again = writer.commit(&new_entries(&samples[from..from + size]));
                    assert!(matches!(again, Err(CommitError::Poisoned)), "a failed writer went on");
                    return promised;
                }
            }
            assert_eq!(reader.size(), promised);
        }
        promised
    }
}

/// The log is exactly the first samples, its root is that of an independent tree, and the vault opens.
fn assert_holds(reader: &Reader, ledger: &SampleLedger, samples: &[SampleEntry], case: &str) {
    let size = reader.size();
    let mut tree = Frontier::new();
    let mut keys = ledger.keyring.walk();
    for (i, sample) in (0..size).zip(samples) {
        let bytes = reader.entry(i).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(parse_entry(&bytes).unwrap().event, sample.jwt, "{case}: entry {i}");
        tree.push(leaf_hash(&bytes));
        let r = reader.open_record_with(&mut keys, i, Class::R).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!((&r[0], &r[1..]), (&sample.intake, &sample.r[..]), "{case}: entry {i}");
        let w = reader.open_record_with(&mut keys, i, Class::W).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(w, sample.w, "{case}: entry {i}");
    }
    let note = reader.checkpoint().unwrap();
    let note = SignedNote::parse(&note).unwrap();
    let checkpoint = Checkpoint::parse_text(note.text()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (size, tree.root()), "{case}");
    assert_eq!(frontier_at(reader, size).unwrap(), tree, "{case}: hash files");
}

/// After the ending: nothing promised is lost, or the ledger is refused where the disk lied; then the rest is committed, and
/// the power fails once more.
fn assert_recovers(script: &Script, disk: &FaultyDisk, samples: &[SampleEntry], promised: u64, case: &str) {
    let ledger = script.ledger(disk);
    let mut writer = match ledger.open() {
        Ok((writer, _)) => writer,
        Err(OpenError::NoCheckpoint) if promised == 0 || disk.lied() => match ledger.create() {
            Ok(()) => ledger.open().unwrap_or_else(|e| panic!("{case}: {e}")).0,
            Err(error) => {
                let refused = matches!(error, CreateError::Exists { .. });
                assert!(refused && disk.lied(), "{case}: {error}");
                return;
            }
        },
        Err(error) => {
            assert!(disk.lied(), "{case}: refused although the disk was honest: {error}");
            assert!(!matches!(error, OpenError::Io { .. } | OpenError::Locked), "{case}: no reason: {error}");
            return;
        }
    };
    assert!(writer.size() >= promised || disk.lied(), "{case}: {promised} promised, {} there", writer.size());
    assert_holds(&writer.reader(), &ledger, samples, case);
    while writer.size() < samples.len() as u64 {
        let from = usize::try_from(writer.size()).unwrap();
        let until = samples.len().min(from + 7.max(samples.len() / 4));
        writer.commit(&new_entries(&samples[from..until])).unwrap_or_else(|e| panic!("{case}: {e}"));
    }
    assert_holds(&writer.reader(), &ledger, samples, case);
    drop(writer);
    disk.crash(0);
    match ledger.open() {
        Ok((writer, _)) => {
            assert!(writer.size() == samples.len() as u64 || disk.lied(), "{case}: lost at the second crash");
            assert_holds(&writer.reader(), &ledger, samples, case);
        }
        Err(error) => assert!(disk.lied(), "{case}: refused after the second crash: {error}"),
    }
}

/// Plays the script with every kind of fault at every `step`th operation, and with every ending.
fn every_fault(script: &Script, step: usize, endings: &[Ending]) {
    let samples = sample_entries(script.total());
    let (operations, changing) = operations_of(script);
    for n in (0..operations).step_by(step) {
        // Where nothing is changed, all faults are one: the read fails.
        let changes = changing.contains(&n);
        let faults = [Fault::Lost(n), Fault::Done(n), Fault::Torn(n), Fault::Lies(n)];
        for fault in &faults[..if changes { 4 } else { 1 }] {
            let disk = FaultyDisk::new();
            disk.plan(Some(*fault));
            let promised = script.play(&disk, &samples);
            for &ending in &endings[..if changes { endings.len() } else { 1 }] {
                let disk = disk.fork();
                ending.happen(&disk);
                assert_recovers(script, &disk, &samples, promised, &format!("{fault:?}, {ending:?}"));
            }
        }
    }
}

fn operations_of(script: &Script) -> (u64, Vec<u64>) {
    let disk = FaultyDisk::new();
    disk.plan(None);
    let promised = script.play(&disk, &sample_entries(script.total()));
    assert_eq!(promised, script.total() as u64, "the script itself does not run");
    (disk.operations(), disk.changing_operations())
}

/// Files of 8 entries: the script fills one to the brim, steps over a border, spans three files, and starts in between.
const SMALL: Script = Script { layout: Layout::small(8), commits: &[3, 4, 1, 5, 0, 9, 2] };

#[test]
fn no_fault_at_any_operation_loses_what_was_committed() {
    every_fault(&SMALL, 1, &ENDINGS);
}

/// Files of 256 entries, so that hashes of the second level are written too.
#[test]
fn nor_where_tiles_fill_up() {
    const LARGE: Script = Script { layout: Layout::small(256), commits: &[250, 10, 0, 300] };
    every_fault(&LARGE, 5, &[Ending::Restart, Ending::Crash(0), Ending::Crash(9)]);
}

/// A second fault while the ledger recovers from a first.
#[test]
fn nor_a_fault_while_recovering_from_one() {
    let samples = sample_entries(SMALL.total());
    let (_, changing) = operations_of(&SMALL);
    for n in changing.into_iter().step_by(7) {
        for first in [Fault::Lost(n), Fault::Torn(n)] {
            let disk = FaultyDisk::new();
            disk.plan(Some(first));
            let promised = SMALL.play(&disk, &samples);
            for ending in [Ending::Restart, Ending::Crash(n)] {
                let disk = disk.fork();
                ending.happen(&disk);
                for m in 0.. {
                    let disk = disk.fork();
                    let second = if m % 2 == 0 { Fault::Lost(m) } else { Fault::Torn(m) };
                    disk.plan(Some(second));
                    let opened = SMALL.ledger(&disk).open().is_ok();
                    let through = disk.operations() <= m;
                    for last in [Ending::Restart, Ending::Crash(m)] {
                        let disk = disk.fork();
                        last.happen(&disk);
                        let case = format!("{first:?}, {ending:?}, then {second:?}, {last:?}");
                        assert_recovers(&SMALL, &disk, &samples, promised, &case);
                    }
                    if opened || through {
                        break;
                    }
                }
            }
        }
    }
}

//! The verdict on a whole log.

use std::io;

use daybook_event::Origin;
use daybook_tlog::Policy;

use crate::blame::blame;
use crate::checkpoints::{Anchor, CheckpointList, contradiction_failure, last_listed, open_latest};
use crate::entries::{EntryFiles, EntryStream};
use crate::fold::Fold;
use crate::options::{Options, Progress, Stage};
use crate::report::{Failure, Kind, Report};
use crate::source::{Layout, LogSource};
use crate::surplus::unknown_files;
use crate::vault::{check_keyring, check_vault};

/// Verifies a log from its bytes: checkpoints and quorum, framing and form of entries, hash chain, Merkle root, hash files, each
/// event's form, key and signature, producers' sequences, and for a ledger's directory the vault's records and the
/// keyring's envelope.
///
/// Memory use does not grow with the log. `progress` is called every few thousand entries. The report's
/// `duration_ms` is left at 0 for the caller, who has a clock.
pub fn verify_log(
    source: &dyn LogSource,
    policy: &Policy,
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    let run = || {
        let mut report = Report::new(policy.origin());
        if let Err(error) = verify(source, policy, options, progress, &mut report) {
            report.fail(Failure::new(Kind::Source, format!("reading failed: {error}")));
        }
        report.ok = report.failures.is_empty();
        report
    };
    let pool = options.threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    match pool {
        // Without a pool of the size asked for, the shared one gives the same verdict.
        None | Some(Err(_)) => run(),
        Some(Ok(pool)) => pool.install(run),
    }
}

fn verify(
    source: &dyn LogSource,
    policy: &Policy,
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
    report: &mut Report,
) -> io::Result<()> {
    let Ok(origin) = policy.origin().parse::<Origin>() else {
        let what = format!("the policy's log {:?} has no name that a ledger can have", policy.origin());
        report.fail(Failure::new(Kind::Checkpoint, what));
        return Ok(());
    };
    let Some(anchor) = find_anchor(source, policy, report)? else { return Ok(()) };
    report.size = Some(anchor.checkpoint.size);
    report.root = Some(anchor.checkpoint.root.to_base64());
    verify_entries(source, policy, &origin, &anchor, options, progress, report)?;
    if source.layout() == Layout::Ledger {
        if options.vault {
            check_vault(source, anchor.checkpoint.size, options, progress, report)?;
            check_keyring(source, report)?;
        } else {
            report.note("vault and keyring were left out");
        }
        if !options.running {
            unknown_files(source, anchor.checkpoint.size, options, report)?;
        }
    }
    Ok(())
}

/// The checkpoint to measure by: the latest, or if that is no good the last of the list, so that the rest is judged too.
fn find_anchor(source: &dyn LogSource, policy: &Policy, report: &mut Report) -> io::Result<Option<Anchor>> {
    let failure = match open_latest(source, policy)? {
        Ok(anchor) => return Ok(Some(anchor)),
        Err(failure) => failure,
    };
    report.fail(failure);
    if source.layout() == Layout::Tiles {
        return Ok(None);
    }
    let anchor = last_listed(source, policy)?;
    if let Some(anchor) = &anchor {
        report.note(format!(
            "judged by the last checkpoint of log/checkpoints.log, of size {}, since the latest cannot be relied on",
            anchor.checkpoint.size
        ));
    }
    Ok(anchor)
}

fn verify_entries(
    source: &dyn LogSource,
    policy: &Policy,
    origin: &Origin,
    anchor: &Anchor,
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
    report: &mut Report,
) -> io::Result<()> {
    let size = anchor.checkpoint.size;
    let files = EntryFiles::new(source.layout(), size, options.entries_per_file);
    let list = match source.layout() {
        Layout::Ledger => Some(CheckpointList::open(source, policy, anchor, options.running)?),
        Layout::Tiles => None,
    };
    let vkey = policy.log_vkey().to_string();
    let mut fold = Fold::new(source, files, origin, vkey, options.catalogue, list)?;
    let mut stream = EntryStream::new(source, files);
    let mut next = stream.next_chunk()?;
    while let Some(chunk) = next {
        // The next chunk is read while this one is judged.
        let (read, taken) = rayon::join(|| stream.next_chunk(), || fold.take(chunk));
        taken?;
        next = read?;
        progress(Progress { stage: Stage::Entries, done: fold.counts.entries, total: size });
    }
    let notes = fold.finish()?;
    report.counts = fold.counts;
    if fold.whole && fold.tree().root() == anchor.checkpoint.root {
        notes.into_iter().for_each(|note| report.note(note));
        report.sealings = std::mem::take(&mut fold.sealings);
        entries_are_authentic(&mut fold, report);
    } else {
        for failure in blame(source, anchor, &mut fold)? {
            report.fail(failure);
        }
    }
    if let Some(list) = &mut fold.list {
        std::mem::take(&mut list.failures).into_iter().for_each(|failure| report.fail(failure));
    }
    if !options.running {
        for surplus in &fold.surplus {
            let what = "there are bytes behind the last entry that the checkpoint covers".to_owned();
            report.fail(Failure::new(Kind::Trailing, what).at(&surplus.file, surplus.offset));
        }
        fold.surplus_hashes()?.into_iter().for_each(|failure| report.fail(failure));
    }
    Ok(())
}

/// The entries are those that were signed for: whatever differs from them is itself to blame.
fn entries_are_authentic(fold: &mut Fold<'_>, report: &mut Report) {
    fold.findings.sort_by_key(|finding| finding.entry);
    for finding in std::mem::take(&mut fold.findings) {
        report.fail(finding);
    }
    for fault in &fold.level_faults {
        let (file, offset) = fold.hash_place(fault.level, fault.index);
        let how = if fault.missing { "is missing" } else { "is not that of the entries" };
        let more = match fault.count {
            1 => String::new(),
            count => format!(", and so are {} after it", count - 1),
        };
        let what = format!("hash {} of level {} {how}{more}", fault.index, fault.level);
        let failure = Failure::new(Kind::HashFiles, what).at(file, offset);
        report.fail(if fault.level == 0 { failure.entry(fault.index) } else { failure });
    }
    if let Some(contradiction) = fold.list.as_ref().and_then(|list| list.contradiction.as_ref()) {
        report.fail(contradiction_failure(contradiction));
    }
}

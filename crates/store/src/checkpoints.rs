//! The file of every checkpoint, its last record, and the published copy of it.
//!
//! The last record of `log/checkpoints.log` is what the ledger stands by: it was synced before anybody was told. The file
//! may end in a record that was being written when the power failed; such a record lacks bytes, or has zeros in
//! their place, and a signed note has no zero byte. That is how torn is told from forged.

use std::io;

use daybook_tlog::{Checkpoint, SignedNote, Vkey};

use crate::error::OpenError;
use crate::layout::{CHECKPOINT, CHECKPOINTS};
use crate::storage::Storage;

/// Longest checkpoint that is read, bytes. The ledger's own have some four hundred at most; a published one may carry cosignatures.
pub(crate) const MAX_CHECKPOINT_BYTES: usize = 16 << 10;

/// How far back from the end of the file the last record is looked for.
const WINDOW_BYTES: u64 = 4 * MAX_CHECKPOINT_BYTES as u64;

const LENGTH_BYTES: usize = 4;

/// The last checkpoint that is durable.
pub(crate) struct Last {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: Vec<u8>,
    /// Where its record ends in the file.
    pub(crate) end: u64,
    /// Bytes of a torn record behind it.
    pub(crate) torn_bytes: u64,
}

/// How `log/checkpoint` stands to the last record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// It is the last.
    Current,
    /// It is an earlier one, which the log must agree with.
    Behind(Checkpoint),
    /// It is missing, or was torn by a power failure: it is written without a sync.
    Unreadable,
}

/// A record for the file of every checkpoint, as slices.
pub(crate) fn record(note: &[u8]) -> ([u8; LENGTH_BYTES], &[u8]) {
    // A checkpoint that is longer than MAX_CHECKPOINT_BYTES is never made.
    (u32::try_from(note.len()).unwrap_or(u32::MAX).to_be_bytes(), note)
}

/// Finds and checks the last record; `None` where the file has none.
pub(crate) fn last(storage: &dyn Storage, vkey: &Vkey) -> Result<Option<Last>, OpenError> {
    let doing = |source: io::Error| OpenError::Io { doing: "reading the checkpoints", source };
    let len = storage.len(CHECKPOINTS).map_err(doing)?.unwrap_or(0);
    let from = len.saturating_sub(WINDOW_BYTES);
    let mut tail = vec![0; usize::try_from(len - from).map_err(|e| doing(io::Error::other(e)))?];
    if !tail.is_empty() {
        storage.read_at(CHECKPOINTS, from, &mut tail).map_err(doing)?;
    }
    let found = (0..tail.len()).rev().find_map(|at| Some((at, note_at(&tail, at)?)));
    let Some((at, note)) = found else {
        if is_torn(&tail) && from == 0 {
            return Ok(None);
        }
        return Err(bad(CHECKPOINTS, from, "no record can be made out at the end of the file"));
    };
    let start = from + at as u64;
    let end = at + LENGTH_BYTES + note.len();
    if !is_torn(&tail[end..]) {
        return Err(bad(
            CHECKPOINTS,
            from + end as u64,
            "what stands here is complete, and not a checkpoint",
        ));
    }
    let checkpoint = check(CHECKPOINTS, start, note, vkey)?;
    let (note, torn_bytes) = (note.to_vec(), (tail.len() - end) as u64);
    Ok(Some(Last { checkpoint, note, end: from + end as u64, torn_bytes }))
}

/// The sizes and notes of the first checkpoints of a log larger than `above`, in order; at most `limit`.
///
/// Records are found by bisection: sizes ascend in the file, and what a record looks like shows where one begins.
pub(crate) fn above(storage: &dyn Storage, above: u64, limit: usize) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let len = storage.len(CHECKPOINTS)?.unwrap_or(0);
    let (mut low, mut high) = (0, len);
    while high - low > WINDOW_BYTES {
        let middle = low.midpoint(high);
        let window = window(storage, middle, len)?;
        let found = (0..window.len()).find_map(|at| Some((at, note_at(&window, at)?)));
        match found.and_then(|(at, note)| Some((at, size_of(note)?))) {
            Some((at, size)) if size <= above && middle + (at as u64) < high => low = middle + at as u64,
            _ => high = middle,
        }
    }
    let (mut found, mut at): (Vec<(u64, Vec<u8>)>, u64) = (Vec::new(), low);
    while found.len() < limit && at < len {
        let window = window(storage, at, len)?;
        let mut inside = 0;
        while let Some(note) = note_at(&window, inside).filter(|_| found.len() < limit) {
            let size = size_of(note).unwrap_or(0);
            // The last record may stand there twice after a crash.
            if size > above && found.last().is_none_or(|(last, _)| size > *last) {
                found.push((size, note.to_vec()));
            }
            inside += LENGTH_BYTES + note.len();
        }
        if inside == 0 {
            break;
        }
        at += inside as u64;
    }
    Ok(found)
}

fn window(storage: &dyn Storage, from: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(WINDOW_BYTES.min(len - from)).map_err(io::Error::other)?];
    storage.read_at(CHECKPOINTS, from, &mut bytes)?;
    Ok(bytes)
}

fn size_of(note: &[u8]) -> Option<u64> {
    std::str::from_utf8(note.split(|&b| b == b'\n').nth(1)?).ok()?.parse().ok()
}

/// Whether the file has never had a complete record: it is missing, empty, or a first record was torn.
pub(crate) fn never_had_one(storage: &dyn Storage) -> io::Result<bool> {
    let len = storage.len(CHECKPOINTS)?.unwrap_or(0);
    if len > MAX_CHECKPOINT_BYTES as u64 {
        return Ok(false);
    }
    let bytes = storage.read(CHECKPOINTS, len)?.unwrap_or_default();
    Ok((0..bytes.len()).all(|at| note_at(&bytes, at).is_none()) && is_torn(&bytes))
}

/// Compares `log/checkpoint` with the last record, and refuses where it knows more or otherwise.
pub(crate) fn published(
    storage: &dyn Storage,
    vkey: &Vkey,
    last: &Checkpoint,
) -> Result<Published, OpenError> {
    let limit = MAX_CHECKPOINT_BYTES as u64;
    let doing = |source| OpenError::Io { doing: "reading the latest checkpoint", source };
    let Some(note) = storage.read(CHECKPOINT, limit).map_err(doing)? else {
        return Ok(Published::Unreadable);
    };
    if SignedNote::parse(&note).is_err() {
        return Ok(Published::Unreadable);
    }
    let latest = check(CHECKPOINT, 0, &note, vkey)?;
    if latest.size > last.size {
        return Err(OpenError::CheckpointAhead { latest: latest.size, last: last.size });
    }
    if latest.size < last.size {
        return Ok(Published::Behind(latest));
    }
    if latest.root != last.root {
        return Err(OpenError::CheckpointConflict { size: last.size });
    }
    Ok(Published::Current)
}

/// The note of a complete record at `at`: it has a plausible length, all of its bytes, and no hole.
fn note_at(tail: &[u8], at: usize) -> Option<&[u8]> {
    let (length, rest) = tail.get(at..)?.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let note = rest.get(..length).filter(|note| !note.is_empty() && note.len() <= MAX_CHECKPOINT_BYTES)?;
    (!note.contains(&0) && looks_like_a_note(note)).then_some(note)
}

/// Three lines and an empty one: so that bytes in the middle of a torn record are not taken for a record of their own.
fn looks_like_a_note(note: &[u8]) -> bool {
    let mut lines = note.split(|&b| b == b'\n');
    let three = lines.by_ref().take(3).filter(|line| !line.is_empty()).count() == 3;
    three && lines.next().is_some_and(<[u8]>::is_empty) && note.ends_with(b"\n")
}

/// Whether these bytes, behind the last complete record, can be what is left of one that was being written.
fn is_torn(rest: &[u8]) -> bool {
    let Some((length, note)) = rest.split_first_chunk::<LENGTH_BYTES>() else { return true };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    // The length may itself be in a hole.
    length == 0 || (length <= MAX_CHECKPOINT_BYTES && note.get(..length).is_none_or(|note| note.contains(&0)))
}

/// Opens a checkpoint: signed by this log's key, and of this origin.
fn check(file: &'static str, at: u64, note: &[u8], vkey: &Vkey) -> Result<Checkpoint, OpenError> {
    let told = |e: &dyn std::fmt::Display| bad(file, at, &e.to_string());
    let parsed = SignedNote::parse(note).map_err(|e| told(&e))?;
    let checkpoint = Checkpoint::parse_text(parsed.text()).map_err(|e| told(&e))?;
    if checkpoint.origin != vkey.name() {
        let (expected, found) = (vkey.name().to_owned(), checkpoint.origin);
        return Err(OpenError::OtherOrigin { file, expected, found });
    }
    parsed.verify(std::slice::from_ref(vkey)).map_err(|e| told(&e))?;
    Ok(checkpoint)
}

fn bad(file: &'static str, at: u64, reason: &str) -> OpenError {
    OpenError::BadCheckpoint { file, at, reason: reason.to_owned() }
}

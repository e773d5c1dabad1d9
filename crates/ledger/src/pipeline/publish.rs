//! The publisher: receipts, old receipts again, refusals, and the acknowledgement behind them.

use std::collections::BTreeMap;

use bytes::Bytes;
use daybook_event::Issuer;
use daybook_store::{Commit, ReadError, Reader};
use daybook_tlog::{Checkpoint, Hash, SignedNote, prove_inclusion};
use tracing::error;

use super::commit::commit_entry;
use super::{AdmittedBatch, CommittedBatch};
use crate::bus::{BusError, BusSender, MAX_OUTBOUND_BYTES};
use crate::metrics::Metrics;
use std::sync::Arc;

/// Why the publisher had to stop.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bus did not take it.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// An old receipt could not be made, because the log could not be read.
    #[error("making an old receipt again: {0}")]
    Read(#[from] ReadError),
    /// The log's own checkpoint or hashes do not fit together.
    #[error("making an old receipt again: {0}; run `daybook verify log`")]
    Log(String),
}

/// Sends what a committed batch owes to the producers.
pub(crate) struct Publisher<S> {
    pub(crate) sender: S,
    pub(crate) reader: Reader,
    pub(crate) metrics: Arc<Metrics>,
    /// The last acknowledged sequence number, for the task that purges the bus.
    pub(crate) acknowledged: tokio::sync::watch::Sender<u64>,
}

impl<S: BusSender> Publisher<S> {
    /// Sends receipts and refusals, then the acknowledgement. If the process dies before the acknowledgement, the bus
    /// delivers the batch again and every event in it is found to be a duplicate.
    pub(crate) async fn publish(&self, batch: CommittedBatch) -> Result<(), PublishError> {
        let acknowledge = batch.admitted.acknowledge.clone();
        let reader = self.reader.clone();
        let metrics = Arc::clone(&self.metrics);
        let messages = tokio::task::spawn_blocking(move || messages(&batch, &reader, &metrics))
            .await
            .map_err(|e| PublishError::Log(e.to_string()))??;
        for (subject, payload) in messages {
            self.sender.publish(subject, payload).await?;
        }
        if let Some(token) = acknowledge {
            self.sender.acknowledge(&token).await?;
            self.acknowledged.send_replace(token.stream_seq);
        }
        Ok(())
    }
}

fn messages(
    batch: &CommittedBatch,
    reader: &Reader,
    metrics: &Metrics,
) -> Result<Vec<(String, Bytes)>, PublishError> {
    let mut out = Vec::new();
    if let Some(commit) = &batch.commit {
        new_receipts(&batch.admitted, commit, &mut out);
        metrics.receipts.inc_by(batch.admitted.accepted.len() as u64);
    }
    if !batch.admitted.duplicates.is_empty() {
        old_receipts(&batch.admitted, reader, &mut out)?;
        metrics.receipts.inc_by(batch.admitted.duplicates.len() as u64);
    }
    for refused in &batch.admitted.refused {
        let problem = refused.refusal.to_problem(&refused.digest);
        match serde_json::to_vec(&problem) {
            Ok(body) => out.push((refused.subject.clone(), body.into())),
            Err(error) => error!(%error, "a refusal could not be written"),
        }
    }
    Ok(out)
}

/// Receipts for what this commit appended, gathered by producer under the commit's one checkpoint.
fn new_receipts(admitted: &AdmittedBatch, commit: &Commit, out: &mut Vec<(String, Bytes)>) {
    let mut by_issuer: BTreeMap<&Issuer, Vec<u64>> = BTreeMap::new();
    for (accepted, index) in admitted.accepted.iter().zip(commit.first_index..) {
        by_issuer.entry(&accepted.iss).or_default().push(index);
    }
    for (iss, indexes) in by_issuer {
        let mut gathered = Gathered::new(iss, &commit.checkpoint, out);
        for index in indexes {
            if let Some(entry) = commit_entry(commit, index) {
                gathered.push(index, entry, &commit.prover.path(index));
            }
        }
        gathered.finish();
    }
}

/// Receipts for what was in the log before, under the latest checkpoint.
fn old_receipts(
    admitted: &AdmittedBatch,
    reader: &Reader,
    out: &mut Vec<(String, Bytes)>,
) -> Result<(), PublishError> {
    let note = String::from_utf8(reader.checkpoint()?).map_err(|e| PublishError::Log(e.to_string()))?;
    let size = size_of(&note)?;
    let mut by_issuer: BTreeMap<&Issuer, Vec<u64>> = BTreeMap::new();
    for duplicate in &admitted.duplicates {
        by_issuer.entry(&duplicate.iss).or_default().push(duplicate.index);
    }
    for (iss, mut indexes) in by_issuer {
        indexes.sort_unstable();
        indexes.dedup();
        let mut gathered = Gathered::new(iss, &note, out);
        for index in indexes {
            let path = prove_inclusion(reader, index, size).map_err(|e| PublishError::Log(e.to_string()))?;
            gathered.push(index, &reader.entry(index)?, &path);
        }
        gathered.finish();
    }
    Ok(())
}

fn size_of(note: &str) -> Result<u64, PublishError> {
    let text = SignedNote::parse(note.as_bytes()).map_err(|e| PublishError::Log(e.to_string()))?.text();
    Ok(Checkpoint::parse_text(text).map_err(|e| PublishError::Log(e.to_string()))?.size)
}

/// Gathers receipts of one producer into messages of at most [`MAX_OUTBOUND_BYTES`].
struct Gathered<'a> {
    subject: String,
    head: Vec<u8>,
    body: Vec<u8>,
    count: usize,
    out: &'a mut Vec<(String, Bytes)>,
}

const TAIL: &[u8] = b"]}";

impl<'a> Gathered<'a> {
    fn new(iss: &Issuer, checkpoint: &str, out: &'a mut Vec<(String, Bytes)>) -> Self {
        let head = format!(
            r#"{{"v":1,"iss":"{iss}","checkpoint":{},"receipts":["#,
            serde_json::Value::from(checkpoint)
        )
        .into_bytes();
        Self { subject: iss.receipts_subject(), body: head.clone(), head, count: 0, out }
    }

    fn push(&mut self, index: u64, entry: &[u8], path: &[Hash]) {
        let start = self.body.len();
        if self.count > 0 {
            self.body.push(b',');
        }
        write_receipt(&mut self.body, index, entry, path);
        if self.body.len() + TAIL.len() > MAX_OUTBOUND_BYTES && self.count > 0 {
            self.body.truncate(start);
            self.send();
            write_receipt(&mut self.body, index, entry, path);
        }
        self.count += 1;
    }

    fn send(&mut self) {
        let mut body = std::mem::replace(&mut self.body, self.head.clone());
        body.extend_from_slice(TAIL);
        self.out.push((self.subject.clone(), body.into()));
        self.count = 0;
    }

    fn finish(mut self) {
        if self.count > 0 {
            self.send();
        }
    }
}

fn write_receipt(out: &mut Vec<u8>, index: u64, entry: &[u8], path: &[Hash]) {
    out.extend_from_slice(format!(r#"{{"index":{index},"entry":""#).as_bytes());
    // Of what JSON escapes, an entry contains the quotation mark and nothing else.
    for piece in entry.split_inclusive(|&byte| byte == b'"') {
        match piece.split_last() {
            Some((b'"', before)) => {
                out.extend_from_slice(before);
                out.extend_from_slice(b"\\\"");
            }
            _ => out.extend_from_slice(piece),
        }
    }
    out.extend_from_slice(br#"","path":["#);
    for (i, hash) in path.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"\"" } else { b",\"" });
        out.extend_from_slice(hash.to_base64().as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"]}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_split_below_the_limit_and_none_is_lost() {
        let iss: Issuer = "sheriff/jail-records".parse().expect("an issuer");
        let mut out = Vec::new();
        let entry = format!(r#"{{"v":1,"event":"{}"}}"#, "x".repeat(3_000));
        let mut gathered = Gathered::new(&iss, "origin\n1\nroot=\n\n— k s\n", &mut out);
        for index in 0..1_000 {
            gathered.push(index, entry.as_bytes(), &[Hash([7; 32]); 20]);
        }
        gathered.finish();
        assert!(out.len() > 5);
        let mut next = 0;
        for (subject, body) in &out {
            assert_eq!(subject, "daybook.receipts.sheriff.jail-records");
            assert!(body.len() <= MAX_OUTBOUND_BYTES);
            let json: serde_json::Value = serde_json::from_slice(body).expect("JSON");
            for receipt in json["receipts"].as_array().expect("an array") {
                assert_eq!(receipt["index"], next);
                assert_eq!(receipt["entry"], entry);
                assert_eq!(receipt["path"].as_array().map(Vec::len), Some(20));
                next += 1;
            }
        }
        assert_eq!(next, 1_000);
    }
}

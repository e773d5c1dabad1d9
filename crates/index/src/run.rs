//! Sorted runs: which entry holds which (producer, sequence number).

/// One event's place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The producer's ordinal: producers are numbered in the order in which they first appear in the log.
    pub producer: u32,
    /// The producer's sequence number.
    pub seq: u64,
    /// The entry's index in the log.
    pub index: u64,
    /// SHA-256 of the issuer-signed JWT, whole: a shortened key could be made to collide.
    pub hash: [u8; 32],
}

/// Bytes of one record in a block.
pub(crate) const RECORD_BYTES: usize = 4 + 8 + 8 + 32;
/// Records per block: about 53 KB, a value of the size that sled handles well.
pub(crate) const BLOCK_RECORDS: usize = 1_024;

impl Record {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.producer.to_be_bytes());
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.hash);
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (producer, rest) = bytes.split_first_chunk::<4>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (index, rest) = rest.split_first_chunk::<8>()?;
        let hash = <[u8; 32]>::try_from(rest).ok()?;
        Some(Self {
            producer: u32::from_be_bytes(*producer),
            seq: u64::from_be_bytes(*seq),
            index: u64::from_be_bytes(*index),
            hash,
        })
    }
}

/// The records of one segment, sorted by producer, sequence number and index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    records: Vec<Record>,
}

impl Run {
    pub(crate) fn from_sorted(records: Vec<Record>) -> Self {
        debug_assert!(records.is_sorted());
        Self { records }
    }

    /// All records of one producer's sequence number.
    #[must_use]
    pub fn find(&self, producer: u32, seq: u64) -> &[Record] {
        let start = self.records.partition_point(|r| (r.producer, r.seq) < (producer, seq));
        let len = self.records[start..].partition_point(|r| (r.producer, r.seq) == (producer, seq));
        &self.records[start..start + len]
    }

    /// The run in blocks, each with its first record.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&Record, Vec<u8>)> {
        self.records.chunks(BLOCK_RECORDS).map(|chunk| {
            let mut bytes = Vec::with_capacity(chunk.len() * RECORD_BYTES);
            for record in chunk {
                record.write(&mut bytes);
            }
            (&chunk[0], bytes)
        })
    }

    /// For each producer in the run, its lowest and highest sequence number.
    pub(crate) fn ranges(&self) -> Vec<(u32, u64, u64)> {
        self.records
            .chunk_by(|a, b| a.producer == b.producer)
            .map(|own| (own[0].producer, own[0].seq, own[own.len() - 1].seq))
            .collect()
    }
}

/// All records of one producer's sequence number within one block's bytes.
///
/// Returns `None` where the bytes are not a block.
pub(crate) fn find_in_block(block: &[u8], producer: u32, seq: u64) -> Option<Vec<Record>> {
    let (records, rest) = block.as_chunks::<RECORD_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let key = |bytes: &[u8; RECORD_BYTES]| Record::read(bytes).map(|r| (r.producer, r.seq));
    let start = records.partition_point(|bytes| key(bytes) < Some((producer, seq)));
    records[start..]
        .iter()
        .map(|bytes| Record::read(bytes))
        .take_while(|r| r.is_none_or(|r| (r.producer, r.seq) == (producer, seq)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(producer: u32, seq: u64, index: u64) -> Record {
        Record { producer, seq, index, hash: [index as u8; 32] }
    }

    proptest! {
        #[test]
        fn blocks_answer_as_the_run_does(mut keys in prop::collection::vec((0u32..4, 0u64..40), 1..3000)) {
            keys.sort_unstable();
            let run = Run::from_sorted(keys.iter().enumerate().map(|(i, &(p, s))| record(p, s, i as u64)).collect());
            let blocks: Vec<_> = run.blocks().map(|(_, bytes)| bytes).collect();
            for producer in 0..4 {
                for seq in 0..40 {
                    let mut found = Vec::new();
                    for block in &blocks {
                        found.extend(find_in_block(block, producer, seq).expect("a block"));
                    }
                    prop_assert_eq!(&found[..], run.find(producer, seq));
                }
            }
        }
    }

    #[test]
    fn a_torn_block_is_not_a_block() {
        let run = Run::from_sorted(vec![record(1, 2, 3)]);
        let (_, mut bytes) = run.blocks().next().expect("one block");
        bytes.pop();
        assert_eq!(find_in_block(&bytes, 1, 2), None);
    }
}

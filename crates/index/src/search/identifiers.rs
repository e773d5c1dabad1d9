//! Identifiers: sorted runs of (hash, offset of the entry), with a filter in front that says no for nearly all that is not in them.

use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable as _, Filter as _, FilterRef as _};

/// A keyed hash, or the bytes of an event's identifier.
pub(super) type Key = [u8; 16];

/// Bytes of a record: key, and offset in the segment, big-endian.
pub(super) const RECORD_BYTES: usize = 16 + 2;
/// Bytes of what describes the filter.
const DESCRIPTOR_BYTES: usize = BinaryFuse8::DESCRIPTOR_LEN;

/// Sorted records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Run(Vec<(Key, u16)>);

impl Run {
    pub(super) fn new(mut records: Vec<(Key, u16)>) -> Self {
        records.sort_unstable();
        records.dedup();
        Self(records)
    }

    /// The offsets under a key, in order.
    pub(super) fn find(&self, key: &Key) -> impl Iterator<Item = u16> + '_ {
        let from = self.0.partition_point(|(other, _)| other < key);
        let len = self.0[from..].partition_point(|(other, _)| other == key);
        self.0[from..from + len].iter().map(|(_, offset)| *offset)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * RECORD_BYTES);
        for (key, offset) in &self.0 {
            out.extend_from_slice(key);
            out.extend_from_slice(&offset.to_be_bytes());
        }
        out
    }

    /// The first key of every page of so many records.
    pub(super) fn fences(&self, page_records: usize) -> Vec<Key> {
        self.0.chunks(page_records).map(|page| page[0].0).collect()
    }

    /// The filter's bytes: nothing where the run is empty.
    ///
    /// Keys are random bits already, so their first half serves as the filter's key. Building it draws nothing at random.
    pub(super) fn filter(&self) -> Vec<u8> {
        let mut keys: Vec<u64> = self.0.iter().map(|(key, _)| half(key)).collect();
        keys.dedup();
        let Some(filter) = (!keys.is_empty()).then(|| BinaryFuse8::try_from(&keys).ok()).flatten() else {
            return Vec::new();
        };
        let mut out = vec![0; DESCRIPTOR_BYTES];
        filter.dma_copy_descriptor_to(&mut out);
        out.extend_from_slice(filter.dma_fingerprints());
        out
    }
}

fn half(key: &Key) -> u64 {
    key.first_chunk().map_or(0, |half| u64::from_be_bytes(*half))
}

/// Whether a filter's bytes have the form of one; without bytes there is no filter, and everything may be there.
pub(super) fn is_filter(bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let number = |at: usize| bytes.get(at..at + 4)?.first_chunk().map(|four| u32::from_le_bytes(*four));
    // Seed, segment length, its mask, length of all segments; the last fingerprint looked at is two segments further.
    let (Some(segment), Some(mask), Some(all)) = (number(8), number(12), number(16)) else { return false };
    let reach = u64::from(all) + 2 * u64::from(segment);
    segment.is_power_of_two() && mask == segment - 1 && (bytes.len() - DESCRIPTOR_BYTES) as u64 >= reach
}

/// Whether the filter lets a key through. The bytes are those of which [`is_filter`] holds.
pub(super) fn may_hold(filter: &[u8], key: &Key) -> bool {
    match filter.split_at_checked(DESCRIPTOR_BYTES) {
        Some((descriptor, prints)) => BinaryFuse8Ref::from_dma(descriptor, prints).contains(&half(key)),
        None => true,
    }
}

/// The pages that can hold a key.
pub(super) fn pages_of(fences: &[Key], key: &Key) -> std::ops::Range<usize> {
    // A key's records may begin in the page before the first that starts with it.
    let from = fences.partition_point(|first| first < key).saturating_sub(1);
    from..from + fences[from..].partition_point(|first| first <= key)
}

/// The offsets under a key in one page's bytes; none where they are not a page.
pub(super) fn find_in_page(page: &[u8], key: &Key) -> Option<Vec<u16>> {
    let (records, rest) = page.as_chunks::<RECORD_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let from = records.partition_point(|record| record[..16] < key[..]);
    let own = records[from..].iter().take_while(|record| record[..16] == key[..]);
    Some(own.map(|record| u16::from_be_bytes([record[16], record[17]])).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_and_filter_answer_as_the_run_does(records in prop::collection::vec((0u8..30, any::<u16>()), 0..400)) {
            let key = |n: u8| daybook_event::hash::sha256([n])[..16].try_into().expect("sixteen bytes");
            let run = Run::new(records.iter().map(|&(n, offset)| (key(n), offset)).collect());
            let (bytes, fences, filter) = (run.encode(), run.fences(7), run.filter());
            prop_assert!(is_filter(&filter));
            for n in 0..40 {
                let key = key(n);
                let mut found = Vec::new();
                for page in pages_of(&fences, &key) {
                    let page = bytes.chunks(7 * RECORD_BYTES).nth(page).expect("a page");
                    found.extend(find_in_page(page, &key).expect("a page"));
                }
                prop_assert_eq!(&found, &run.find(&key).collect::<Vec<_>>());
                prop_assert!(found.is_empty() || may_hold(&filter, &key));
            }
        }
    }

    #[test]
    fn the_filter_says_no_for_nearly_all_that_is_not_there() {
        let key =
            |n: u32| daybook_event::hash::sha256(n.to_be_bytes())[..16].try_into().expect("sixteen bytes");
        let run = Run::new((0..20_000).map(|n| (key(n), n as u16)).collect());
        let filter = run.filter();
        assert!((0..20_000).all(|n| may_hold(&filter, &key(n))));
        let wrong = (20_000..120_000).filter(|&n| may_hold(&filter, &key(n))).count();
        assert!(wrong < 600, "{wrong} of 100,000");
        assert!(filter.len() * 8 < 20_000 * 11, "{} bytes", filter.len());
    }
}

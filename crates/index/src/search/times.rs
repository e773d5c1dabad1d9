//! Times as columns, in the order of the entries.
//!
//! A range is found by comparing every value, 64 at a time into one word; blocks of 1,024 whose lowest and highest value decide it alone are passed over.
//! Entries come in nearly in the order of their times, so most blocks are. Sorted columns would cost two bytes more per value and, where many
//! match, a random write for each.

use roaring::RoaringBitmap;

use super::bytes::{Bytes, put_number, put_signed};
use super::row::Row;

/// Values of one block; a multiple of 64.
const BLOCK: usize = 1_024;
/// Bits of a word of known values.
const WORD: usize = 64;

/// One column: a number of seconds per entry, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// One bit per entry: whether it has a value.
    known: Vec<u64>,
    values: Values,
    /// Lowest and highest value of each block; none where no entry of it has one.
    blocks: Vec<Option<(i64, i64)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Values {
    /// Seconds after the lowest: 136 years are enough for all but mistyped years.
    Near {
        lowest: i64,
        after: Vec<u32>,
    },
    Far(Vec<i64>),
}

impl Column {
    fn new(values: &[Option<i64>]) -> Self {
        let mut known = vec![0u64; values.len().div_ceil(WORD)];
        for (at, _) in values.iter().enumerate().filter(|(_, value)| value.is_some()) {
            known[at / WORD] |= 1 << (at % WORD);
        }
        let span = |block: &[Option<i64>]| -> Option<(i64, i64)> {
            let present = || block.iter().flatten().copied();
            Some((present().min()?, present().max()?))
        };
        let blocks: Vec<_> = values.chunks(BLOCK).map(span).collect();
        let whole = span(values);
        let lowest = whole.map_or(0, |(lowest, _)| lowest);
        let after = |value: &Option<i64>| match value {
            Some(value) => value.checked_sub(lowest).and_then(|after| u32::try_from(after).ok()),
            None => Some(0),
        };
        let values = match values.iter().map(after).collect::<Option<Vec<u32>>>() {
            Some(after) => Values::Near { lowest, after },
            None => Values::Far(values.iter().map(|value| value.unwrap_or(0)).collect()),
        };
        Self { known, values, blocks }
    }

    fn get(&self, at: usize) -> Option<i64> {
        let known = self.known.get(at / WORD)? >> (at % WORD) & 1 == 1;
        known.then(|| match &self.values {
            Values::Near { lowest, after } => lowest + i64::from(after[at]),
            Values::Far(values) => values[at],
        })
    }

    /// Lowest and highest value.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let blocks = self.blocks.iter().flatten();
        blocks.copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether every one of the `len` entries has a value.
    pub(super) fn is_whole(&self, len: usize) -> bool {
        self.known.iter().map(|word| word.count_ones() as usize).sum::<usize>() == len
    }

    /// The entries with a value from `low` to `high`, both included, as words of bits.
    fn within(&self, low: i64, high: i64) -> Vec<u64> {
        let mut found = vec![0u64; self.known.len()];
        for (number, span) in self.blocks.iter().enumerate() {
            let Some((lowest, highest)) = *span else { continue };
            let words = number * BLOCK / WORD..((number + 1) * BLOCK / WORD).min(self.known.len());
            if highest < low || high < lowest {
                continue;
            }
            if low <= lowest && highest <= high {
                found[words.clone()].copy_from_slice(&self.known[words]);
            } else {
                self.compare(low, high, words, &mut found);
            }
        }
        found
    }

    fn compare(&self, low: i64, high: i64, words: std::ops::Range<usize>, found: &mut [u64]) {
        for word in words {
            let from = word * WORD;
            let bits = match &self.values {
                Values::Near { lowest, after } => {
                    // Within a block that the range cuts, both ends can be moved to what 32 bits hold.
                    let end =
                        |second: i64| second.saturating_sub(*lowest).clamp(0, i64::from(u32::MAX)) as u32;
                    let (low, high) = (end(low), end(high));
                    bits(&after[from..(from + WORD).min(after.len())], |value| low <= value && value <= high)
                }
                Values::Far(values) => bits(&values[from..(from + WORD).min(values.len())], |value| {
                    low <= value && value <= high
                }),
            };
            found[word] = bits & self.known[word];
        }
    }

    fn heap_bytes(&self) -> usize {
        let values = match &self.values {
            Values::Near { after, .. } => after.len() * 4,
            Values::Far(values) => values.len() * 8,
        };
        values + self.known.len() * 8 + self.blocks.len() * 24
    }
}

fn bits<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> u64 {
    values.iter().enumerate().fold(0, |word, (at, value)| word | u64::from(holds(*value)) << at)
}

/// The times of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Times {
    len: usize,
    pub(super) earliest: Column,
    pub(super) latest: Column,
    pub(super) received: Column,
}

impl Times {
    pub(super) fn new(rows: &[Row]) -> Self {
        let column =
            |value: &dyn Fn(&Row) -> Option<i64>| Column::new(&rows.iter().map(value).collect::<Vec<_>>());
        Self {
            len: rows.len(),
            earliest: column(&|row| Some(row.occurred?.0)),
            latest: column(&|row| Some(row.occurred?.1)),
            received: column(&|row| row.received),
        }
    }

    /// The entries whose interval has a second in `first..=last`.
    pub(super) fn occurred(&self, first: i64, last: i64) -> RoaringBitmap {
        let mut begun = self.earliest.within(i64::MIN, last);
        for (word, ended) in begun.iter_mut().zip(self.latest.within(first, i64::MAX)) {
            *word &= ended;
        }
        bitmap(&begun)
    }

    /// The entries that were received in `first..=last`.
    pub(super) fn received(&self, first: i64, last: i64) -> RoaringBitmap {
        bitmap(&self.received.within(first, last))
    }

    /// What each value differs from the one before: entries that came together happened at nearly the same time.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len * 6);
        put_number(&mut out, self.len as u64);
        let width = |at| Some(self.latest.get(at)?.wrapping_sub(self.earliest.get(at)?));
        let columns: [&dyn Fn(usize) -> Option<i64>; 3] =
            [&|at| self.earliest.get(at), &width, &|at| self.received.get(at)];
        for column in columns {
            let values: Vec<Option<i64>> = (0..self.len).map(column).collect();
            let missing = values.iter().any(Option::is_none);
            out.push(u8::from(missing));
            if missing {
                for chunk in values.chunks(8) {
                    out.push(bits_of(chunk));
                }
            }
            let mut before = 0i64;
            for value in values.into_iter().flatten() {
                put_signed(&mut out, value.wrapping_sub(before));
                before = value;
            }
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let len = bytes.number().and_then(|len| usize::try_from(len).ok())?;
        if len > crate::SEGMENT_ENTRIES as usize {
            return None;
        }
        let earliest = decode_column(&mut bytes, len)?;
        let width = decode_column(&mut bytes, len)?;
        let received = decode_column(&mut bytes, len)?;
        bytes.end()?;
        let latest = |(earliest, width): (&Option<i64>, Option<i64>)| Some((*earliest)?.wrapping_add(width?));
        let latest: Vec<_> = earliest.iter().zip(width).map(latest).collect();
        let column = |values: Vec<_>| Column::new(&values);
        Some(Self { len, latest: column(latest), earliest: column(earliest), received: column(received) })
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.earliest.heap_bytes() + self.latest.heap_bytes() + self.received.heap_bytes()
    }
}

fn bits_of(values: &[Option<i64>]) -> u8 {
    values.iter().enumerate().fold(0, |byte, (at, value)| byte | u8::from(value.is_some()) << at)
}

fn decode_column(bytes: &mut Bytes<'_>, len: usize) -> Option<Vec<Option<i64>>> {
    let known = match bytes.array()? {
        [0] => None,
        [1] => Some(bytes.take(len.div_ceil(8))?),
        _ => return None,
    };
    let mut before = 0i64;
    let mut values = Vec::with_capacity(len);
    for at in 0..len {
        if known.is_some_and(|known| known[at / 8] >> (at % 8) & 1 == 0) {
            values.push(None);
            continue;
        }
        before = before.wrapping_add(bytes.signed()?);
        values.push(Some(before));
    }
    Some(values)
}

fn bitmap(words: &[u64]) -> RoaringBitmap {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![
            1 => Just(None),
            8 => (1_700_000_000i64..1_700_100_000).prop_map(Some),
            1 => prop_oneof![Just(-62_167_219_200i64), Just(253_402_300_799), Just(i64::MIN), Just(i64::MAX)].prop_map(Some),
        ]
    }

    proptest! {
        #[test]
        fn a_range_finds_what_comparing_finds(near in any::<bool>(), values in prop::collection::vec(second(), 0..3_000), low in second(), span in 0i64..200_000) {
            let near = |value: &Option<i64>| value.filter(|v| !near || (0..2_000_000_000).contains(v));
            let values: Vec<_> = values.iter().map(near).collect();
            let low = low.unwrap_or(0);
            let high = low.saturating_add(span);
            let expected: Vec<u32> = (0..).zip(&values).filter(|(_, v)| v.is_some_and(|v| low <= v && v <= high)).map(|(at, _)| at).collect();
            let column = Column::new(&values);
            prop_assert_eq!(bitmap(&column.within(low, high)).iter().collect::<Vec<_>>(), expected);
            prop_assert_eq!((0..values.len()).map(|at| column.get(at)).collect::<Vec<_>>(), values);
        }

        #[test]
        fn times_read_back(values in prop::collection::vec((second(), 0i64..90_000, second()), 0..300)) {
            let occurred = |part: fn(i64, i64) -> i64| values.iter().map(|(at, width, _)| at.map(|at| part(at, *width))).collect::<Vec<_>>();
            let times = Times {
                len: values.len(),
                earliest: Column::new(&occurred(|at, _| at)),
                latest: Column::new(&occurred(i64::saturating_add)),
                received: Column::new(&values.iter().map(|v| v.2).collect::<Vec<_>>()),
            };
            let bytes = times.encode();
            prop_assert_eq!(Times::decode(&bytes), Some(times));
            prop_assert_eq!(Times::decode(&bytes[..bytes.len() - 1]), None);
        }
    }
}

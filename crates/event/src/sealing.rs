//! What an event of sealing covers: which entries of the log, and which part of them.

use std::fmt;

use serde_json::{Map, Value};

/// The type of event that seals, erases and unseals.
pub const RECORD_SEALED: &str = "record.sealed";

/// Entries and ranges of entries that one event names at most (`schemas/events/common.json`).
pub const MAX_SPANS: usize = 1024;

/// Entries that one event covers at most, so that carrying it out is one step: erasing destroys up to two keys for each.
pub const MAX_COVERED_ENTRIES: u64 = 4096;

/// Slots that one event names at most.
pub const MAX_SLOTS: usize = 32;

/// Longest name of a slot, bytes.
pub const MAX_SLOT_BYTES: usize = 48;

/// Most digits of the number of an entry.
const MAX_DIGITS: usize = 12;

/// Consecutive entries: one, or the first and last of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntrySpan {
    /// The first.
    pub first: u64,
    /// The last, which belongs to it.
    pub last: u64,
}

impl EntrySpan {
    /// Reads `12` or `12-15`: decimal, without leading zeros, the first below the last.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let plain = text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
            let canonical = plain && (text == "0" || !text.starts_with('0'));
            canonical.then(|| text.parse().ok()).flatten()
        };
        let Some((first, last)) = text.split_once('-') else {
            return number(text).map(|entry| Self { first: entry, last: entry });
        };
        let (first, last) = (number(first)?, number(last)?);
        (first < last).then_some(Self { first, last })
    }

    /// How many entries.
    pub fn count(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether an entry belongs to it.
    pub fn contains(&self, entry: u64) -> bool {
        (self.first..=self.last).contains(&entry)
    }
}

impl fmt::Display for EntrySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { self.first.fmt(f) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// What was done to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealKind {
    /// Readable only by those whom the order names.
    Sealed,
    /// Readable by nobody any more.
    Erased,
    /// A sealing ended.
    Unsealed,
}

impl SealKind {
    /// The word that the event uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Erased => "erased",
            Self::Unsealed => "unsealed",
        }
    }
}

/// Which part of the records it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Class W.
    Withheld,
    /// Class R.
    Restricted,
    /// Both.
    All,
}

impl Part {
    /// The word that the event uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Withheld => "withheld",
            Self::Restricted => "restricted",
            Self::All => "all",
        }
    }

    /// Whether class R is in it.
    pub fn restricted(self) -> bool {
        self != Self::Withheld
    }

    /// Whether class W is in it.
    pub fn withheld(self) -> bool {
        self != Self::Restricted
    }
}

/// What a `record.sealed` event says in the clear about entries of this log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealing {
    /// What was done.
    pub kind: SealKind,
    /// To which part.
    pub part: Part,
    /// To which slots of it, by name; empty for all of the part.
    pub slots: Vec<String>,
    /// On what authority: a word of the schema.
    pub authority: String,
    /// The entries, as the event lists them: ascending, none twice, at least one.
    pub spans: Vec<EntrySpan>,
}

/// Why it cannot be told what an event of sealing covers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealingFault {
    /// A field that is missing, or has none of the values that the schema has for it.
    #[error("its {0} is missing or not one that the type has")]
    Field(&'static str),
    /// An item of `at_entries`.
    #[error("item {0} of its at_entries is neither a number nor a range of numbers from low to high")]
    Span(usize),
    /// An item that does not come after the one before it.
    #[error("item {0} of its at_entries does not come after the one before it")]
    Order(usize),
    /// More than [`MAX_SPANS`] items.
    #[error("its at_entries has {0} items; at most {MAX_SPANS} are allowed")]
    TooManySpans(usize),
    /// More than [`MAX_COVERED_ENTRIES`].
    #[error("it covers {0} entries; at most {MAX_COVERED_ENTRIES} are allowed")]
    TooManyEntries(u64),
    /// An event can only cover what was there before it.
    #[error("it names entry {named}, which is not before its own, {own}")]
    NotBefore {
        /// The entry that it names.
        named: u64,
        /// The entry that it is.
        own: u64,
    },
}

impl Sealing {
    /// Reads the public fields (`data`) of a `record.sealed` event that is entry `index`. `None` where it names no entries of
    /// this log, as when a department records that it sealed files of its own.
    ///
    /// This looks at the fields only. Whether the event counts is for the caller: only those of the ledger's own issuers do.
    ///
    /// # Errors
    /// [`SealingFault`], where it names entries and they are not to be relied on.
    pub fn read(index: u64, data: &Map<String, Value>) -> Result<Option<Self>, SealingFault> {
        let Some(listed) = data.get("at_entries") else { return Ok(None) };
        let listed = listed.as_array().filter(|l| !l.is_empty()).ok_or(SealingFault::Field("at_entries"))?;
        if listed.len() > MAX_SPANS {
            return Err(SealingFault::TooManySpans(listed.len()));
        }
        let word = |name| data.get(name).and_then(Value::as_str).ok_or(SealingFault::Field(name));
        let kind = match word("kind")? {
            "sealed" => SealKind::Sealed,
            "erased" => SealKind::Erased,
            "unsealed" => SealKind::Unsealed,
            _ => return Err(SealingFault::Field("kind")),
        };
        let part = match word("part")? {
            "withheld" => Part::Withheld,
            "restricted" => Part::Restricted,
            "all" => Part::All,
            _ => return Err(SealingFault::Field("part")),
        };
        let slots = match data.get("slots") {
            None => Vec::new(),
            Some(listed) => slots(listed).ok_or(SealingFault::Field("slots"))?,
        };
        let authority = word("authority")?.to_owned();
        let mut spans: Vec<EntrySpan> = Vec::with_capacity(listed.len());
        for (at, item) in listed.iter().enumerate() {
            let span = item.as_str().and_then(EntrySpan::parse).ok_or(SealingFault::Span(at))?;
            if spans.last().is_some_and(|before| span.first <= before.last) {
                return Err(SealingFault::Order(at));
            }
            if span.last >= index {
                return Err(SealingFault::NotBefore { named: span.last, own: index });
            }
            spans.push(span);
        }
        // Every span ends below the event's own index, so the sum stays far from the end of the numbers.
        let covered = spans.iter().map(EntrySpan::count).sum();
        if covered > MAX_COVERED_ENTRIES {
            return Err(SealingFault::TooManyEntries(covered));
        }
        Ok(Some(Self { kind, part, slots, authority, spans }))
    }
}

/// Whether a text can be the name of a slot: lower-case letters, digits and underscores, a letter first.
pub fn is_slot_name(text: &str) -> bool {
    let tail = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.len() <= MAX_SLOT_BYTES
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text.bytes().all(tail)
}

/// Reads names of slots: at least one, none twice.
fn slots(listed: &Value) -> Option<Vec<String>> {
    let listed = listed.as_array().filter(|listed| (1..=MAX_SLOTS).contains(&listed.len()))?;
    let name = |item: &Value| item.as_str().filter(|name| is_slot_name(name)).map(str::to_owned);
    let names: Vec<String> = listed.iter().map(name).collect::<Option<_>>()?;
    let once = names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
    once.then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(index: u64, at_entries: Value) -> Result<Option<Sealing>, SealingFault> {
        let data = json!({"kind": "erased", "part": "all", "authority": "statute", "at_entries": at_entries});
        Sealing::read(index, data.as_object().expect("an object"))
    }

    #[test]
    fn spans_have_one_spelling() {
        let span = |first, last| Some(EntrySpan { first, last });
        for (text, expected) in [
            ("0", span(0, 0)),
            ("12-15", span(12, 15)),
            ("7-7", None),
            ("123456789012", span(123_456_789_012, 123_456_789_012)),
            ("15-12", None),
            ("012", None),
            ("1-", None),
            ("-1", None),
            ("1-2-3", None),
            ("+1", None),
            (" 1", None),
            ("1234567890123", None),
            ("", None),
        ] {
            assert_eq!(EntrySpan::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_event_covers_only_what_was_there_before_it() {
        assert!(read(8, json!(["3", "5-7"])).is_ok_and(|sealing| sealing.is_some()));
        for named in ["8", "9", "2-8", "999999999999"] {
            assert!(
                matches!(read(8, json!([named])), Err(SealingFault::NotBefore { own: 8, .. })),
                "{named}"
            );
        }
    }

    #[test]
    fn what_cannot_be_relied_on_is_a_fault() {
        let many: Vec<String> = (0..=MAX_SPANS).map(|n| n.to_string()).collect();
        assert_eq!(read(9_999, json!(many[..MAX_SPANS])).map(|s| s.is_some()), Ok(true));
        assert_eq!(read(9_999, json!(many)), Err(SealingFault::TooManySpans(MAX_SPANS + 1)));
        assert_eq!(read(9, json!(["4", "3-1"])), Err(SealingFault::Span(1)));
        assert_eq!(read(9, json!([4])), Err(SealingFault::Span(0)));
        for unordered in [["4", "3"], ["4", "4"], ["2-4", "4-5"], ["2-4", "1"]] {
            assert_eq!(read(9, json!(unordered)), Err(SealingFault::Order(1)), "{unordered:?}");
        }
        assert!(read(9, json!(["2-4", "5-6"])).is_ok(), "they may touch");
        assert_eq!(read(9, json!([])), Err(SealingFault::Field("at_entries")));
        assert_eq!(read(9, json!("4")), Err(SealingFault::Field("at_entries")));
        let limit = format!("0-{}", MAX_COVERED_ENTRIES - 1);
        assert_eq!(read(1 << 40, json!([limit])).map(|s| s.is_some()), Ok(true));
        let twice = [&limit[..], "50000"];
        assert_eq!(read(1 << 40, json!(twice)), Err(SealingFault::TooManyEntries(MAX_COVERED_ENTRIES + 1)));
        assert_eq!(read(9, json!(["0-5"])).map(|s| s.map(|s| s.part)), Ok(Some(Part::All)));
        let no_part = json!({"kind": "erased", "authority": "statute", "at_entries": ["1"]});
        let no_part = Sealing::read(9, no_part.as_object().expect("an object"));
        assert_eq!(no_part, Err(SealingFault::Field("part")));
    }

    #[test]
    fn slots_are_names_none_twice_and_none_at_all_means_the_whole_part() {
        let read = |slots: Value| {
            let data = json!({"kind": "erased", "part": "withheld", "authority": "statute", "at_entries": ["4"], "slots": slots});
            Sealing::read(9, data.as_object().expect("an object"))
        };
        let named = read(json!(["matter_ref", "case_number"])).expect("good").expect("about this log");
        assert_eq!(named.slots, ["matter_ref", "case_number"]);
        let many: Vec<String> = (0..=MAX_SLOTS).map(|n| format!("s{n}")).collect();
        for slots in
            [json!([]), json!("times"), json!(["times", "times"]), json!(["Times"]), json!([1]), json!(many)]
        {
            assert_eq!(read(slots.clone()), Err(SealingFault::Field("slots")), "{slots}");
        }
    }
}

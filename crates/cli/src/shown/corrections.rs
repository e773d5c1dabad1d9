//! Corrections beside what they correct. Both stay on the ledger; nothing is shown in the place of anything.

use std::collections::BTreeSet;

use super::{Event, code_words, plain, value};
use crate::print;
use crate::table::{print_table, table};

/// An event and one that corrects it.
pub(crate) struct Correction<'e> {
    pub(crate) original: &'e Event,
    pub(crate) correction: &'e Event,
}

/// Every correction among some events, in the order of the originals.
pub(crate) fn corrections(events: &[Event]) -> Vec<Correction<'_>> {
    let of = |original| {
        let corrects = move |correction: &&Event| correction.corrects(original);
        events.iter().filter(corrects).map(move |correction| Correction { original, correction })
    };
    events.iter().flat_map(of).collect()
}

/// One field on both sides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) differs: bool,
    pub(crate) field: String,
    pub(crate) original: String,
    pub(crate) correction: String,
}

impl Correction<'_> {
    /// What the correction does, in a sentence.
    pub(crate) fn words(&self) -> String {
        let (original, correction) = (self.original, self.correction);
        let why =
            correction.text("reason").map(|reason| format!(", {}", code_words(reason))).unwrap_or_default();
        let what = match correction.text("kind") {
            _ if self.is_replacement() => "replaces what it said".to_owned(),
            Some("entered_in_error") => format!("takes it back as entered in error{why}"),
            Some(kind) => format!("says of it: {}{why}", code_words(kind)),
            None => "corrects it".to_owned(),
        };
        format!(
            "entry {} ({}) is corrected: entry {} ({}, {}) {what}",
            original.entry,
            plain(&original.event),
            correction.entry,
            plain(&correction.event),
            plain(&correction.jti)
        )
    }

    /// A correction of the same type says everything anew; another type speaks about the original.
    fn is_replacement(&self) -> bool {
        self.original.event == self.correction.event
    }

    /// The fields of both, side by side; none where the correction does not say them anew.
    pub(crate) fn lines(&self) -> Vec<Line> {
        if !self.is_replacement() {
            return Vec::new();
        }
        let (original, correction) = (&self.original.fields, &self.correction.fields);
        let names: BTreeSet<&String> = original.keys().chain(correction.keys()).collect();
        let line = |name: &&String| {
            let (before, after) = (original.get(*name), correction.get(*name));
            let shown = |side: Option<&_>| side.map(value).unwrap_or_default();
            Line {
                differs: before != after,
                field: plain(name),
                original: shown(before),
                correction: shown(after),
            }
        };
        names.iter().filter(|name| !matches!(name.as_str(), "links" | "correction")).map(line).collect()
    }

    /// Prints both side by side.
    pub(crate) fn print(&self) {
        print(&self.words());
        let lines = self.lines();
        if lines.is_empty() {
            return;
        }
        let original = format!("Entry {}", self.original.entry);
        let correction = format!("Entry {} (correction)", self.correction.entry);
        let mut table = table(&["", "Field", &original, &correction], &[]);
        for line in lines {
            let mark = if line.differs { "≠" } else { "" };
            table.add_row([mark, &line.field, &line.original, &line.correction]);
        }
        print_table(&table);
    }
}

//! The values of a document in the order of the columns.

use std::collections::BTreeSet;

use super::{VOLUME, image_path, native_path, paths::in_load_file, text_path};
use crate::model::{Choices, Document, Numbered, SlotState};
use crate::render::reading::hex;
use crate::times::{Form, TwoTimes, two_times};

/// Between the items of a list in one value.
const LIST: &str = ";";

pub(super) fn values(numbered: &Numbered, choices: &Choices, ordinal: u64) -> Vec<String> {
    let Numbered { bates, document } = numbered;
    let counts = document.counts();
    let times = |field| document.text(field).and_then(|text| two_times(text, &choices.zone, Form::Column));
    let [(event_utc, event_local), (recorded_utc, recorded_local)] =
        [times("occurred_at"), times("recorded_at")]
            .map(|two| two.map_or_else(Default::default, TwoTimes::pair));
    let redacted = counts.withheld + counts.erased > 0;
    let path = |path: fn(&crate::model::BatesRange, u64) -> String| in_load_file(&path(bates, ordinal));
    let values = vec![
        bates.begin(),
        bates.end(),
        bates.pages().to_string(),
        choices.words.custodian.clone(),
        document.title.clone(),
        format!("{}.json", bates.begin()),
        "json".to_owned(),
        document.native_bytes.to_string(),
        hex(&document.native_sha256),
        path(native_path),
        path(text_path),
        path(image_path),
        choices.zone.name().to_owned(),
        event_utc,
        event_local,
        recorded_utc,
        recorded_local,
        document.received.clone().unwrap_or_default(),
        document.jti.to_string(),
        document.event.to_string(),
        document.version.to_string(),
        document.issuer.department().to_owned(),
        document.issuer.to_string(),
        document.seq.to_string(),
        document.kid.to_string(),
        document.period.to_string(),
        choices.origin.to_string(),
        document.index.to_string(),
        hex(document.leaf.as_bytes()),
        choices.checkpoint_size.to_string(),
        counts.disclosed.to_string(),
        counts.withheld.to_string(),
        counts.erased.to_string(),
        counts.absent.to_string(),
        if redacted { "Y" } else { "N" }.to_owned(),
        reasons(document),
        choices.confidentiality.code().to_owned(),
        assertion(document).to_owned(),
        links(document),
        VOLUME.to_owned(),
        document.text("system").unwrap_or_default().to_owned(),
    ];
    values.into_iter().map(|value| clean(&value)).collect()
}

impl TwoTimes {
    fn pair(self) -> (String, String) {
        (self.utc, self.local)
    }
}

/// Each reason once, in order.
fn reasons(document: &Document) -> String {
    let reason = |state: &SlotState| match state {
        SlotState::Shown | SlotState::Absent => None,
        SlotState::Withheld { reason, .. } => Some(reason.clone()),
        SlotState::Sealed { .. } => Some("sealed".to_owned()),
        SlotState::Erased { .. } => Some("erased".to_owned()),
    };
    let reasons: BTreeSet<String> = document.sealed_slots().filter_map(|slot| reason(&slot.state)).collect();
    reasons.into_iter().collect::<Vec<_>>().join(LIST)
}

fn links(document: &Document) -> String {
    let link = |link: &crate::model::Link| match link.index {
        Some(index) => format!("{}:{}@{index}", link.rel, link.jti),
        None => format!("{}:{}", link.rel, link.jti),
    };
    document.links.iter().map(link).collect::<Vec<_>>().join(LIST)
}

/// Whether a person or a machine recorded it. That matters for hearsay: what a machine says of itself is no person's statement.
fn assertion(document: &Document) -> &'static str {
    match document.text("role") {
        _ if document.issuer.is_ledger() => "machine",
        Some("automatic") => "machine",
        Some(_) => "human",
        None => "not_stated",
    }
}

/// A value without what importers trip over. The same in all three files, so that they say the same.
fn clean(value: &str) -> String {
    let replaced = value.replace("\r\n", "\n").replace('\u{ae}', "(R)");
    replaced.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

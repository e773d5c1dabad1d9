//! What happened, and what is found and said about it: every state that a record of a production can be in.

use serde_json::{Value, json};

use super::ledger::Ledger;

const JAIL: &str = "sheriff/jail-records";
const POLICE: &str = "police/records-desk";
const ACCESS: &str = "ledger/access";

/// The entries of the story that a production speaks of.
#[derive(Clone, Debug)]
pub struct Story {
    /// The records that both productions find and hand over, with what is special about each.
    pub found: Vec<(u64, Special)>,
    /// Entries on which others rest, beside those of the production itself.
    pub authorities: Vec<u64>,
}

/// What is special about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Restricted fields go out, withheld ones do not.
    Plain,
    /// Everything goes out.
    Open,
    /// One slot is sealed by the order in this entry.
    Sealed(u64),
    /// The withheld part was erased by the order in this entry.
    Erased(u64),
    /// Held back as privileged.
    Privileged,
    /// Held back by an agreement.
    Excluded,
    /// Held back as a whole, sealed by the order in this entry.
    SealedWhole(u64),
}

impl Special {
    /// Whether it is held back as a whole.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Privileged | Self::Excluded | Self::SealedWhole(_))
    }
}

/// Plays the story.
pub fn play(ledger: &mut Ledger) -> Story {
    let mut authorities = vec![0, 1, ledger.register(JAIL), ledger.register(POLICE)];
    let first = ledger.append(JAIL, "request.received", request("k3vq7tz2m5ywb4cdnxr6gh2sja", "fax"));
    let wrong = ledger.append(JAIL, "request.received", request("aaaaaaaaaaaaaaaaaaaaaaaaaa", "email"));
    let corrected = corrects(request("aaaaaaaaaaaaaaaaaaaaaaaaaa", "fax"), ledger, wrong);
    let corrected = ledger.append(JAIL, "request.received", corrected);
    unrelated_several(ledger, 5);
    authorities.push(ledger.rotate(JAIL));
    let bare = json!({"outcome": "released_public", "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja"});
    let bare = ledger.append(JAIL, "release.completed", bare);
    let open = ledger.append(POLICE, "request.received", request("bbbbbbbbbbbbbbbbbbbbbbbbbb", "phone"));
    let privileged =
        ledger.append(POLICE, "request.received", request("cccccccccccccccccccccccccc", "portal"));
    unrelated(ledger);
    let whole = ledger.append(POLICE, "request.received", request("dddddddddddddddddddddddddd", "mail"));
    let sealed = ledger.append(JAIL, "request.received", request("eeeeeeeeeeeeeeeeeeeeeeeeee", "fax"));
    let erased = ledger.append(JAIL, "request.received", request("ffffffffffffffffffffffffff", "fax"));
    unrelated_several(ledger, 3);
    authorities.push(ledger.revoke(POLICE));
    let whole_by = ledger.append(ACCESS, "record.sealed", order("sealed", "all", whole, None));
    let sealed_by =
        ledger.append(ACCESS, "record.sealed", order("sealed", "withheld", sealed, Some("matter_ref")));
    let erased_by = ledger.append(ACCESS, "record.sealed", order("erased", "withheld", erased, None));
    authorities.extend([whole_by, sealed_by, erased_by]);
    unrelated_several(ledger, 2);
    let found = vec![
        (first, Special::Plain),
        (wrong, Special::Plain),
        (corrected, Special::Plain),
        (bare, Special::Plain),
        (open, Special::Open),
        (privileged, Special::Privileged),
        (whole, Special::SealedWhole(whole_by)),
        (sealed, Special::Sealed(sealed_by)),
        (erased, Special::Erased(erased_by)),
    ];
    Story { found, authorities }
}

fn unrelated_several(ledger: &mut Ledger, count: usize) {
    for _ in 0..count {
        unrelated(ledger);
    }
}

/// Something that no search of the story finds.
pub fn unrelated(ledger: &mut Ledger) -> u64 {
    let released = json!({"outcome": "released_public", "exit_point": "public_lobby", "matter_ref": "zzzzzzzzzzzzzzzzzzzzzzzzzz"});
    ledger.append(JAIL, "release.completed", released)
}

fn request(matter: &str, channel: &str) -> Value {
    json!({
        "request_kind": "release_notice", "agency": "ice_ero", "channel": channel, "provisions": ["D16"],
        "line_id": "Fax 2", "page_count": 2, "return_date": "2026-12-06",
        "facility": "Downtown Detention Center", "unit": "Records desk", "role": "records_clerk", "badge": "R-2207",
        "system": "Jail records", "matter_ref": matter,
        "document_hash": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"
    })
}

fn corrects(mut fields: Value, ledger: &Ledger, entry: u64) -> Value {
    fields["correction"] = true.into();
    fields["links"] = json!([{"rel": "corrects", "jti": ledger.kept[entry as usize].jti}]);
    fields
}

fn order(kind: &str, part: &str, entry: u64, slot: Option<&str>) -> Value {
    let mut fields = json!({
        "kind": kind, "authority": "court_order", "part": part, "at_entries": [entry.to_string()],
        "done_on": "2026-11-20", "ordered_on": "2026-11-19", "entries": 1,
        "requested_by": "seal-desk-1", "approved_by": "seal-desk-2", "case_number": "26CR1187"
    });
    if let Some(slot) = slot {
        fields["slots"] = json!([slot]);
    }
    fields
}

//! What the ledger records of a production, step by step.

use daybook_event::b64;
use serde_json::{Value, json};

use super::ledger::Ledger;
use super::make::{PREFIX, PROFILE, QUERY, ZONE};
use crate::model::Choices;
use crate::profile::Profile;

const ACCESS: &str = "ledger/access";

/// It was opened.
pub(super) fn opened(ledger: &mut Ledger, choices: &Choices, profile: &Profile) -> u64 {
    let opened = json!({
        "basis": choices.basis, "production": choices.production, "bates_prefix": PREFIX, "requester": choices.requester,
        "profile": PROFILE, "profile_hash": profile.digest(), "confidentiality": choices.confidentiality.code(),
        "time_zone": ZONE, "account": "c-0001", "request_number": choices.request_number, "query": QUERY,
        "searched_size": choices.searched_size, "found": choices.found, "produced": choices.produced, "withheld": choices.withheld,
        "case_number": "26CR1187"
    });
    ledger.append(ACCESS, "production.opened", opened)
}

/// A second person was asked, and approved.
pub(super) fn approved(ledger: &mut Ledger, statement: u64) -> [u64; 2] {
    let of = of(ledger, statement);
    let asked = json!({"act": "produce", "authority": "discovery", "account": "c-0001", "links": of});
    let asked = ledger.append(ACCESS, "approval.requested", asked);
    let decided = json!({"decision": "approved", "account": "a-0002", "links": self::of(ledger, asked)});
    [asked, ledger.append(ACCESS, "approval.decided", decided)]
}

/// Its pages were numbered.
pub(super) fn numbered(
    ledger: &mut Ledger,
    choices: &Choices,
    statement: u64,
    documents: u64,
    (first, last): (u64, u64),
) -> u64 {
    let numbered = json!({
        "production": choices.production, "bates_prefix": PREFIX, "first": first, "last": last,
        "documents": documents, "links": of(ledger, statement)
    });
    ledger.append(ACCESS, "production.numbered", numbered)
}

/// Its bag was made.
pub(super) fn built(
    ledger: &mut Ledger,
    choices: &Choices,
    statement: u64,
    hash: [u8; 32],
    (first, last): (u64, u64),
) -> u64 {
    let fields = json!({
        "production": choices.production, "bag_hash": b64::encode(hash), "records": choices.produced,
        "withheld": choices.withheld, "bates_first": first, "bates_last": last, "links": of(ledger, statement)
    });
    ledger.append(ACCESS, "production.built", fields)
}

fn of(ledger: &Ledger, entry: u64) -> Value {
    json!([{"rel": "of", "jti": ledger.kept[entry as usize].jti}])
}

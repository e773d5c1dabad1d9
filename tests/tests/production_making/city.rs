//! A matter with every type of event that departments can publish, some of it sealed, erased, opened.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_event::names::LEDGER_DEPARTMENT;
use daybook_event::{Catalogue, Issuer};
use daybook_tests::{Department, Ledger, Person, SignedEvent, Signers, send};

/// The matter's token, which the departments have and nobody else.
pub(crate) const MATTER: &str = "zq4xw7mk2ntb6rfy3hdc5vjp2a";
const LIMIT: Duration = Duration::from_secs(120);
const AT: &str = "2026-01-05T08:00:00-07:00";

/// Types of which a second event is recorded, since the first stays back.
pub(crate) const SEALED_EVENT: &str = "information.disclosed";
pub(crate) const ERASED_EVENT: &str = "interview.closed";
pub(crate) const PRIVILEGED: &str = "subpoena.decided";
pub(crate) const EXCLUDED: &str = "training.recorded";
/// Types of which one slot is sealed, erased, opened.
pub(crate) const SEALED_SLOT: (&str, &str) = ("release.notice_sent", "times");
pub(crate) const ERASED_SLOT: (&str, &str) = ("court_paper.registered", "case_number");
pub(crate) const OPENED_SLOT: (&str, &str) = ("advisement.answered", "answer");

/// The departments whose events they are: the search of the production of all of them.
pub(crate) const DEPARTMENTS: [&str; 4] = ["--department", "sheriff", "--department", "auditor"];

/// What the ledger holds.
pub(crate) struct City {
    /// Entries by type, in the order of the log.
    pub(crate) entries: BTreeMap<String, Vec<u64>>,
    /// The matter's handle.
    pub(crate) handle: String,
}

impl City {
    /// The first entry of a type, as an argument.
    pub(crate) fn first(&self, ty: &str) -> String {
        self.entries[ty][0].to_string()
    }

    /// Entries of the types that belong to no matter.
    pub(crate) fn without_matter(&self) -> Vec<String> {
        let entries = published().into_iter().filter(|ty| !has_matter(ty));
        let mut entries: Vec<u64> = entries.flat_map(|ty| self.entries[&ty].clone()).collect();
        entries.sort_unstable();
        entries.iter().map(u64::to_string).collect()
    }
}

/// Every type that a department can publish.
pub(crate) fn published() -> Vec<String> {
    let types = Catalogue::builtin().types();
    types.filter(|ty| !department(ty.publishers()).is_empty()).map(|ty| ty.name().to_string()).collect()
}

fn department(publishers: Option<&[String]>) -> &str {
    match publishers {
        None => "sheriff",
        Some(listed) => listed.iter().find(|one| *one != LEDGER_DEPARTMENT).map_or("", String::as_str),
    }
}

fn has_matter(ty: &str) -> bool {
    Catalogue::builtin().latest(ty).is_some_and(|ty| ty.field("matter_ref").is_some())
}

/// The people who hand records over.
pub(crate) struct Desk {
    pub(crate) custodian: Person,
    pub(crate) approver: Person,
}

impl Desk {
    pub(crate) fn of(ledger: &Ledger) -> Self {
        Self {
            custodian: Person::granted(ledger, "c-0001", "custodian", "discovery"),
            approver: Person::granted(ledger, "p-0001", "approver", "supervision"),
        }
    }

    /// What the custodian asks for and the approver approves.
    pub(crate) fn both(&self, ask: &[&str]) {
        let asked = self.custodian.json(ask);
        let request = asked["request"].as_str().expect("a request");
        self.approver.json(&["approvals", "approve", request, "--yes"]);
    }
}

/// Records the matter, and some of another department's events that are no part of it; then seals, erases and opens.
pub(crate) fn recorded(ledger: &Ledger, desk: &Desk) -> City {
    let mut signers = Signers::of(ledger, 9);
    let (mut signed, mut holds) = (Vec::new(), Vec::new());
    for ty in published() {
        // Nothing under a hold is erased: holds come after the erasures.
        let into = if ty.starts_with("hold.") { &mut holds } else { &mut signed };
        into.extend(events(&mut signers, &ty));
    }
    let police = Department::Police.issuer();
    signed.push(signers.register(&police, AT));
    for draft in Department::Police.drafts(11, 2) {
        signed.push(signers.sign(&police, draft.event.as_str(), &draft.fields, None));
    }
    send(ledger, &signed, LIMIT);
    let before = found(&desk.custodian);
    for (ty, how) in [
        (SEALED_EVENT, &["seal", "--authority", "court_order", "--part", "all"][..]),
        (SEALED_SLOT.0, &["seal", "--authority", "statute", "--part", "restricted", "--slot", SEALED_SLOT.1]),
        (ERASED_EVENT, &["erase", "--authority", "retention_schedule", "--part", "all", "--yes"]),
        (
            ERASED_SLOT.0,
            &["erase", "--authority", "statute", "--part", "withheld", "--slot", ERASED_SLOT.1, "--yes"],
        ),
        (
            OPENED_SLOT.0,
            &["open", "request", "--authority", "discovery", "--minutes", "10080", "--slot", OPENED_SLOT.1],
        ),
    ] {
        let entry = before.first(ty);
        let order = ledger.scratch().join("order.txt");
        std::fs::write(&order, "2026CV031204\n").expect("written");
        let by_order = ["--order-number-file", order.to_str().expect("a path")];
        let more: &[&str] = if how.contains(&"court_order") { &by_order } else { &[] };
        desk.both(&[how, &["--entry", &entry], more].concat());
    }
    send(ledger, &holds, LIMIT);
    // What was erased is out of its matter; the handle is that of any other event.
    City { handle: before.handle, ..found(&desk.custodian) }
}

/// The events of a type: its example, of the matter where the type has one; twice where the first stays back as a whole.
fn events(signers: &mut Signers, ty: &str) -> Vec<SignedEvent> {
    let kind = Catalogue::builtin().latest(ty).expect("a type of the catalogue");
    let issuer: Issuer = format!("{}/desk", department(kind.publishers())).parse().expect("an issuer");
    let mut signed = Vec::new();
    if !signers.has(&issuer) {
        signed.push(signers.register(&issuer, AT));
    }
    let mut fields = kind.example().as_object().expect("an object").clone();
    if has_matter(ty) {
        fields.insert("matter_ref".into(), MATTER.into());
    }
    let twice = [SEALED_EVENT, PRIVILEGED, EXCLUDED].contains(&ty);
    signed.extend((0..=usize::from(twice)).map(|_| signers.sign(&issuer, ty, &fields, None)));
    signed
}

/// What the departments of the matter have on the ledger.
fn found(custodian: &Person) -> City {
    let page = custodian
        .json(&[&["events", "search", "--limit", "1000", "--oldest-first"], &DEPARTMENTS[..]].concat());
    let mut city = City { entries: BTreeMap::new(), handle: String::new() };
    for event in page["events"].as_array().expect("events") {
        let ty = event["event"].as_str().expect("a type").to_owned();
        city.entries.entry(ty).or_default().push(event["entry"].as_u64().expect("an entry"));
        if let Some(handle) = event["matter"].as_str() {
            handle.clone_into(&mut city.handle);
        }
    }
    assert_eq!(page["total"].as_u64(), Some(city.entries.values().map(Vec::len).sum::<usize>() as u64));
    city
}

//! A ledger with the events of all examples of the packs, each example a matter of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_nats::HeaderMap;
use daybook_event::issue::check;
use daybook_event::{Catalogue, Draft, Issuer, OsEntropy, TypeName};
use daybook_producer::Home;
use daybook_rules::example::{Prepared, prepare};
use daybook_rules::pack::Pack;
use daybook_tests::{Ledger, Random, connect};
use serde_json::{Map, Value, json};

/// How long nothing is added before the ledger is taken to rest, and how long that is waited for.
const QUIET: Duration = Duration::from_secs(3);
const SETTLE_LIMIT: Duration = Duration::from_secs(180);

/// An event that is going to be signed, and whether anything takes it back.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) issuer: Issuer,
    pub(crate) kind: TypeName,
    pub(crate) fields: Map<String, Value>,
    /// Relation and place among all.
    links: Vec<(String, usize)>,
    pub(crate) day: String,
    pub(crate) stands: bool,
}

impl Told {
    pub(crate) fn text(&self, field: &str) -> String {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// The events of all examples.
pub(crate) fn examples() -> Vec<Told> {
    let packs = Pack::builtin().expect("the packs of this repository");
    let rules = packs.iter().flat_map(|pack| &pack.rules);
    let mut told: Vec<Told> = Vec::new();
    for (number, example) in rules.flat_map(|rule| &rule.examples).enumerate() {
        let first = told.len();
        let prepared = prepare(example).expect("examples are sound");
        // Some examples speak of what the ledger issues itself, or of what it would refuse.
        let refused = |event: &Prepared| {
            let draft = Draft::new(event.kind.clone(), event.fields.clone());
            check(&draft, &event.issuer, Catalogue::builtin()).is_err()
        };
        let own = |event: &Prepared| matches!(event.issuer.department(), "ledger" | "auditor");
        if prepared.iter().any(|event| own(event) || (event.links.is_empty() && refused(event))) {
            continue;
        }
        for event in prepared {
            let mut fields = event.fields;
            if let Some(matter) = fields.get_mut("matter_ref") {
                *matter = token(matter.as_str().unwrap_or_default(), number).into();
            }
            let day = fields.get("occurred_at").and_then(Value::as_str).unwrap_or_default().to_owned();
            let links = event.links.into_iter().map(|(rel, to)| (rel, first + to)).collect();
            told.push(Told { issuer: event.issuer, kind: event.kind, fields, links, day, stands: true });
        }
    }
    let taken_back: Vec<usize> = told
        .iter()
        .flat_map(|one| {
            let error = one.kind.as_str() == "record.corrected" && one.text("kind") == "entered_in_error";
            one.links.iter().filter(move |(rel, _)| {
                rel == "corrects" && (error || one.kind.as_str() != "record.corrected")
            })
        })
        .map(|(_, to)| *to)
        .collect();
    for place in taken_back {
        told[place].stands = false;
    }
    told
}

/// The token of a matter of one example: of the same form, and another in each example.
fn token(token: &str, number: usize) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    let digit = |place: usize| char::from(letters[number >> (5 * place) & 31]);
    format!("{}{}{}", &token[..token.len().saturating_sub(2)], digit(1), digit(0))
}

/// Signs all events and brings them to the ledger in an order that the seed decides.
pub(crate) fn signed_in_order(ledger: &Ledger, told: &[Told], seed: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let issuers: BTreeSet<&Issuer> = told.iter().map(|one| &one.issuer).collect();
    let homes: BTreeMap<&Issuer, Home> = issuers
        .into_iter()
        .map(|issuer| {
            let made = ledger.producer(issuer.department(), issuer.producer());
            (issuer, Home::open(&made.home, None).expect("a home"))
        })
        .collect();
    let before = ledger.size();
    let mut signed = Vec::new();
    for one in told {
        let mut fields = one.fields.clone();
        let link = |(rel, to): &(String, usize)| {
            let (_, other): &(String, daybook_event::Signed) = &signed[*to];
            json!({ "rel": rel, "jti": other.jti.to_string() })
        };
        let links: Vec<Value> = one.links.iter().map(link).collect();
        if !links.is_empty() {
            fields.insert("links".into(), links.into());
        }
        let draft = Draft::new(one.kind.clone(), fields);
        let event = homes[&one.issuer].enqueue(&[draft], &mut OsEntropy).expect("it is signed").remove(0);
        signed.push((one.issuer.events_subject(), event));
    }
    let mut dice = Random::new(seed);
    for at in (1..signed.len()).rev() {
        let other = usize::try_from(dice.below(at as u64 + 1)).expect("small");
        signed.swap(at, other);
    }
    runtime.block_on(async {
        let client = connect(&ledger.nats.url()).await.expect("the bus");
        let stream = async_nats::jetstream::new(client);
        for (subject, event) in &signed {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", event.jti.to_string());
            let body = event.compact.clone().into();
            let sent = stream.publish_with_headers(subject.clone(), headers, body).await;
            sent.expect("the bus takes it").await.expect("the bus has it");
        }
    });
    ledger.settle(before + signed.len() as u64, QUIET, SETTLE_LIMIT);
}

//! The ten normal courses of events through one real service: exactly their findings, explained, answered, and closed again by what becomes known later.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use daybook_rules::example::prepare;
use daybook_rules::pack::{Example, ExampleEvent};
use daybook_tests::{Ledger, Producer, Random, Shift, SignedEvent, Signers, daybook, run_ok, send, shifted};
use jiff::Unit;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chains {
    background: Vec<ExampleEvent>,
    #[serde(rename = "chain")]
    chains: Vec<Chain>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    name: String,
    as_of: String,
    /// Rule and check of everything that fails.
    fails: BTreeSet<String>,
    event: Vec<ExampleEvent>,
}

/// A chain as it went over the bus.
struct Sent {
    fails: BTreeSet<String>,
    identifiers: Vec<String>,
}

/// A ledger with all ten chains.
struct City {
    ledger: Ledger,
    signers: Signers,
    random: Random,
    chains: BTreeMap<u32, Sent>,
    /// The token of the matter of chain 2, which goes on later.
    second: String,
}

impl City {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        // The chains are history. Were they judged while they come in, what is not there yet would be missed, and closed a moment later.
        ledger.set_rules("enabled = false");
        ledger.start();
        let signers = Signers::of(&ledger, 10);
        let mut city =
            Self { ledger, signers, random: Random::new(10), chains: BTreeMap::new(), second: String::new() };
        let fixture = include_str!("../../crates/rules/tests/chains.toml");
        let read: Chains = toml::from_str(fixture).expect("the chains");
        let today = jiff::Zoned::now().date();
        let mut all = Vec::new();
        city.sign(&example("0: what went before", &today.to_string(), read.background), &mut all);
        for chain in read.chains {
            let number = number(&chain.name);
            let mut example = example(&chain.name, &chain.as_of, chain.event);
            // The service raises its findings itself.
            example.events.retain(|event| event.kind != "finding.raised");
            let example = match number {
                // What the jail reported for a month is about all its requests, so this chain has a month of its own.
                8 => shifted(&example, Shift::Months(-1)),
                // A department that must report is silent in every month after; so this month is the last.
                9 => shifted(&example, Shift::Months(months_to(&chain.as_of, today))),
                _ => example,
            };
            let (identifiers, token) = city.sign(&example, &mut all);
            if number == 2 {
                city.second = token;
            }
            city.chains.insert(number, Sent { fails: chain.fails, identifiers });
        }
        send(&city.ledger, &all, LIMIT);
        city.ledger.stop();
        city.ledger.set_rules("enabled = true");
        city.ledger.start();
        city
    }

    /// Signs the events of a chain. Their identifiers, and the token of their matter.
    fn sign(&mut self, chain: &Example, all: &mut Vec<SignedEvent>) -> (Vec<String>, String) {
        let mut tokens = BTreeMap::<String, String>::new();
        let mut identifiers: Vec<String> = Vec::new();
        for event in prepare(chain).expect("events that the catalogue takes") {
            let mut fields = event.fields;
            if event.kind.as_str() == "key.registered" {
                let producer = fields["producer"].as_str().expect("a name").parse().expect("a producer");
                let at = fields["occurred_at"].as_str().expect("a time").to_owned();
                all.push(self.signers.register(&producer, &at));
                identifiers.push(String::new());
                continue;
            }
            if !self.signers.has(&event.issuer) {
                all.push(self.signers.register(&event.issuer, &now()));
            }
            if let Some(Value::String(token)) = fields.get_mut("matter_ref") {
                let new = tokens.entry(token.clone()).or_insert_with(|| matter(&mut self.random));
                token.clone_from(new);
            }
            if !event.links.is_empty() {
                let links = event.links.iter().map(|(rel, to)| json!({"rel": rel, "jti": identifiers[*to]}));
                fields.insert("links".into(), links.collect());
            }
            let signed = self.signers.sign(&event.issuer, event.kind.as_str(), &fields, None);
            identifiers.push(signed.jti.to_string());
            all.push(signed);
        }
        (identifiers, tokens.into_values().next().unwrap_or_default())
    }

    fn list(&self, state: &str) -> Vec<Value> {
        let listed = run_ok(
            daybook().args(["findings", "list", "--state", state, "--json", "--dir"]).arg(self.ledger.dir()),
        );
        let text = String::from_utf8_lossy(&listed.stdout);
        text.lines().map(|line| serde_json::from_str(line).expect("a finding is JSON")).collect()
    }

    /// Findings once everything that fails is raised.
    fn settled(&self) -> Vec<Value> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let rows = self.list("all");
            let new = rows.iter().filter(|row| row["state"] == "new").count();
            if new == 0 {
                return rows;
            }
            assert!(Instant::now() < deadline, "{new} findings are not raised:\n{}", self.ledger.log_tail());
            std::thread::sleep(PAUSE);
        }
    }

    /// The finding of a rule about a chain.
    fn finding(&self, chain: u32, rule: &str) -> Value {
        let mine = &self.chains[&chain].identifiers;
        let about =
            |row: &Value| row["event"].as_str().is_some_and(|event| mine.iter().any(|one| one == event));
        let rows = self.list("all");
        rows.into_iter().find(|row| row["rule"] == rule && about(row)).expect("a finding of that rule")
    }

    fn explain(&self, id: &str) -> String {
        let told = run_ok(daybook().args(["findings", "explain", id, "--dir"]).arg(self.ledger.dir()));
        String::from_utf8_lossy(&told.stdout).into_owned()
    }

    fn answer(&self, id: &str, home: &Producer, action: &str, reason: &str) {
        run_ok(
            daybook()
                .args(["findings", "answer", id, "--action", action, "--reason", reason, "--dir"])
                .arg(self.ledger.dir())
                .arg("--home")
                .arg(&home.home),
        );
    }

    fn state(&self, id: &str) -> String {
        let rows = self.list("all");
        let row = rows.iter().find(|row| row["finding"] == id).expect("a finding");
        row["state"].as_str().expect("a state").to_owned()
    }
}

#[test]
fn the_ten_courses_of_events_give_exactly_their_findings_and_each_is_explained_answered_and_closed() {
    let mut city = City::new();
    each_chain_has_exactly_its_findings(&city);
    the_missed_advisement_is_explained(&city);
    the_late_record_is_explained(&city);
    an_answer_changes_the_state_and_can_be_taken_back(&city);
    what_becomes_known_later_closes_a_finding(&mut city);
    city.ledger.stop();
    city.ledger.verify();
}

fn each_chain_has_exactly_its_findings(city: &City) {
    let rows = city.settled();
    let mut wrong = Vec::new();
    let mut told = 0;
    for (number, chain) in &city.chains {
        let mine = |row: &&Value| {
            row["event"].as_str().is_some_and(|event| chain.identifiers.iter().any(|one| one == event))
        };
        let said = |status: &str| -> BTreeSet<String> {
            let rows = rows.iter().filter(mine).filter(|row| row["status"] == status);
            rows.map(|row| format!("{} {}", text(row, "rule"), text(row, "check"))).collect()
        };
        told += said("fails").len();
        let in_the_air: Vec<String> = said("open").into_iter().chain(said("undetermined")).collect();
        if said("fails") != chain.fails || !in_the_air.is_empty() {
            wrong.push(format!(
                "chain {number}: {:?}, not {:?}; in the air {in_the_air:?}",
                said("fails"),
                chain.fails
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(city.chains.len(), 10);
    // Nothing else is found: about no month, no sequence, no event of the background.
    let all = rows.iter().filter(|row| row["status"] != "measured").count();
    assert_eq!(all, told, "{rows:#?}");
}

fn the_missed_advisement_is_explained(city: &City) {
    let finding = city.finding(2, "R01");
    let told = city.explain(&text(&finding, "finding"));
    for fact in [
        "R01 V1  Notice without advisement",
        "department  sheriff",
        "No advisement for a release notice is on the ledger for this matter.",
        "D18:",
        "request.received of sheriff/jail-records",
        "release.notice_sent of sheriff/jail-records",
        "occurred 2026-03-02T09:30-07:00, recorded 2026-03-02T09:30-07:00, reached the ledger",
        "the time in which it could still be recorded is over",
        "The case, in order of occurrence",
        "Raised in entry",
    ] {
        assert!(told.contains(fact), "{fact:?} is not in\n{told}");
    }
    let order = [
        "request.received",
        "paper.classified",
        "release.eligible",
        "release.notice_sent",
        "release.completed",
    ];
    let case = told.split("The case, in order of occurrence").nth(1).expect("the case");
    let places: Vec<usize> =
        order.iter().map(|kind| case.find(kind).expect("every event of the case")).collect();
    assert!(places.is_sorted(), "{told}");
    assert!(!told.contains(&city.second), "an explanation opens nothing that is withheld");
}

fn the_late_record_is_explained(city: &City) {
    let finding = city.finding(10, "R03");
    let told = city.explain(&text(&finding, "finding"));
    for fact in [
        "R03 V3",
        "The advisement of 2026-03-02T08:20-07:00 came before the notice. It was written down only at 2026-03-04T08:20-07:00.",
        "occurred 2026-03-02T08:20-07:00, recorded 2026-03-04T08:20-07:00, reached the ledger",
        "release.notice_sent",
    ] {
        assert!(told.contains(fact), "{fact:?} is not in\n{told}");
    }
    let late = city.explain(&text(&city.finding(10, "R39"), "finding"));
    assert!(late.contains("2026-03-04T08:20-07:00"), "{late}");
}

fn an_answer_changes_the_state_and_can_be_taken_back(city: &City) {
    let auditor = city.ledger.producer("auditor", "office");
    let id = text(&city.finding(2, "R01"), "finding");
    assert_eq!(city.state(&id), "raised");
    // A finding about the sheriff is not another department's to set aside; its answer is on the ledger and is passed over.
    let police = city.ledger.producer("police", "records");
    city.answer(&id, &police, "dismiss", "recorded_elsewhere");
    assert_eq!(city.state(&id), "raised");
    let told = city.explain(&id);
    assert!(told.contains("police/records answers dismiss; the finding is about sheriff"), "{told}");
    let steps = [
        ("confirm", "training_given", "confirmed"),
        ("dismiss", "recorded_elsewhere", "dismissed"),
        ("reopen", "new_evidence", "raised"),
    ];
    for (action, reason, state) in steps {
        city.answer(&id, &auditor, action, reason);
        assert_eq!(city.state(&id), state, "after {action}");
    }
    let told = city.explain(&id);
    for said in [
        "auditor/office answers confirm (training given)",
        "auditor/office answers dismiss (recorded elsewhere)",
        "auditor/office answers reopen (new evidence)",
    ] {
        assert!(told.contains(said), "{said:?} is not in\n{told}");
    }
}

fn what_becomes_known_later_closes_a_finding(city: &mut City) {
    let id = text(&city.finding(2, "R01"), "finding");
    let late = [ExampleEvent {
        id: None,
        kind: "advisement.given".into(),
        at: "2026-03-02T08:20-07:00".into(),
        recorded: Some(now()),
        from: None,
        matter: None,
        set: [("purpose", "release_notice"), ("form_version", "RN-2025.1")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
        set_seq: None,
        without: Vec::new(),
        erased: Vec::new(),
        links: Vec::new(),
    }];
    let prepared = prepare(&example("late", "2026-03-02", late.into())).expect("an event").remove(0);
    let mut fields: Map<String, Value> = prepared.fields;
    fields.insert("matter_ref".into(), city.second.clone().into());
    let signed = city.signers.sign(&prepared.issuer, "advisement.given", &fields, None);
    send(&city.ledger, std::slice::from_ref(&signed), LIMIT);

    let rows = city.settled();
    let row =
        rows.iter().find(|row| row["finding"] == id.as_str()).expect("it was raised, and stays on the list");
    assert_eq!(row["state"], "closed");
    let told = city.explain(&id);
    for fact in [
        "R01  closed",
        "Raised in entry",
        "It no longer holds",
        "advisement.given",
        "occurred 2026-03-02T08:20-07:00",
    ] {
        assert!(told.contains(fact), "{fact:?} is not in\n{told}");
    }
    // That it was written down so late is a finding of its own.
    let about: BTreeSet<String> = rows
        .iter()
        .filter(|row| row["event"] == signed.jti.to_string() && row["status"] == "fails")
        .map(|row| text(row, "rule"))
        .collect();
    assert_eq!(about, ["R03", "R39"].map(str::to_owned).into());
}

fn example(name: &str, as_of: &str, events: Vec<ExampleEvent>) -> Example {
    Example { name: name.to_owned(), expect: String::new(), as_of: as_of.to_owned(), events }
}

fn number(name: &str) -> u32 {
    name.split(':').next().and_then(|number| number.parse().ok()).expect("chains are numbered")
}

fn months_to(as_of: &str, today: Date) -> i32 {
    let then: Date = as_of[..10].parse().expect("a day");
    then.first_of_month().until((Unit::Month, today.first_of_month())).expect("in range").get_months()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn matter(random: &mut Random) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..26).map(|_| char::from(*random.pick(letters))).collect()
}

fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

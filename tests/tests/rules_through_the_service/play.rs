//! A group of examples on a ledger of its own.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use daybook_event::{Issuer, TypeName};
use daybook_rules::ruleset::Ruleset;
use daybook_store::Class;
use daybook_tests::{Ledger, Random, SignedEvent, Signers, append, daybook, erase, run_ok, send};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fold::{ORDER, received};
use crate::plan::{Event, Group, Packs, Play, now_text, registrations};

/// Longest wait for events to come through, and for what fails to be raised.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);

/// What is signed of a play.
struct Signed {
    identifiers: BTreeSet<String>,
}

/// Everything of a group in the order in which it reaches the ledger.
#[derive(Default)]
struct Run {
    events: Vec<SignedEvent>,
    received: Vec<String>,
    erased: Vec<(usize, Class)>,
}

/// Plays a group. Says what differs.
pub(crate) fn play(packs: &Packs, group: &Group, number: u64) -> Vec<String> {
    let file = &packs.files[group.pack];
    let mut ledger = Ledger::new();
    let dir = ledger.dir().join("packs");
    std::fs::create_dir(&dir).expect("a directory");
    std::fs::write(dir.join(format!("{}.toml", file.id)), group.variant.text(&file.text)).expect("a pack");
    let study = group.variant.study_from().map(|day| format!("study_from = \"{day}\"\n")).unwrap_or_default();
    ledger.set_rules(&format!("packs = \"packs\"\n{study}choices = {{ \"{}\" = \"in_force\" }}", file.id));
    let ruleset = packs.ruleset(group.pack, group.variant);
    let mut signers = Signers::of(&ledger, number);
    let (run, signed) = sign(&mut signers, group, ruleset, number);
    if group.by_bus {
        ledger.start();
        send(&ledger, &run.events, LIMIT);
    } else {
        let events: Vec<_> = run.events.into_iter().zip(run.received).collect();
        let first = append(&ledger, &events);
        let erased: Vec<_> =
            run.erased.iter().map(|(place, class)| (first + *place as u64, *class)).collect();
        erase(&ledger, &erased);
        ledger.start();
    }
    let wrong = judge(&ledger, group, &signed);
    ledger.stop();
    let forks = group.plays.iter().flat_map(|play| &play.events).any(|event| event.seq.is_some());
    if !forks {
        ledger.verify();
    }
    wrong.into_iter().map(|what| format!("{}: {what}", file.id)).collect()
}

fn sign(signers: &mut Signers, group: &Group, ruleset: &Ruleset, seed: u64) -> (Run, Vec<Signed>) {
    let now = Timestamp::now().as_second();
    let mut run = Run::default();
    let take = |run: &mut Run, event: SignedEvent, at: i64| {
        run.events.push(event);
        run.received.push(format!("{:.3}", Timestamp::from_second(at).expect("a time")));
    };
    let plays: Vec<&Play> = group.plays.iter().collect();
    for (issuer, at) in registrations(&plays) {
        let at = at.unwrap_or_else(|| now_text(now));
        let registered = signers.register(&issuer, &at);
        take(&mut run, registered, now);
    }
    let mut random = Random::new(seed ^ 0x6d61_7474_6572);
    let mut all = Vec::new();
    for play in &group.plays {
        let mut tokens = std::collections::BTreeMap::<String, String>::new();
        let mut identifiers: Vec<String> = Vec::new();
        for event in &play.events {
            if event.registers.is_some() {
                identifiers.push(String::new());
                continue;
            }
            let mut fields = event.fields.clone();
            if let Some(Value::String(token)) = fields.get_mut("matter_ref") {
                let new = tokens.entry(token.clone()).or_insert_with(|| matter(&mut random));
                token.clone_from(new);
            }
            if !event.links.is_empty() {
                let links = event.links.iter().map(|(rel, to)| json!({"rel": rel, "jti": identifiers[*to]}));
                fields.insert("links".into(), links.collect());
            }
            let signed = if event.issuer == Issuer::governance() {
                signers.govern(&event.kind, &Value::Object(fields))
            } else {
                signers.sign(&event.issuer, &event.kind, &fields, event.seq)
            };
            identifiers.push(signed.jti.to_string());
            run.erased.extend(event.erased.iter().map(|class| (run.events.len(), *class)));
            take(&mut run, signed, at_rest(event, ruleset, now));
        }
        all.push(Signed { identifiers: identifiers.into_iter().collect() });
    }
    (run, all)
}

fn at_rest(event: &Event, ruleset: &Ruleset, now: i64) -> i64 {
    received(event, ruleset, now)
}

fn matter(random: &mut Random) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..26).map(|_| char::from(*random.pick(letters))).collect()
}

/// Reads the findings until everything that fails is raised, and compares.
fn judge(ledger: &Ledger, group: &Group, signed: &[Signed]) -> Vec<String> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let listed = run_ok(
            daybook().args(["findings", "list", "--state", "all", "--json", "--dir"]).arg(ledger.dir()),
        );
        let rows: Vec<Value> = String::from_utf8_lossy(&listed.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("a finding is JSON"))
            .collect();
        let raised = raised(ledger);
        let wrong: Vec<String> = group
            .plays
            .iter()
            .zip(signed)
            .filter_map(|(play, signed)| differs(play, signed, &rows, &raised))
            .collect();
        if wrong.is_empty() || Instant::now() >= deadline {
            return wrong;
        }
        std::thread::sleep(PAUSE);
    }
}

fn differs(play: &Play, signed: &Signed, rows: &[Value], raised: &BTreeSet<u64>) -> Option<String> {
    let mine = |row: &&Value| {
        let about = row["event"].as_str().is_some_and(|event| signed.identifiers.contains(event));
        row["rule"] == play.rule.as_str() && row["status"].is_string() && (!play.case || about)
    };
    let rank = |row: &&Value| ORDER.iter().position(|one| row["status"] == *one).unwrap_or(ORDER.len());
    let gravest = rows.iter().filter(mine).min_by_key(rank);
    let said = gravest.map_or_else(
        || "quiet".to_owned(),
        |row| match row["measured"].as_str() {
            Some(class) => format!("measured: {class}"),
            None => row["status"].as_str().unwrap_or_default().to_owned(),
        },
    );
    let place = format!("{} {:?}", play.rule, play.name);
    if said != play.expect {
        return Some(format!("{place}: expected {}, the service says {said}", play.expect));
    }
    let unraised = rows
        .iter()
        .filter(mine)
        .filter(|row| row["status"] == "fails")
        .any(|row| row["raised_entry"].as_u64().is_none_or(|entry| !raised.contains(&entry)));
    unraised.then(|| format!("{place}: fails, and was not raised"))
}

/// The entries in which the service's own key raised something.
fn raised(ledger: &Ledger) -> BTreeSet<u64> {
    let entries = ledger.entries();
    let mine = |(issuer, ty): &(Issuer, TypeName)| {
        issuer.as_str() == "ledger/rules" && ty.as_str() == "finding.raised"
    };
    (0_u64..).zip(&entries).filter(|(_, entry)| mine(entry)).map(|(index, _)| index).collect()
}

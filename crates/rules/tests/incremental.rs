//! Findings are a function of what was recorded, not of the way in which it arrived.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use daybook_event::{Issuer, Jti, Period, Said};
use daybook_rules::engine::{Engine, FactSource};
use daybook_rules::example::{Prepared, prepare};
use daybook_rules::fact::{Fact, MatterHasher, Reading};
use daybook_rules::pack::{Pack, PackState};
use daybook_rules::ruleset::Ruleset;
use daybook_rules::verdict::FactFault;
use serde_json::{Map, Value, json};

/// A small generator: the seed is printed, and the same seed plays the same story.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.roll(at + 1));
        }
    }
}

/// An event as it was signed: what does not depend on where in the log it stands.
#[derive(Clone)]
struct Signed {
    jti: Jti,
    issuer: Issuer,
    kind: daybook_event::TypeName,
    seq: u64,
    period: Period,
    fields: Map<String, Value>,
}

/// All facts of a story, to be read again when the engine has forgotten them.
type Story = Rc<RefCell<Vec<(Signed, i64)>>>;

struct Source {
    story: Story,
    zone: jiff::tz::TimeZone,
    matters: MatterHasher,
}

impl Source {
    fn fact(&self, entry: u64) -> Fact {
        let (signed, received) = self.story.borrow()[entry as usize].clone();
        let said = Said {
            iss: signed.issuer,
            jti: signed.jti,
            event: signed.kind,
            v: 1,
            period: signed.period,
            seq: signed.seq,
            fields: signed.fields,
            hidden: Vec::new(),
        };
        let context = Reading { zone: &self.zone, matters: &self.matters };
        Fact::new(entry, said, received, &context)
    }
}

impl FactSource for Source {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        Ok(self.fact(entry))
    }
}

fn rules() -> Arc<Ruleset> {
    let mut packs = Pack::builtin().expect("the packs of this repository");
    packs.iter_mut().for_each(|pack| pack.state = PackState::InForce);
    Arc::new(Ruleset::new(packs, Some("1990-01-01".parse().expect("a day"))).expect("they fit together"))
}

fn engine(rules: &Arc<Ruleset>, story: &Story) -> (Engine<Source>, Source) {
    let source = || Source {
        story: Rc::clone(story),
        zone: rules.calendar().zone().clone(),
        matters: MatterHasher::new(&[7; 32]),
    };
    (Engine::new(Arc::clone(rules), source()), source())
}

/// Events out of all examples, thrown together: few matters, so that cases mix; some links, some of them dangling; some corrections.
fn story(rules: &Ruleset, dice: &mut Dice) -> Vec<Signed> {
    let all: Vec<Prepared> = rules
        .packs()
        .iter()
        .flat_map(|pack| &pack.rules)
        .flat_map(|rule| &rule.examples)
        .flat_map(|example| prepare(example).expect("examples are sound"))
        .collect();
    let mut sequences: BTreeMap<Issuer, u64> = BTreeMap::new();
    let mut events: Vec<Signed> = Vec::new();
    for number in 0..20 + dice.roll(60) {
        let one = all[dice.roll(all.len())].clone();
        let mut bytes = [0; 16];
        bytes.iter_mut().for_each(|byte| *byte = dice.roll(256) as u8);
        let mut fields = one.fields;
        if fields.contains_key("matter_ref") {
            let letter = char::from(b'a' + dice.roll(4) as u8);
            fields.insert("matter_ref".into(), letter.to_string().repeat(26).into());
        }
        if number > 0 && dice.roll(3) == 0 {
            let rel = ["of", "follows", "answers", "corrects"][dice.roll(4)];
            let to = if dice.roll(5) == 0 { Jti::from_random(bytes) } else { events[dice.roll(number)].jti };
            fields.insert("links".into(), json!([{"rel": rel, "jti": to.to_string()}]));
        }
        let seq = sequences.entry(one.issuer.clone()).or_insert(0);
        // Now and then a number is skipped, or used twice.
        *seq = (*seq + dice.roll(9).saturating_sub(6) as u64)
            .saturating_sub(dice.roll(12).saturating_sub(10) as u64);
        let time = fields.get("occurred_at").and_then(Value::as_str).unwrap_or("2026-03-01");
        let period = Period::of_time(time).expect("a time");
        let jti = Jti::from_random({
            bytes[0] ^= number as u8;
            bytes
        });
        events.push(Signed { jti, issuer: one.issuer, kind: one.kind, seq: *seq, period, fields });
        *seq += 1;
    }
    events
}

const STORIES: u64 = 150;
/// Long after everything in the examples.
const END: i64 = 1_900_000_000;

#[test]
fn findings_computed_on_the_way_are_those_computed_from_scratch() {
    let rules = rules();
    let first = std::env::var("DAYBOOK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in first..first + STORIES {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut events = story(&rules, &mut dice);
        dice.shuffle(&mut events);
        let told: Story = Rc::new(RefCell::new(Vec::new()));
        let mut received = 1_500_000_000;
        for signed in events {
            received += dice.roll(2_000_000) as i64;
            told.borrow_mut().push((signed, received));
        }
        let (mut slow, source) = engine(&rules, &told);
        for entry in 0..told.borrow().len() as u64 {
            // Clocks run between arrivals, sometimes to just before the next one.
            if dice.roll(2) == 0 {
                let next = told.borrow()[entry as usize].1;
                slow.advance(next - dice.roll(1_000_000) as i64).unwrap();
            }
            slow.feed(source.fact(entry)).unwrap();
        }
        let end = received.max(END);
        slow.advance(end).unwrap();

        let (mut scratch, source) = engine(&rules, &told);
        for entry in 0..told.borrow().len() as u64 {
            scratch.feed(source.fact(entry)).unwrap();
        }
        scratch.advance(end).unwrap();
        assert_eq!(summary(&slow), summary(&scratch), "seed {seed}");
        assert_eq!(slow.digest(), scratch.digest(), "seed {seed}");
    }
}

#[test]
fn the_order_of_arrival_changes_no_verdict() {
    let rules = rules();
    let first = std::env::var("DAYBOOK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_000);
    let mut found = 0;
    for seed in first..first + STORIES {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut events = story(&rules, &mut dice);
        let mut said: Vec<BTreeSet<String>> = Vec::new();
        for _ in 0..3 {
            dice.shuffle(&mut events);
            let told: Story = Rc::new(RefCell::new(events.iter().map(|one| (one.clone(), END)).collect()));
            let (mut engine, source) = engine(&rules, &told);
            for entry in 0..events.len() as u64 {
                engine.feed(source.fact(entry)).unwrap();
            }
            engine.advance(END + 1).unwrap();
            said.push(summary(&engine).into_iter().map(|(text, _)| text).collect());
        }
        found += said[0].len();
        assert_eq!(said[0], said[1], "seed {seed}");
        assert_eq!(said[0], said[2], "seed {seed}");
    }
    assert!(found > 1_000, "the stories are about something: {found} verdicts");
}

/// What an engine says, without and with the numbers of entries.
fn summary(engine: &Engine<Source>) -> BTreeSet<(String, Vec<u64>)> {
    engine
        .findings()
        .map(|finding| {
            let line = &engine.ruleset().lines()[usize::from(finding.line)];
            let verdict = finding.verdict.expect("every finding listed has one");
            let rule = &engine.ruleset().rule(line).id;
            let text = format!(
                "{} {rule} {} {:?} {:?} {:?}",
                finding.id, line.check.name, verdict.status, verdict.reason, verdict.measured
            );
            (text, verdict.read)
        })
        .collect()
}

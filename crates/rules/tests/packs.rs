//! The packs of this repository: free of mistakes, complete, and every example says what it claims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daybook_rules::example;
use daybook_rules::pack::{Pack, PackState, Severity};
use daybook_rules::ruleset::Ruleset;
use daybook_rules::verdict::Status;

fn files() -> Vec<(String, String)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/packs");
    let paths = std::fs::read_dir(dir).expect("the packs").map(|file| file.expect("a file").path());
    let packs = paths.filter(|path| path.extension().is_some_and(|ext| ext == "toml"));
    let name = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    packs.filter_map(|path| Some((name(&path)?, std::fs::read_to_string(&path).ok()?))).collect()
}

fn packs() -> Vec<Pack> {
    files()
        .iter()
        .map(|(name, text)| Pack::read(text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}")))
        .collect()
}

#[test]
fn every_example_of_every_pack_says_what_it_claims() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for (name, text) in files() {
        match Pack::read(&text) {
            Err(mistakes) => wrong.extend(mistakes.iter().map(|mistake| format!("{name}: {mistake}"))),
            Ok(mut pack) => {
                pack.state = PackState::InForce;
                let ruleset = Arc::new(Ruleset::new(vec![pack], None).expect("one pack contradicts nothing"));
                for rule in &ruleset.packs()[0].rules {
                    for one in &rule.examples {
                        played += 1;
                        if let Err(fault) = example::check(&ruleset, &rule.id, one) {
                            wrong.push(format!("{name}: {}: {:?}: {fault}", rule.id, one.name));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played > 200, "{played} examples");
}

#[test]
fn a_file_is_called_as_its_pack() {
    for (name, text) in files() {
        let pack = Pack::read(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        assert_eq!(format!("{}.toml", pack.id), name);
    }
}

#[test]
fn all_packs_fit_together_whether_or_not_they_are_in_force() {
    Ruleset::new(packs(), None).expect("as they are");
    let mut all = packs();
    all.iter_mut().for_each(|pack| pack.state = PackState::InForce);
    Ruleset::new(all, None).expect("all of them");
}

#[test]
fn the_pack_that_counsel_has_not_confirmed_is_switched_off_and_says_why() {
    for pack in packs() {
        let off = pack.state == PackState::SwitchedOff;
        assert_eq!(off, pack.id == "colorado-2026", "{}", pack.id);
        assert_eq!(off, pack.state_reason.is_some_and(|reason| reason.contains("Counsel")), "{}", pack.id);
    }
}

/// Rule, severity, and the types that the catalogue of rules says it reads.
const CATALOGUE: [(&str, &str, &[&str]); 47] = [
    ("R01", "V1", &["advisement.given", "release.notice_sent"]),
    ("R02", "V1", &["advisement.given", "release.notice_sent"]),
    ("R03", "V3", &["advisement.given", "release.notice_sent"]),
    ("R04", "V1", &["advisement.given", "interview.closed"]),
    ("R05", "V2", &["advisement.given"]),
    ("R06", "V2", &["advisement.given"]),
    ("R07", "V1", &["advisement.answered", "interview.closed"]),
    ("R08", "V2", &["interview.closed"]),
    ("R09", "V1", &["paper.classified", "interview.closed", "access.decided"]),
    ("R10", "V1", &["paper.classified", "access.requested", "access.decided"]),
    ("R11", "V1", &["paper.classified", "access.decided"]),
    ("R12", "V2", &["paper.classified", "access.decided"]),
    ("R13", "V1", &["paper.classified", "access.decided"]),
    ("R14", "V1", &["request.received", "paper.classified", "release.eligible", "release.completed"]),
    ("R15", "V1", &["hold.overrun"]),
    ("R16", "V2", &["release.eligible", "release.completed", "period.attested"]),
    ("R17", "V1", &["paper.classified", "custody.transferred"]),
    ("R18", "V2", &["request.received", "request.answered", "subpoena.decided"]),
    ("R19", "V3", &["request.received", "release.notice_sent", "release.completed", "request.answered"]),
    ("R20", "V4", &["release.notice_sent", "release.completed"]),
    ("R21", "V1", &["release.notice_sent"]),
    ("R22", "V1", &["request.received", "release.notice_sent"]),
    ("R23", "V1", &["information.disclosed"]),
    ("R24", "V1", &["information.disclosed"]),
    ("R25", "V1", &["request.received", "information.disclosed", "subpoena.decided"]),
    ("R26", "V2", &["information.disclosed", "subpoena.decided", "subject.notified"]),
    ("R27", "V1", &["status_question.asked"]),
    ("R28", "V2", &["form.reviewed"]),
    ("R29", "V1", &["assistance.contact"]),
    ("R30", "V1", &["custody.transferred", "assistance.contact", "complaint.closed"]),
    ("R31", "V1", &["outside_account.opened", "outside_account.reviewed"]),
    ("R32", "V2", &["outside_account.opened", "outside_account.reviewed"]),
    ("R33", "V2", &["request.answered", "outside_search.flagged"]),
    ("R34", "V2", &["taskforce.reported"]),
    ("R35", "V2", &["training.recorded", "policy.issued"]),
    ("R36", "V3", &["advisement.given", "policy.issued"]),
    ("R37", "V2", &["period.attested"]),
    ("R38", "V2", &["request.received", "period.attested", "count.reconciled"]),
    ("R39", "V3", &["*"]),
    ("R40", "V1", &["federal_arrest.observed", "court_paper.registered"]),
    ("R41", "V1", &["federal_arrest.observed", "assistance.contact"]),
    ("R42", "V2", &["complaint.received", "complaint.closed"]),
    ("R43", "V1", &["*"]),
    ("R44", "V1", &["withheld_field.opened"]),
    ("R45", "V1", &["court_paper.registered", "record.sealed"]),
    ("R46", "V1", &["export.produced"]),
    ("R47", "V3", &["finding.raised", "record.corrected"]),
];

/// Types that a rule need not name, and why.
const NOT_NAMED: &[(&str, &str, &str)] = &[
    (
        "R11",
        "paper.classified",
        "it reads the basis that was noted at the door; R10 reads what the paper was",
    ),
    ("R14", "request.received", "the paper says that there is a detainer, and more surely than the request"),
    ("R16", "release.eligible", "the ledger folds it into derived.quarter"),
    ("R16", "release.completed", "the ledger folds it into derived.quarter"),
    ("R16", "period.attested", "the ledger folds it into derived.quarter"),
    ("R31", "outside_account.reviewed", "that an account was closed later does not undo that it was open"),
    ("R37", "period.attested", "the ledger folds it into derived.period"),
    ("R38", "request.received", "the ledger folds it into derived.period"),
    ("R38", "period.attested", "the ledger folds it into derived.period"),
    ("R39", "*", "a check on every type names none"),
    ("R43", "*", "the ledger looks through all types itself, in derived.banned"),
];

#[test]
fn every_rule_of_the_catalogue_is_in_a_pack_with_its_severity() {
    let packs = packs();
    for (id, severity, _) in CATALOGUE {
        let versions: Vec<&str> = packs
            .iter()
            .flat_map(|pack| &pack.rules)
            .filter(|rule| rule.id == id)
            .map(|rule| rule.severity.as_str())
            .collect();
        assert!(!versions.is_empty(), "{id} is in no pack");
        assert!(versions.iter().all(|version| *version == severity), "{id}: {versions:?}, not {severity}");
    }
    let known: BTreeSet<&str> = CATALOGUE.iter().map(|(id, ..)| *id).collect();
    let stray = packs.iter().flat_map(|pack| &pack.rules).find(|rule| !known.contains(rule.id.as_str()));
    assert!(stray.is_none(), "{stray:?} is not in the catalogue");
}

#[test]
fn every_rule_reads_what_the_catalogue_says() {
    let packs = packs();
    for (id, _, reads) in CATALOGUE {
        for version in packs.iter().flat_map(|pack| &pack.rules).filter(|rule| rule.id == id) {
            for ty in reads {
                let excused = NOT_NAMED.iter().any(|(rule, excused, _)| *rule == id && excused == ty);
                let named = version.reads.iter().any(|read| read == ty);
                assert!(named != excused, "{id} and {ty}: named {named}, excused {excused}");
            }
        }
    }
}

#[test]
fn every_rule_shows_a_failure_a_silence_and_a_doubt() {
    let kind = |expect: &str| expect.split(':').next().unwrap_or_default().to_owned();
    for pack in packs() {
        for rule in &pack.rules {
            let shown: BTreeSet<String> = rule.examples.iter().map(|one| kind(&one.expect)).collect();
            let has = |what: &str| shown.contains(what);
            let doubt = has("open") || has("undetermined");
            let decided =
                if rule.severity == Severity::V4 { has("measured") } else { has("fails") && has("quiet") };
            assert!(doubt && decided, "{} {}: {shown:?}", pack.id, rule.id);
        }
    }
}

#[test]
fn every_class_of_a_measure_has_an_example() {
    for pack in packs() {
        for rule in &pack.rules {
            let expected: BTreeSet<&str> =
                rule.examples.iter().filter_map(|one| one.expect.strip_prefix("measured: ")).collect();
            for check in &rule.checks {
                if let daybook_rules::pack::Form::Measure { classes, otherwise, .. } = &check.form {
                    for label in classes.iter().map(|(_, label)| label).chain([otherwise]) {
                        assert!(expected.contains(label.as_str()), "{} {label}", rule.id);
                    }
                }
            }
        }
    }
}

#[test]
fn every_check_of_a_pack_fails_in_some_example() {
    for mut pack in packs() {
        pack.state = PackState::InForce;
        let ruleset = Arc::new(Ruleset::new(vec![pack], None).expect("one pack contradicts nothing"));
        let mut failing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for rule in &ruleset.packs()[0].rules {
            for one in &rule.examples {
                let said = example::play_all(&ruleset, one).expect("events that the catalogue takes");
                let own = said.into_iter().filter(|(of, _, verdict)| {
                    *of == rule.id && matches!(verdict.status, Status::Fails | Status::Measured)
                });
                failing.entry(&rule.id).or_default().extend(own.map(|(_, check, _)| check));
            }
            let mut silent = rule
                .checks
                .iter()
                .map(|check| &check.name)
                .filter(|name| !failing.get(rule.id.as_str()).is_some_and(|names| names.contains(*name)));
            let silent = silent.next();
            assert!(silent.is_none(), "{} {} {silent:?}", ruleset.packs()[0].id, rule.id);
        }
    }
}

#[test]
fn every_parameter_and_every_provision_is_used() {
    for (name, text) in files() {
        let pack = Pack::read(&text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        for (parameter, _) in &pack.parameters {
            let used = text.match_indices(&format!("params.{parameter}")).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            });
            assert!(used, "{name}: nothing reads params.{parameter}");
        }
        for (code, _) in &pack.provisions {
            let used = pack.rules.iter().any(|rule| rule.provisions.contains(code));
            assert!(used, "{name}: no rule rests on {code}");
        }
    }
}

#[test]
fn what_stands_in_a_pack_can_be_raised_as_an_event() {
    // `finding.raised` has its own forms for the names that it takes over; nobody should learn of a difference from a finding that is refused.
    let ty = daybook_event::Catalogue::builtin().latest("finding.raised").expect("the type");
    for pack in packs() {
        for rule in &pack.rules {
            for check in &rule.checks {
                let mut fields = ty.example().as_object().expect("an object").clone();
                for (name, value) in [
                    ("rule", rule.id.as_str()),
                    ("check", check.name.as_str()),
                    ("severity", rule.severity.as_str()),
                    ("pack", pack.id.as_str()),
                    ("pack_version", pack.version.as_str()),
                ] {
                    fields.insert(name.to_owned(), value.into());
                }
                fields.insert("provisions".to_owned(), rule.provisions.clone().into());
                assert!(ty.check(&fields).is_ok(), "{} {} {}", pack.id, rule.id, check.name);
            }
        }
    }
}

#[test]
fn the_pack_of_the_guide_is_sound_and_its_examples_hold() {
    let guide = include_str!("../../../ops/packs/README.md");
    let pack = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a pack");
    let pack = Pack::read(pack).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let ruleset = Arc::new(Ruleset::new(vec![pack], None).expect("one pack contradicts nothing"));
    for rule in &ruleset.packs()[0].rules {
        for one in &rule.examples {
            assert_eq!(example::check(&ruleset, &rule.id, one), Ok(()), "{}", one.name);
        }
    }
}

#[test]
fn the_guide_lists_every_pack_and_everything_that_is_derived() {
    let guide = include_str!("../../../ops/packs/README.md");
    for (name, _) in files() {
        assert!(guide.contains(&format!("({name})")), "{name}");
    }
    for (name, ty) in daybook_rules::vocab::Vocabulary::builtin().types().filter(|(_, ty)| ty.derived) {
        for field in ty.fields.keys() {
            let line = guide.lines().find(|line| line.starts_with(&format!("| `{name}`"))).expect(name);
            assert!(line.contains(&format!("`{field}`")), "{name} {field}");
        }
    }
}

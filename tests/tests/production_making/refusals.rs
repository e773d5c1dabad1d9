//! What must not pass: one person, no approval, another account, another profile, a notice, a production that is over. Each with its code.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use daybook_tests::{Department, Ledger, Person, Signers, send};
use serde_json::json;

use crate::city::Desk;
use crate::made::{build_args, built, name, opened};

const LIMIT: Duration = Duration::from_secs(120);
const CIVIL: [&str; 4] = ["--profile", "civil", "--department", "sheriff"];

/// A ledger with a department at work, and what the custodian needs beside it.
struct Office {
    ledger: Ledger,
    desk: Desk,
    words: PathBuf,
}

impl Office {
    fn new() -> Self {
        let ledger = Ledger::running_without_rules();
        let mut signers = Signers::of(&ledger, 7);
        let issuer = Department::Sheriff.issuer();
        let mut signed = vec![signers.register(&issuer, "2026-01-05T08:00:00-07:00")];
        for draft in Department::Sheriff.drafts(11, 2) {
            signed.push(signers.sign(&issuer, draft.event.as_str(), &draft.fields, None));
        }
        send(&ledger, &signed, LIMIT);
        let desk = Desk::of(&ledger);
        let words = ledger.scratch().join("words.toml");
        fs::write(&words, "custodian = \"Records\"\n").expect("the words");
        Self { ledger, desk, words }
    }

    /// A published profile with something changed, in a file of the same name in a folder of its own.
    fn profile(&self, folder: &str, from: &str, to: &str) -> String {
        let civil = include_str!("../../../ops/profiles/civil.toml");
        assert!(civil.contains(from));
        let path = self.ledger.scratch().join(folder).join("civil.toml");
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, civil.replace(from, to)).expect("the profile");
        path.to_str().expect("a path").to_owned()
    }

    /// A production that was opened and approved.
    fn approved(&self) -> String {
        let opened = opened(&self.desk.custodian, &CIVIL);
        self.desk.approver.json(&["production", "approve", name(&opened), "--yes"]);
        name(&opened).to_owned()
    }

    fn out(&self, folder: &str) -> PathBuf {
        self.ledger.scratch().join(folder)
    }

    /// Builds, and has to fail: with the code.
    fn no_build(&self, person: &Person, production: &str, more: &[&str], code: &str) {
        let out = self.out(&format!("no-{production}-{code}"));
        fs::create_dir_all(&out).expect("a folder");
        refused(person, &[&build_args(production, &self.words, &out)[..], more].concat(), 3, code);
        assert!(!out.join(format!("{production}.zip")).exists(), "{code}: a package is there");
    }
}

/// A command that has to fail with this exit code and this code in what it says.
fn refused(person: &Person, args: &[&str], exit: i32, code: &str) {
    let (given, said) = person.fails(args);
    assert!(said.contains(&format!("({code})")), "{args:?}: {said}");
    assert_eq!(given, exit, "{args:?}: {said}");
}

#[test]
fn one_person_alone_hands_nothing_over() {
    let office = Office::new();
    let Desk { custodian, approver } = &office.desk;
    let auditor = Person::granted(&office.ledger, "a-0001", "auditor", "audit");
    let new = ["production", "new", "--prefix", "D-", "--basis", "discovery", "--requester", "defense"];
    refused(&auditor, &[&new[..], &CIVIL].concat(), 3, "not-allowed");
    refused(approver, &[&new[..], &CIVIL].concat(), 3, "not-allowed");

    let production = opened(custodian, &CIVIL);
    let production = name(&production);
    refused(&auditor, &["production", "review", production], 3, "not-allowed");
    assert!(
        auditor.says(&["production", "list"]).contains(production),
        "that there is one everybody sees who audits"
    );
    refused(custodian, &["production", "approve", production, "--yes"], 3, "not-allowed");
    office.no_build(custodian, production, &[], "not-approved");
    office.no_build(approver, production, &[], "not-allowed");

    // Whoever asked cannot approve it under another hat either.
    let both = Person::granted(&office.ledger, "c-0003", "custodian", "discovery");
    let own = opened(&both, &CIVIL);
    let both = Person::granted(&office.ledger, "c-0003", "approver", "supervision");
    refused(&both, &["production", "approve", name(&own), "--yes"], 3, "own-request");

    // A refusal is a decision.
    let request = own["request"].as_str().expect("a request");
    approver.json(&["approvals", "refuse", request, "--yes"]);
    refused(approver, &["production", "approve", name(&own), "--yes"], 3, "already-decided");
    let custodian_again = Person::granted(&office.ledger, "c-0003", "custodian", "discovery");
    office.no_build(&custodian_again, name(&own), &[], "not-approved");

    // Another custodian does not go on with it.
    approver.json(&["production", "approve", production, "--yes"]);
    refused(approver, &["production", "approve", production, "--yes"], 3, "already-decided");
    let other = Person::granted(&office.ledger, "c-0002", "custodian", "discovery");
    office.no_build(&other, production, &[], "not-requester");
    let zip = built(custodian, production, &office.words, &office.out("own"), &[]).zip;
    let zip = zip.to_str().expect("a path");
    refused(&other, &["production", "deliver", production, "--package", zip, "--yes"], 3, "not-requester");
    refused(
        &other,
        &["production", "clawback", production, "--ground", "error", "--yes"],
        3,
        "not-requester",
    );
}

#[test]
fn nothing_goes_on_under_another_profile_or_past_a_notice_that_stops_it() {
    let office = Office::new();
    let Desk { custodian, approver } = &office.desk;
    let production = opened(custodian, &CIVIL);
    let production = name(&production);
    let changed = office.profile("changed", "intake = true", "intake = false");
    let with = ["--profile", changed.as_str()];
    refused(custodian, &[&["production", "review", production], &with[..]].concat(), 3, "other-profile");
    refused(
        approver,
        &[&["production", "approve", production, "--yes"], &with[..]].concat(),
        3,
        "other-profile",
    );
    approver.json(&["production", "approve", production, "--yes"]);
    office.no_build(custodian, production, &with, "other-profile");
    office.no_build(custodian, production, &["--profile", "protective-order"], "other-profile");

    let strict = office.profile("strict", "federal_detainees = \"warn\"", "federal_detainees = \"block\"");
    let with = ["--profile", strict.as_str()];
    let stopped = opened(custodian, &[&with[..], &["--department", "sheriff"]].concat());
    let stopped = name(&stopped);
    refused(custodian, &[&["production", "review", stopped], &with[..]].concat(), 3, "notice-blocks");
    refused(
        approver,
        &[&["production", "approve", stopped, "--yes"], &with[..]].concat(),
        3,
        "notice-blocks",
    );
    // The general command sends a person where the records are looked at.
    let shown = approver.json(&["production", "show", stopped]);
    let request = shown["request"]["jti"].as_str().expect("a request");
    let (code, said) = approver.fails(&["approvals", "approve", request, "--yes"]);
    assert!(code == 2 && said.contains("production approve"), "{said}");
    assert_eq!(approver.json(&["production", "show", stopped])["state"], "opened", "nothing was decided");
    // Somebody who decides it with another program does not get past the build.
    approver.json(&["approvals", "approve", request, "--yes"]);
    office.no_build(custodian, stopped, &with, "notice-blocks");

    let federal = ["production", "new", "--prefix", "F-", "--basis", "cora", "--requester", "federal"];
    refused(custodian, &[&federal[..], &CIVIL].concat(), 3, "notice-blocks");
    // And the ledger refuses it to whoever does not use this program.
    let account = office.ledger.account("c-0009", "custodian", None);
    let hash = shown["opened"]["profile_hash"].clone();
    let asked = json!({
        "bates_prefix": "F-", "basis": "cora", "requester": "federal", "profile": { "name": "civil", "hash": hash },
        "confidentiality": "none", "time_zone": "America/Denver", "query": { "departments": ["sheriff"] },
    });
    let answer = account.post("/v1/productions", &asked).expect("an answer");
    assert_eq!(answer.code(), "federal-needs-order", "{}", answer.text());
    let mut asked = asked;
    asked["basis"] = "court_order".into();
    let answer = account.post("/v1/productions", &asked).expect("an answer");
    assert_eq!(answer.code(), "order-missing", "{}", answer.text());
}

#[test]
fn what_is_asked_for_has_to_be_there_and_as_it_was() {
    let office = Office::new();
    let Desk { custodian, approver } = &office.desk;
    let new = [
        "production",
        "new",
        "--prefix",
        "D-",
        "--basis",
        "discovery",
        "--requester",
        "defense",
        "--profile",
        "civil",
    ];
    refused(custodian, &[&new[..], &["--type", "hold.overrun"]].concat(), 3, "nothing-to-produce");
    let held = ["--department", "sheriff", "--privileged", "0=attorney-client"];
    refused(custodian, &[&new[..], &held].concat(), 3, "held-back-not-found");
    refused(custodian, &["production", "show", "D-P0001"], 1, "unknown-production");

    let production = office.approved();
    let found = custodian.json(&["events", "search", "--type", "request.received", "--limit", "1"]);
    let entry = found["events"][0]["entry"].to_string();
    office.desk.both(&["seal", "--entry", &entry, "--authority", "statute", "--part", "withheld"]);
    refused(custodian, &["production", "review", &production], 3, "production-outdated");
    office.no_build(custodian, &production, &[], "production-outdated");
    // A new one takes the seal in.
    let again = office.approved();
    built(custodian, &again, &office.words, &office.out("again"), &[]);
    let states: Vec<String> = approver
        .says(&["production", "review", &again, "--json"])
        .lines()
        .filter(|line| line.contains("\"becomes\":\"sealed\""))
        .map(str::to_owned)
        .collect();
    assert_eq!(states.len(), 1, "{states:?}");
}

#[test]
fn what_was_handed_over_is_one_file_and_what_was_taken_back_is_over() {
    let office = Office::new();
    let Desk { custodian, .. } = &office.desk;
    let production = office.approved();
    let zip = built(custodian, &production, &office.words, &office.out("first"), &[]).zip;
    let zip = zip.to_str().expect("a path");
    let deliver = |production: &str| -> Vec<String> {
        ["production", "deliver", production, "--package", zip, "--yes"].map(str::to_owned).to_vec()
    };
    let run = |args: &[String]| custodian.json(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let fails = |args: &[String], exit, code| {
        refused(custodian, &args.iter().map(String::as_str).collect::<Vec<_>>(), exit, code);
    };
    let first = run(&deliver(&production));
    assert_eq!(run(&deliver(&production)), first, "the same again is the same");
    // Other words give another package, and that is not the one that is recorded.
    fs::write(&office.words, "custodian = \"Another office\"\n").expect("the words");
    office.no_build(custodian, &production, &[], "already-built-otherwise");
    let other = office.approved();
    fails(&deliver(&other), 3, "other-package");
    // The ledger does not take the hash of something that was never built, whoever sends it.
    let token = fs::read_to_string(custodian.token()).expect("a token").trim().to_owned();
    let mut program = office.ledger.public();
    program.token = Some(token);
    let hash = json!({ "package_hash": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg" });
    let sent = |production: &str| {
        program.post(&format!("/v1/productions/{production}/delivered"), &hash).expect("an answer").code()
    };
    assert_eq!(sent(&other), "not-built");
    assert_eq!(sent(&production), "already-delivered-otherwise");

    let pages = |pages: &str| -> Vec<String> {
        let back = ["production", "clawback", &production, "--bates", pages, "--ground", "error", "--yes"];
        back.map(str::to_owned).to_vec()
    };
    fails(&pages("9999999"), 3, "not-its-pages");
    let by = |by: &str| ["production", "supersede", &production, "--by", by, "--yes"].map(str::to_owned);
    fails(&by("DAYB-26CR1187-P0077"), 1, "unknown-production");
    run(&by(&other));
    office.no_build(custodian, &production, &[], "production-withdrawn");
    fails(&deliver(&production), 3, "production-withdrawn");
    let shown = custodian.says(&["production", "show", &production]);
    assert!(shown.contains("withdrawn") && shown.contains(&other), "{shown}");
}

#[test]
fn at_a_terminal_nothing_is_decided_before_the_word_is_typed() {
    if Command::new("script").arg("--version").output().is_err() {
        println!(
            "not run: there is no `script` to make a terminal; on Debian or Ubuntu: sudo apt-get install bsdutils"
        );
        return;
    }
    let office = Office::new();
    let Desk { custodian, approver } = &office.desk;
    let production = opened(custodian, &CIVIL);
    let production = name(&production);
    let typed = |word: &str| {
        let daybook = approver.command();
        let call = format!("{} production approve {production}", daybook.get_program().to_string_lossy());
        let mut terminal = Command::new("script");
        terminal.args(["--quiet", "--return", "--command", &call, "/dev/null"]);
        terminal.envs(daybook.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a terminal");
        writeln!(terminal.stdin.take().expect("its input"), "{word}").expect("typed");
        let output = terminal.wait_with_output().expect("it ends");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (decided, said) = typed("y");
    assert!(!decided && said.contains("nothing was decided"), "{said}");
    assert!(
        said.contains("records    ") && said.contains("hand over"),
        "what would go out was shown: {said}"
    );
    assert_eq!(custodian.json(&["production", "show", production])["state"], "opened");
    let (decided, said) = typed("yes");
    assert!(decided && said.contains("approved; recorded as"), "{said}");
    assert_eq!(custodian.json(&["production", "show", production])["state"], "approved");
}

//! The desk as clerks, auditors and custodians use it: by the command line.

use std::fs;
use std::path::Path;

use daybook_tests::{Ledger, Person, daybook, run_ok};

use crate::city;

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in ASCII")
}

#[test]
fn an_auditor_a_custodian_and_an_approver_do_their_work_at_the_terminal() {
    let ledger = Ledger::running();
    city::at_work(&ledger, 3);
    let auditor = Person::granted(&ledger, "a-0001", "auditor", "audit");
    let custodian = Person::granted(&ledger, "c-0001", "custodian", "audit");
    let approver = Person::granted(&ledger, "p-0001", "approver", "audit");
    assert!(auditor.says(&["whoami"]).contains("auditor"));

    let found = auditor.json(&["events", "search", "--type", "request.received", "--count-by", "department"]);
    let total = found["total"].as_u64().expect("a total");
    let event = &found["events"][0];
    let (jti, matter) = (event["jti"].as_str().expect("a jti"), event["matter"].as_str().expect("a matter"));
    let counted = auditor.json(&["events", "count", "--type", "request.received"]);
    assert_eq!(counted["total"].as_u64(), Some(total));
    let shown = auditor.says(&["events", "show", jti, "--policy", path(&ledger.policy())]);
    assert!(shown.contains("request.received") && shown.contains("proof"), "{shown}");
    assert!(auditor.says(&["matter", "show", matter]).contains("request.received"));

    let out = ledger.scratch().join("all.csv");
    let export = ["events", "export", "--type", "request.received"];
    let file = ["--out", path(&out), "--format", "csv"];
    let alone = auditor.run(&[&export[..], &file].concat());
    assert_eq!(alone.status.code(), Some(3));
    let why = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(why.contains("--request") && why.contains("--approval") && !out.exists(), "{why}");
    let asked = auditor.json(&[&export[..], &["--request", "--authority", "audit"]].concat());
    let request = asked["request"].as_str().expect("a request");
    // Nobody is at the terminal to be asked, so without a word nothing is decided; a program says yes.
    let unasked = approver.run(&["approvals", "approve", request]);
    assert_eq!(unasked.status.code(), Some(2));
    let shown = String::from_utf8_lossy(&unasked.stdout).into_owned();
    assert!(shown.contains("take out") && shown.contains("type=request.received"), "{shown}");
    assert_eq!(approver.run(&["approvals", "approve", request, "--json"]).status.code(), Some(2));
    assert_eq!(
        approver.run(&["open", "approve", request, "--yes"]).status.code(),
        Some(2),
        "it is no opening"
    );
    approver.says(&["approvals", "approve", request, "--yes"]);
    auditor.says(&[&export[..], &file, &["--approval", request]].concat());
    let lines = fs::read_to_string(&out).expect("the export").lines().count() as u64;
    assert_eq!(lines, total + 1, "a line for each event and one of names");

    let asked = auditor.json(&["open", "request", "--event", jti, "--authority", "audit", "--minutes", "5"]);
    let request = asked["request"].as_str().expect("a request");
    assert_eq!(auditor.run(&["open", "values", request]).status.code(), Some(3), "nobody has approved yet");
    assert!(approver.says(&["approvals", "list"]).contains(request));
    approver.says(&["open", "approve", request, "--yes"]);
    assert!(auditor.says(&["open", "values", request]).contains("matter_ref"));

    let erase = ["erase", "--event", jti, "--authority", "statute", "--part", "withheld"];
    assert_eq!(custodian.run(&erase).status.code(), Some(2), "what is lost for good takes --yes");
    let asked = custodian.json(&[&erase[..], &["--yes"]].concat());
    approver.json(&["approvals", "approve", "--yes", asked["request"].as_str().expect("a request")]);
    let after = auditor.says(&["events", "show", jti]);
    assert!(after.to_lowercase().contains("erased"), "{after}");

    let accounts = run_ok(daybook().args(["account", "list", "--json", "--dir"]).arg(ledger.dir()));
    let accounts = String::from_utf8_lossy(&accounts.stdout).into_owned();
    assert!(accounts.contains("a-0001") && !accounts.contains("digest"), "{accounts}");
    let status =
        daybook().args(["keyring", "status", "--dir"]).arg(ledger.dir()).output().expect("it starts");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

//! The benches run to their end on a small scale, so that they do not rot. How fast they are is no test.

use daybook_tests::{daybook, run_ok};
use serde_json::Value;

#[test]
fn the_bench_of_auditors_access_grows_a_valid_ledger_and_reports_every_figure() {
    let parent = tempfile::tempdir().expect("a directory");
    let dir = parent.path().join("ledger");
    let output = run_ok(
        daybook()
            .args(["bench", "access", "--sizes", "1000,2000", "--queries", "4", "--reads", "12"])
            .args(["--pace", "200", "--lag-seconds", "1", "--json", "--keep", "--dir"])
            .arg(&dir),
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let sizes = report["sizes"].as_array().expect("a list");
    assert_eq!(sizes.len(), 2);
    for (size, entries) in sizes.iter().zip([1_000, 2_000]) {
        assert_eq!((&size["entries"], &size["rebuild"]["entries"]), (&entries.into(), &entries.into()));
        let asked = size["asked"].as_array().expect("a list");
        assert_eq!(asked.len(), 9);
        for shape in asked {
            let count = if shape["shape"] == "event with proof" { 12 } else { 4 };
            assert_eq!((&shape["one"]["count"], &shape["several"]["count"]), (&count.into(), &count.into()));
            assert_eq!(shape["first"]["count"], 20, "{shape}");
        }
        assert!(size["alone"]["commits"].as_f64() >= Some(1.0), "no reads were recorded");
    }
    // There is room for 200 more below the next size, and the last has no next.
    assert!(sizes[0]["lag"].is_object() && sizes[1]["lag"]["events"] == 200);
    let policy = dir.join("trust.policy");
    let verified = run_ok(daybook().args(["verify", "log"]).arg(&dir).arg("--policy").arg(&policy));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("VERIFIED"));
}

#[test]
fn a_disk_without_room_is_said_before_anything_is_made() {
    let parent = tempfile::tempdir().expect("a directory");
    let dir = parent.path().join("ledger");
    let output = daybook()
        .args(["bench", "access", "--sizes", "1000,1000000000000", "--dir"])
        .arg(&dir)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("bytes are needed") && said.contains("are free"),
        "{said}"
    );
    assert!(std::fs::read_dir(&dir).is_ok_and(|mut files| files.next().is_none()), "something was made");
}

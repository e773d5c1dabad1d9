//! The whole jail file over a real bus: what the mapping promises is what the ledger holds.

use std::path::Path;

use daybook_tests::{Ledger, jail_data, run_ok};

#[test]
fn the_jail_file_becomes_exactly_the_events_that_its_mapping_promises() {
    let Some(data) = jail_data() else {
        println!(
            "not run: travis-county-detainers.csv is not on this machine (set DAYBOOK_DATA to its folder)"
        );
        return;
    };
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/mappings/travis-county-detainers.toml");
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    let before = ledger.size();

    let promised = run_ok(
        producer.command("import").arg("--dry-run").arg("--json").arg("--mapping").arg(&mapping).arg(&data),
    );
    let promised: serde_json::Value = serde_json::from_slice(&promised.stdout).expect("JSON");
    let promised = promised["made"].as_u64().expect("the number of events that the mapping promises");
    // Two events for each of the 9,602 rows at the least: the request and its classification.
    assert!(promised > 2 * 9_602, "{promised}");

    let import = || {
        run_ok(
            producer
                .command("import")
                .args(["--json", "--wait", "600", "--mapping"])
                .arg(&mapping)
                .arg(&data),
        );
    };
    import();
    let status = producer.status();
    assert_eq!(status["pending"], 0, "{status}");
    assert_eq!(status["receipts"], promised, "{status}");
    assert_eq!(ledger.size() - before, promised);

    import();
    assert_eq!(ledger.size() - before, promised, "importing again adds nothing");
    ledger.stop();
    let report = ledger.verify();
    assert_eq!(report["ok"], true, "{report}");
    println!("{promised} events from 9,602 rows");
}

//! A production built and delivered against a ledger of a few lines, which can break off.

mod desk;

use std::fs;
use std::path::Path;

use daybook_production::package::ArchivePackage;
use daybook_verify::production::{ProductionOptions, Trusted, verify_production};

use super::*;
use crate::production::deliver;
use crate::remote::tests::connection;
use desk::{Desk, NAME};

fn args(desk: &Desk, out: &Path) -> Args {
    Args {
        name: NAME.into(),
        out: out.to_owned(),
        profile: None,
        words: None,
        dat_cp1252: false,
        threads: Some(2),
        connection: connection(&["--ledger", &desk.address, "--json"]),
        purpose: Purpose::of("discovery"),
    }
}

fn zip(out: &Path) -> Vec<u8> {
    fs::read(out.join(format!("{NAME}.zip"))).unwrap()
}

#[test]
fn what_is_built_holds_and_nothing_else_is_left() {
    let (desk, out) = (Desk::open(), tempfile::tempdir().unwrap());
    run(&args(&desk, out.path())).unwrap();
    let archive = ArchivePackage::open(&out.path().join(format!("{NAME}.zip"))).unwrap();
    let policy = desk.policy().parse().unwrap();
    let report =
        verify_production(&archive, Trusted::Policy(&policy), &ProductionOptions::default(), &|_| {});
    assert!(report.ok, "{:?}", report.code);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "the ZIP and nothing else");
    assert!(desk.asked("checkpoints") > 3, "it waited for a checkpoint");
}

#[test]
fn an_answer_that_breaks_off_anywhere_is_made_good_by_the_same_command() {
    let desk = Desk::open();
    let whole = tempfile::tempdir().unwrap();
    run(&args(&desk, whole.path())).unwrap();
    let whole = zip(whole.path());
    for (broken, fetched) in
        [("materials", 2), ("/tile/", 1), ("numbers", 1), ("authorities", 1), ("built", 1)]
    {
        let (before, out) = (desk.asked("materials"), tempfile::tempdir().unwrap());
        desk.break_once(broken);
        let refused = run(&args(&desk, out.path())).unwrap_err();
        assert_eq!(refused.exit_code(), std::process::ExitCode::from(1), "{broken}: {refused}");
        assert!(!out.path().join(format!("{NAME}.zip")).exists(), "{broken}");
        run(&args(&desk, out.path())).unwrap();
        assert!(zip(out.path()) == whole, "{broken}");
        assert_eq!(
            desk.asked("materials") - before,
            fetched,
            "{broken}: what was whole is not fetched again"
        );
        assert!(!out.path().join(".work").exists(), "{broken}");
    }
}

#[test]
fn what_was_fetched_and_is_in_doubt_is_fetched_again_by_the_next_run() {
    let (desk, out) = (Desk::open(), tempfile::tempdir().unwrap());
    desk.break_once("numbers");
    run(&args(&desk, out.path())).unwrap_err();
    let materials = out.path().join(".work").join(NAME).join("materials.jsonl");
    let changed = fs::read_to_string(&materials).unwrap().replacen("\"bytes\":\"{", "\"bytes\":\"[", 1);
    fs::write(&materials, changed).unwrap();
    let refused = run(&args(&desk, out.path())).unwrap_err().to_string();
    assert!(refused.contains("entry 4") && refused.contains("fetch it from the ledger again"), "{refused}");
    assert!(!materials.exists() && desk.asked("materials") == 1);
    run(&args(&desk, out.path())).unwrap();
    assert_eq!(desk.asked("materials"), 2);
}

#[test]
fn another_profile_is_refused_before_anything_is_fetched() {
    let (desk, out) = (Desk::open(), tempfile::tempdir().unwrap());
    let mut args = args(&desk, out.path());
    args.profile = Some("civil".into());
    let refused = run(&args).unwrap_err();
    assert!(matches!(refused, Trouble::Refused { code: "other-profile", .. }), "{refused}");
    assert_eq!(desk.asked("materials"), 0);
}

#[test]
fn only_the_package_of_the_production_is_delivered() {
    let (desk, out) = (Desk::open(), tempfile::tempdir().unwrap());
    run(&args(&desk, out.path())).unwrap();
    let package = out.path().join(format!("{NAME}.zip"));
    let deliver = |name: &str, package: &Path| {
        let connection = connection(&["--ledger", &desk.address, "--json"]);
        deliver::run(&deliver::Args::of(name, package, connection, Purpose::of("discovery")))
    };
    deliver(NAME, &package).unwrap();
    assert_eq!(desk.delivered(), [b64::encode(daybook_event::hash::sha256(zip(out.path())))]);
    let mut bytes = zip(out.path());
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    let changed = out.path().join("changed.zip");
    fs::write(&changed, bytes).unwrap();
    for (name, package) in [(NAME, &changed), ("DAYB-26CR1187-P0002", &package)] {
        let refused = deliver(name, package).unwrap_err();
        assert!(matches!(refused, Trouble::Refused { code: "other-package", .. }), "{refused}");
    }
    assert_eq!(desk.delivered().len(), 1);
}

//! The page that says how to check a package by hand is run as it stands, with bash, coreutils and OpenSSL and nothing else to be found.
#![allow(clippy::unwrap_used)]

#[path = "support/bag.rs"]
mod bag;
mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use daybook_production::{papers::hand_check, sample};

use bag::Bag;

/// What the page may use besides OpenSSL: bash, and programs of the GNU coreutils.
const PROGRAMS: [&str; 11] =
    ["bash", "openssl", "base64", "basenc", "cat", "cut", "mktemp", "sha256sum", "sha512sum", "tr", "wc"];

struct Checked {
    output: Output,
}

impl Checked {
    fn said(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}{}", text(&self.output.stdout), text(&self.output.stderr))
    }
}

/// A folder in which nothing but the programs can be found.
fn path_with_little(dir: &Path) -> PathBuf {
    let bin = dir.join("bin");
    fs::create_dir(&bin).unwrap();
    for program in PROGRAMS {
        let found = ["/usr/bin", "/bin", "/usr/local/bin"].map(|at| Path::new(at).join(program));
        symlink(
            found.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no {program}")),
            bin.join(program),
        )
        .unwrap();
    }
    bin
}

/// Runs the page's commands the way the page says.
fn run(bag: &Bag) -> Checked {
    let bin = path_with_little(bag.dir.path());
    let extract = "while IFS= read -r l; do case $l in \"    \"*) echo \"${l#    }\";; esac; done \
                   < data/VERIFY/HAND-CHECK.txt > \"$OUT\" && bash -eu \"$OUT\"";
    let output = Command::new(bin.join("bash"))
        .args(["-c", extract])
        .current_dir(&bag.root)
        .env_clear()
        .env("PATH", &bin)
        .env("OUT", bag.dir.path().join("check.sh"))
        .output()
        .unwrap();
    Checked { output }
}

#[test]
fn the_page_checks_a_whole_package_with_coreutils_and_openssl_alone() {
    let checked = run(&Bag::make());
    let said = checked.said();
    assert!(checked.output.status.success(), "{said}");
    assert!(said.contains("All checks of this page hold."), "{said}");
    assert!(said.lines().filter(|line| line.starts_with("holds:")).count() >= 25, "{said}");
}

/// What `sample` makes: a ledger with rotated and revoked keys, sealed and erased records, a witness.
#[test]
fn the_page_checks_the_sample_production_too() {
    let native = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        files.keys().find(|path| path.starts_with("data/VOL001/NATIVES/")).unwrap().clone()
    };
    let plain = sample::sample().unwrap();
    let page = hand_check(&plain.name, &native(&plain.files)).into_bytes();
    let extras = [("data/VERIFY/HAND-CHECK.txt".to_owned(), page)].into();
    let [sample, _] = sample::samples(&extras).unwrap();
    let checked = run(&Bag::unpack(&sample.name, &sample.files));
    let said = checked.said();
    assert!(checked.output.status.success() && said.contains("All checks of this page hold."), "{said}");
}

/// Gives the page's commands to an interactive shell, as somebody does who pastes them into a terminal.
fn paste(bag: &Bag) -> String {
    let bin = path_with_little(bag.dir.path());
    let page = fs::read_to_string(bag.root.join("data/VERIFY/HAND-CHECK.txt")).unwrap();
    let commands: String =
        page.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
    let path = bag.dir.path().join("pasted");
    fs::write(&path, commands).unwrap();
    let output = Command::new(bin.join("bash"))
        .args(["--norc", "--noprofile", "-i"])
        .current_dir(&bag.root)
        .env_clear()
        .env("PATH", &bin)
        .stdin(fs::File::open(path).unwrap())
        .output()
        .unwrap();
    // The shell shows what was typed on standard error.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_commands_can_be_pasted_into_a_terminal() {
    let said = paste(&Bag::make());
    assert!(said.contains("All checks of this page hold.") && !said.contains("NOT HOLD"), "{said}");
}

#[test]
fn pasted_commands_do_not_end_well_where_one_check_failed() {
    let bag = Bag::make();
    bag.write("data/VOL001/TEXT/TEXT001/DAYB-26CR1187-00000001.txt", "another text");
    let said = paste(&bag);
    assert!(said.contains("DO NOT HOLD") && !said.contains("All checks of this page hold."), "{said}");
}

/// Tampers with a package and looks for the check that then does not hold.
fn refused(why: &str, tamper: impl Fn(&Bag)) {
    let bag = Bag::make();
    tamper(&bag);
    let checked = run(&bag);
    assert!(!checked.output.status.success(), "{why} went unnoticed:\n{}", checked.said());
    assert!(checked.said().contains(why), "expected {why}:\n{}", checked.said());
}

/// Puts another character in the place of one, counted from the end of a mark.
fn exchange(text: &str, after: &str, distance: usize) -> String {
    let at = text.find(after).unwrap() + after.len() + distance;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn a_changed_or_added_file_stops_at_the_lists() {
    refused("1 computed checksum did NOT match", |bag| {
        bag.write("data/VOL001/NATIVES/NATIVE001/DAYB-26CR1187-00000003.json", "{}")
    });
    refused("no file under data that the list does not name", |bag| bag.write("data/more.txt", "more"));
    refused("no file under data that the list does not name", |bag| bag.write("data/.hidden", "more"));
    refused("no file beside data that the lists do not name", |bag| bag.write("more.txt", "more"));
}

// In all that follows the lists are written anew after the change, as somebody would who hides it.

#[test]
fn a_checkpoint_that_was_not_signed_is_noticed() {
    let path = "data/PROOFS/checkpoint.txt";
    refused("signature of the checkpoint of the proofs", |bag| {
        bag.change(path, |note| note.replacen("\n8\n", "\n9\n", 1))
    });
}

#[test]
fn an_event_or_entry_that_was_changed_is_noticed() {
    let native = |bag: &Bag| bag.first_native.clone();
    refused("the event in", |bag| bag.change(&native(bag), |text| exchange(text, "\",\"event\":\"", 400)));
    refused("is in the ledger", |bag| bag.change(&native(bag), |text| exchange(text, "intake\\\":\\\"", 3)));
}

#[test]
fn a_disclosure_that_was_exchanged_is_noticed() {
    refused("what data/VOL001", |bag| bag.change(&bag.first_native.clone(), |text| exchange(text, "~", 30)));
}

#[test]
fn a_key_that_the_ledger_never_registered_is_noticed() {
    refused("signature of sheriff/jail-records", |bag| {
        fs::remove_file(bag.root.join("data/PROOFS/AUTHORITY/2.json")).unwrap();
        bag.manifests();
    });
}

#[test]
fn a_package_that_the_ledger_did_not_vouch_for_is_noticed() {
    refused("the ledger recorded the hash of this package", |bag| {
        bag.write("READ-ME-FIRST.txt", "something else\n");
        bag.manifests();
    });
}

#[test]
fn a_leaf_that_was_left_out_or_called_something_else_is_noticed() {
    let path = "data/PROOFS/leaves.csv";
    // The package would have to be vouched for anew; that check is taken out here to see the one behind it.
    let blind = |bag: &Bag| {
        bag.change("data/VERIFY/HAND-CHECK.txt", |page| {
            page.replace("    must \"$found\" yes", "    true \"$found\" yes")
        })
    };
    refused("leaves.csv has no gap", |bag| {
        blind(bag);
        bag.change(path, |rows| {
            rows.lines().filter(|row| !row.starts_with("4,")).map(|row| format!("{row}\r\n")).collect()
        });
    });
    refused("the leaves give the checkpoint of the proofs", |bag| {
        blind(bag);
        bag.change(path, |rows| exchange(rows, "4,1,", 5).replace(['A', 'B'], "0"));
    });
    refused("as many records as leaves.csv calls produced", |bag| {
        blind(bag);
        bag.change(path, |rows| rows.replace("withheld", "produced"));
    });
}

//! A production as its recipient handles it: with the real command, on the sample.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use daybook_production::sample::{Sample, sample};
use daybook_tests::daybook;
use serde_json::Value;

struct Received {
    folder: tempfile::TempDir,
    sample: Sample,
}

impl Received {
    fn new() -> Self {
        let received =
            Self { folder: tempfile::tempdir().expect("a folder"), sample: sample().expect("the sample") };
        fs::write(received.zip(), received.sample.zip().expect("the ZIP")).expect("it is written");
        fs::write(received.policy(), &received.sample.files["data/PROOFS/policy.txt"])
            .expect("it is written");
        received
    }

    fn zip(&self) -> std::path::PathBuf {
        self.folder.path().join("sample.zip")
    }

    fn policy(&self) -> std::path::PathBuf {
        self.folder.path().join("trust.policy")
    }

    fn unpack(&self) -> std::path::PathBuf {
        let folder = self.folder.path().join("unpacked");
        for (name, bytes) in &self.sample.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            fs::write(path, bytes).expect("it is written");
        }
        folder
    }
}

fn verify(production: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command: Command = daybook();
    command.args(["production", "verify"]).arg(production).args(more);
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_production_holds_as_a_zip_and_as_a_folder() {
    let received = Received::new();
    let policy = received.policy().display().to_string();
    let key = received.sample.log_key.to_string();
    for (path, more) in [
        (received.zip(), vec!["--policy", policy.as_str()]),
        (received.zip(), vec!["--log-key", key.as_str(), "--threads", "1"]),
        (received.unpack(), vec!["--policy", policy.as_str()]),
    ] {
        let (code, said, errors) = verify(&path, &more);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{said}");
        assert!(said.starts_with("HOLDS  DAYB-26CR1187-P0001\n"), "{said}");
        assert!(!said.contains("fingerprint"), "{said}");
    }
    let (code, said, _) = verify(&received.zip(), &[]);
    assert_eq!(code, Some(0));
    assert!(said.contains("open   trusted-key") && said.contains("fingerprint"), "{said}");
}

#[test]
fn a_changed_file_is_named_and_the_exit_code_is_that_of_the_check() {
    let received = Received::new();
    let folder = received.unpack();
    let policy = received.policy().display().to_string();
    fs::write(folder.join("data/PAPERS/certificate.txt"), "I certify nothing.\n").expect("it is written");
    let (code, said, _) = verify(&folder, &["--policy", &policy]);
    assert_eq!(code, Some(33), "{said}");
    assert!(
        said.contains("FAILS  manifest")
            && said.contains("data/PAPERS/certificate.txt: this file was changed"),
        "{said}"
    );
    let (code, json, _) = verify(&folder, &["--policy", &policy, "--json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((code, &report["ok"], &report["code"]), (Some(33), &false.into(), &"manifest".into()));
    assert_eq!(report["checks"].as_array().map(Vec::len), Some(17));
    let mut zip = fs::read(received.zip()).expect("it is read");
    zip.push(0);
    fs::write(received.zip(), zip).expect("it is written");
    assert_eq!(verify(&received.zip(), &[]).0, Some(30));
}

#[test]
fn wrong_calls_say_what_to_do() {
    let received = Received::new();
    let (code, _, said) = verify(received.folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("name the folder that holds it, or the ZIP"), "{said}");
    let (code, _, said) = verify(&received.zip(), &["--log-key", "nonsense"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("<name>+<8 hex digits>+<base64>"), "{said}");
    let (code, _, said) = verify(&received.zip(), &["--policy", "/nowhere.policy"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("/nowhere.policy"), "{said}");
    assert_eq!(verify(Path::new("/nowhere.zip"), &[]).0, Some(1));
}

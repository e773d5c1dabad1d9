//! The verifier in JavaScript (`schemas/verify.js`) gives the answers that the one in Rust gives: both are held against the same vectors.
#![allow(clippy::print_stderr)]

use std::path::Path;
use std::process::Command;

/// The oldest Node for which the verifier is written.
const LEAST_NODE: u32 = 20;

/// The major version of the Node on this machine; none where there is none.
fn node() -> Option<u32> {
    let told = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(told.stdout).ok()?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[test]
fn the_javascript_verifier_passes_the_vectors() {
    match node() {
        Some(version) if version >= LEAST_NODE => {}
        found => {
            eprintln!(
                "not run: this needs Node {LEAST_NODE} or later (found: {found:?}); on Debian or Ubuntu: sudo apt-get install nodejs"
            );
            return;
        }
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("javascript");
    let mut files: Vec<_> = std::fs::read_dir(&tests)
        .expect("the tests in JavaScript are there")
        .map(|file| file.expect("a folder can be listed").path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let run = Command::new("node").arg("--test").args(&files).output().expect("node was there a moment ago");
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}\n{}", String::from_utf8_lossy(&run.stderr));
}

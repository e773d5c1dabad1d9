//! How to check a package with nothing but bash, coreutils and OpenSSL. A test runs the commands of this page.

use super::facts::Facts;

const TEMPLATE: &str = include_str!("hand-check.txt");

/// `HAND-CHECK.txt`.
pub fn hand_check(facts: &Facts<'_>) -> String {
    let native =
        if facts.first_native().is_empty() { "data/PROOFS/statement.json" } else { facts.first_native() };
    TEMPLATE.replace("{{PRODUCTION}}", &facts.choices.production).replace("{{FIRST_NATIVE}}", native)
}

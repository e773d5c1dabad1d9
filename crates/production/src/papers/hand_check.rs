//! How to check a package with nothing but bash, coreutils and OpenSSL. A test runs the commands of this page.

const TEMPLATE: &str = include_str!("hand-check.txt");

/// `HAND-CHECK.txt` of a production; it walks through one record, by its path in the package, and says how to take another.
pub fn hand_check(production: &str, record: &str) -> String {
    TEMPLATE.replace("{{PRODUCTION}}", production).replace("{{FIRST_NATIVE}}", record)
}

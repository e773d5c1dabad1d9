//! Which files a package has, and what each is by its name.

use super::leaves::number;

/// The files that every production has.
pub const REQUIRED: [&str; 36] = [
    "READ-ME-FIRST.txt",
    "bag-info.txt",
    "bag-record.json",
    "bagit.txt",
    "data/LOGS/custody.jsonl",
    "data/LOGS/incidents.csv",
    "data/LOGS/privilege-log.csv",
    "data/LOGS/redaction-log.csv",
    "data/LOGS/withheld.csv",
    "data/PAPERS/certificate.pdf",
    "data/PAPERS/certificate.txt",
    "data/PAPERS/cover-letter.pdf",
    "data/PAPERS/cover-letter.txt",
    "data/PAPERS/form-37.pdf",
    "data/PAPERS/form-37.txt",
    "data/PAPERS/form-38.pdf",
    "data/PAPERS/form-38.txt",
    "data/PROOFS/checkpoint-searched.txt",
    "data/PROOFS/checkpoint.txt",
    "data/PROOFS/consistency.json",
    "data/PROOFS/leaves.csv",
    "data/PROOFS/policy.txt",
    "data/PROOFS/statement.json",
    "data/VERIFY/HAND-CHECK.txt",
    "data/VERIFY/formats.md",
    "data/VERIFY/production.md",
    "data/VERIFY/verify.html",
    "data/VOL001/DATA/VOL001.csv",
    "data/VOL001/DATA/VOL001.dat",
    "data/VOL001/DATA/VOL001.jsonl",
    "data/VOL001/DATA/VOL001.opt",
    "data/VOL001/DATA/columns.csv",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
];

/// Most bytes of a name.
pub const MAX_NAME_BYTES: usize = 255;

/// The ledger's record of the package.
pub const BAG_RECORD: &str = "bag-record.json";
/// The ledger's record of the production.
pub const STATEMENT: &str = "data/PROOFS/statement.json";
/// The folder of the records on which others rest.
pub const AUTHORITY: &str = "data/PROOFS/AUTHORITY/";
/// The folder of the natives.
pub const NATIVES: &str = "data/VOL001/NATIVES/";

/// What is wrong with a name by itself.
pub(crate) fn name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Some("a name has 1 to 255 bytes");
    }
    // With ASCII alone no two names can look alike, on any system, by the form of their letters.
    if name.contains('\\') || !name.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Some("a name is printable ASCII without a backslash");
    }
    if name.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Some("a name is relative, and no part of it is empty, '.' or '..'");
    }
    None
}

/// The index in the name of a record of `AUTHORITY`.
pub(crate) fn authority_index(name: &str) -> Option<u64> {
    number(name.strip_prefix(AUTHORITY)?.strip_suffix(".json")?)
}

/// The Bates number in the name of a native: `NATIVE<three digits or more>/<Bates>.json`.
pub(crate) fn native_bates(name: &str) -> Option<&str> {
    let (folder, file) = name.strip_prefix(NATIVES)?.split_once('/')?;
    let digits = folder.strip_prefix("NATIVE")?;
    let numbered = digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    let bates = file.strip_suffix(".json")?;
    (numbered && !bates.is_empty() && !bates.contains('/')).then_some(bates)
}

/// Whether it has the form of a production's name: `<Bates prefix>P<four digits>`.
pub(crate) fn is_production(name: &str) -> bool {
    let Some((prefix, digits)) = name.rsplit_once('P') else { return false };
    let letter = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    digits.len() == 4
        && digits.bytes().all(|b| b.is_ascii_digit())
        && prefix.len() <= 24
        && prefix.len() >= 2
        && prefix.ends_with('-')
        && prefix.bytes().next().is_some_and(letter)
        && prefix.bytes().all(|b| letter(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        assert!(REQUIRED.is_sorted());
        assert_eq!(authority_index("data/PROOFS/AUTHORITY/17.json"), Some(17));
        assert_eq!(authority_index("data/PROOFS/AUTHORITY/017.json"), None);
        assert_eq!(native_bates("data/VOL001/NATIVES/NATIVE001/X-000001.json"), Some("X-000001"));
        assert_eq!(native_bates("data/VOL001/NATIVES/NATIVE1/X-000001.json"), None);
        for name in ["DAYB-26CR1187-P0001", "A-P0001"] {
            assert!(is_production(name), "{name}");
        }
        for name in ["DAYB-26CR1187-P001", "P0001", "daybp-P0001", "-P0001", "A P0001", "AP0001"] {
            assert!(!is_production(name), "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for bad in
            ["", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "a\\b", "a\nb", "a\u{7f}", "C:\\a", "caf\u{e9}"]
        {
            assert!(name_fault(bad).is_some(), "{bad:?}");
        }
        assert!(name_fault(&"a".repeat(256)).is_some());
        assert!(REQUIRED.iter().all(|name| name_fault(name).is_none()));
    }
}

//! What the Library of Congress's bagit-conformance-suite asks of a reader of bags, in bags of our own. A production's reader is stricter: it
//! takes BagIt 1.0 in UTF-8 without anything left to fetch, and one spelling of everything.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use daybook_production::sample::{Sample, sample};
use daybook_verify::production::{
    BAG_RECORD, Check, DECLARATION, Digests, MemoryPackage, ProductionOptions, Trusted, manifest_line,
    verify_production,
};

type Files = BTreeMap<String, Vec<u8>>;

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| sample().unwrap());

const PAYLOAD: &str = "manifest-sha256.txt";
const PAPER: &str = "data/PAPERS/certificate.txt";

/// The verdict's code on the changed sample.
fn verdict(change: impl FnOnce(&mut Files)) -> Option<Check> {
    let mut files = SAMPLE.files.clone();
    change(&mut files);
    let package = MemoryPackage { top: None, files };
    verify_production(&package, Trusted::Nothing, &ProductionOptions::default(), &|_| {}).code
}

/// The same with a payload manifest that says something else, and tag manifests that vouch for it.
fn listed(change: impl FnOnce(String) -> String) -> Option<Check> {
    verdict(|files| {
        let text = String::from_utf8(files[PAYLOAD].clone()).unwrap();
        files.insert(PAYLOAD.into(), change(text).into_bytes());
        retag(files);
    })
}

/// Makes the tag manifests anew.
fn retag(files: &mut Files) {
    let tag =
        |name: &str| !name.starts_with("data/") && !name.starts_with("tagmanifest-") && name != BAG_RECORD;
    let mut manifests = [String::new(), String::new()];
    for (name, bytes) in files.iter().filter(|(name, _)| tag(name)) {
        let digests = Digests::of(bytes);
        manifests[0] += &manifest_line(&digests.sha256, name);
        manifests[1] += &manifest_line(&digests.sha512, name);
    }
    let [short, long] = manifests;
    files.insert("tagmanifest-sha256.txt".into(), short.into_bytes());
    files.insert("tagmanifest-sha512.txt".into(), long.into_bytes());
}

fn paper_line(text: &str) -> String {
    text.lines().find(|line| line.ends_with(PAPER)).unwrap().to_owned() + "\n"
}

#[test]
fn declarations_other_than_ours_are_refused() {
    for other in [
        "",
        "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1.0\n",
        "BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1\nTag-File-Character-Encoding: UTF-8\n",
        "\u{feff}BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: ISO-8859-1\n",
        "BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n",
    ] {
        assert_ne!(other, DECLARATION);
        let code = verdict(|files| drop(files.insert("bagit.txt".into(), other.into())));
        assert_eq!(code, Some(Check::Declaration), "{other:?}");
    }
    for missing in ["bagit.txt", "bag-info.txt", PAYLOAD, "tagmanifest-sha512.txt"] {
        assert_eq!(verdict(|files| drop(files.remove(missing))), Some(Check::Declaration), "{missing}");
    }
}

#[test]
fn files_that_are_corrupt_missing_or_surplus_are_found() {
    let put = |name: &str| verdict(|files| drop(files.insert(name.into(), b"x".to_vec())));
    assert_eq!(put(PAPER), Some(Check::Manifest));
    assert_eq!(put("bag-info.txt"), Some(Check::TagManifest));
    assert_eq!(put("data/extra.txt"), Some(Check::Manifest));
    assert_eq!(put("extra.txt"), Some(Check::TagManifest));
    let text = "data/VOL001/TEXT/TEXT001/DAYB-26CR1187-00000001.txt";
    assert_eq!(verdict(|files| drop(files.remove(text))), Some(Check::Manifest));
}

#[test]
fn manifests_list_each_file_once_in_one_spelling() {
    let same = listed(|text| text.clone() + &paper_line(&text));
    let different = listed(|text| text.clone() + &manifest_line(&[7; 32], PAPER));
    let missing = listed(|text| text.replace(&paper_line(&text), ""));
    let upper = listed(|text| {
        let line = paper_line(&text);
        let (digest, name) = line.split_once("  ").unwrap();
        text.replace(&line, &format!("{}  {name}", digest.to_uppercase()))
    });
    let binary = listed(|text| text.replace(&format!("  {PAPER}"), &format!(" *{PAPER}")));
    let dotted = listed(|text| text.replace(&format!("  {PAPER}"), &format!("  ./{PAPER}")));
    let tab = listed(|text| text.replace(&format!("  {PAPER}"), &format!("\t{PAPER}")));
    for (what, code) in [
        ("twice", same),
        ("twice, with different digests", different),
        ("not in all manifests", missing),
        ("in capitals", upper),
        ("as md5sum marks binary files", binary),
        ("with a dot in front", dotted),
        ("behind a tab", tab),
    ] {
        assert_eq!(code, Some(Check::Manifest), "{what}");
    }
}

#[test]
fn paths_out_of_the_bag_are_refused_and_never_opened() {
    for path in [
        "../../etc/passwd",
        "data/../../etc/passwd",
        "/etc/passwd",
        "~/.ssh/id_rsa",
        "~root/x",
        "C:\\Windows\\x",
        "\\\\host\\share\\x",
        "%USERPROFILE%\\x",
    ] {
        assert_eq!(listed(|text| text + &manifest_line(&[7; 32], path)), Some(Check::Manifest), "{path}");
    }
}

#[test]
fn nothing_is_ever_fetched() {
    let holey = |fetch: &str| {
        verdict(|files| {
            files.remove("data/VOL001/TEXT/TEXT001/DAYB-26CR1187-00000001.txt");
            files.insert("fetch.txt".into(), fetch.into());
            retag(files);
        })
    };
    for fetch in [
        "http://127.0.0.1/x 40 data/VOL001/TEXT/TEXT001/DAYB-26CR1187-00000001.txt\n",
        "file:///etc/passwd - ../x\n",
    ] {
        assert_eq!(holey(fetch), Some(Check::Manifest), "{fetch}");
    }
}

#[test]
fn names_that_some_system_takes_for_one_are_refused() {
    for twin in ["data/papers/certificate.txt", "data/PAPERS/cafe\u{301}.txt", "data/PAPERS/caf\u{e9}.txt"] {
        assert_eq!(
            verdict(|files| drop(files.insert(twin.into(), Vec::new()))),
            Some(Check::Package),
            "{twin}"
        );
    }
}

/// Names with spaces and percent signs, and labels that are repeated, are good in a bag; only the ledger's record of the bag objects here.
#[test]
fn what_the_standard_allows_beyond_a_production_breaks_nothing_before_the_ledgers_record() {
    for name in ["data/PAPERS/a b.txt", "data/PAPERS/100%.txt", "data/PAPERS/%0A.txt"] {
        let code = verdict(|files| {
            files.insert(name.into(), b"x".to_vec());
            let digests = Digests::of(b"x");
            for (manifest, digest) in
                [(PAYLOAD, &digests.sha256[..]), ("manifest-sha512.txt", &digests.sha512)]
            {
                files.get_mut(manifest).unwrap().extend(manifest_line(digest, name).bytes());
            }
            retag(files);
        });
        assert_eq!(code, Some(Check::Statement), "{name}");
    }
    let repeated = verdict(|files| {
        files.get_mut("bag-info.txt").unwrap().extend(b"Contact-Name : a\nContact-Name:\tb\n  and more\n");
        retag(files);
    });
    assert_eq!(repeated, Some(Check::Statement));
}

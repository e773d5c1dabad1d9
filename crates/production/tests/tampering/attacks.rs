//! Deliberate changes to records, proofs and the trust in them.

use daybook_production::sample::Sample;
use daybook_verify::production::{Check, MemoryPackage};

use crate::change::{Case, Change};
use crate::{SAMPLES, failed, logs, proofs, verify};

pub(crate) const NATIVES: &str = "data/VOL001/NATIVES/NATIVE001/DAYB-26CR1187-";

pub(crate) fn native(page: u64) -> String {
    format!("{NATIVES}{page:08}.json")
}

pub(crate) fn text(sample: &Sample, file: &str) -> String {
    String::from_utf8(sample.files[file].clone()).unwrap()
}

/// The value of a member of a record that is a string without escapes.
fn member(sample: &Sample, file: &str, name: &str) -> String {
    let text = text(sample, file);
    let after = text.split(&format!("\"{name}\":\"")).nth(1).unwrap().to_owned();
    after.split('"').next().unwrap().to_owned()
}

fn disclosures(sample: &Sample, file: &str) -> Vec<String> {
    member(sample, file, "event")
        .split('~')
        .skip(1)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A disclosure with something else in it.
fn edited(disclosure: &str, find: &str, with: &str) -> String {
    let json = String::from_utf8(daybook_event::b64::decode(disclosure).unwrap()).unwrap();
    assert!(json.contains(find), "{json}");
    daybook_event::b64::encode(json.replacen(find, with, 1))
}

pub(crate) fn case(
    name: &'static str,
    reason: &'static str,
    changes: Vec<Change>,
    expect: Check,
    also: &'static [Check],
) -> Case {
    Case { name, reason, changes, remade: true, expect, also }
}

use Check::{
    Complete, Declaration, Event, Inclusion, LoadFiles, Manifest, Package, Record, Redactions, Statement,
    TagManifest,
};

fn records(s: &Sample) -> Vec<Case> {
    let (first, second) = (native(1), native(3));
    let (own, others) = (disclosures(s, &first), disclosures(s, &second));
    let details = own.iter().find(|one| edited_finds(one, "Fax 2")).unwrap();
    let salt = daybook_event::b64::decode(details).unwrap();
    let salt = String::from_utf8(salt[2..24].to_vec()).unwrap();
    let other_salt =
        if salt.starts_with('A') { salt.replacen('A', "B", 1) } else { format!("A{}", &salt[1..]) };
    let entry = member(s, &first, "event");
    let jwt = entry.split('~').next().unwrap();
    let payload = jwt.split('.').nth(1).unwrap();
    let claims = String::from_utf8(daybook_event::b64::decode(payload).unwrap()).unwrap();
    let forged = daybook_event::b64::encode(claims.replacen("\"fax\"", "\"fay\"", 1));
    let intake = member(s, &first, "intake");
    vec![
        case(
            "record-dropped",
            "a record that was found is taken out",
            vec![Change::remove(&first)],
            Statement,
            &[Complete, LoadFiles],
        ),
        case(
            "record-of-the-other-production",
            "the same record as another production of the ledger shows it",
            vec![Change::foreign(&format!("{NATIVES}00000101.json"), &native(3))],
            Inclusion,
            &[Statement],
        ),
        case(
            "records-swapped",
            "two records change names",
            vec![Change::copy(&first, &second), Change::copy(&second, &first)],
            Statement,
            &[Redactions, LoadFiles],
        ),
        case(
            "record-twice",
            "one record under two Bates numbers",
            vec![Change::copy(&first, &second)],
            Statement,
            &[Complete, LoadFiles],
        ),
        case(
            "value-edited",
            "a disclosed value is replaced by another",
            vec![Change::replace(&first, details, &edited(details, "Fax 2", "Fax 9"))],
            Event,
            &[Statement],
        ),
        case(
            "salt-edited",
            "a disclosure gets another salt",
            vec![Change::replace(&first, details, &edited(details, &salt, &other_salt))],
            Event,
            &[Statement],
        ),
        case(
            "disclosure-of-another-event",
            "a disclosure of another event is added",
            vec![Change::replace(&first, &format!("{}~", own[0]), &format!("{}~{}~", own[0], others[0]))],
            Event,
            &[],
        ),
        case(
            "disclosure-twice",
            "a disclosure stands twice",
            vec![Change::replace(&first, &format!("{}~", own[0]), &format!("{}~{}~", own[0], own[0]))],
            Event,
            &[],
        ),
        case(
            "disclosures-out-of-order",
            "two disclosures change places",
            vec![Change::replace(
                &first,
                &format!("{}~{}~", own[0], own[1]),
                &format!("{}~{}~", own[1], own[0]),
            )],
            Event,
            &[],
        ),
        case(
            "silent-redaction",
            "a disclosure is left out and no log says so",
            vec![Change::replace(&first, &format!("~{details}"), "")],
            Statement,
            &[Redactions, LoadFiles],
        ),
        case(
            "index-edited",
            "a record claims another index",
            vec![Change::replace(&first, "\"index\":4,", "\"index\":5,")],
            Record,
            &[],
        ),
        case(
            "entry-edited",
            "the signed event in the entry is changed, the one beside it is not",
            vec![Change::replace(&first, payload, &forged)],
            Record,
            &[Inclusion],
        ),
        case(
            "event-edited",
            "the signed event is changed in both places",
            vec![
                Change::replace(&first, payload, &forged),
                Change::replace(
                    &first,
                    &format!("{jwt}~"),
                    &format!("{}~", jwt.replacen(payload, &forged, 1)),
                ),
            ],
            Inclusion,
            &[Check::Signature],
        ),
        case(
            "intake-of-another",
            "the time of receipt is that of another entry",
            vec![Change::replace(&first, &intake, &member(s, &second, "intake"))],
            Event,
            &[],
        ),
        case(
            "spelling",
            "a space in the JSON of a record",
            vec![Change::replace(&first, "{\"v\":1,", "{\"v\": 1,")],
            Record,
            &[],
        ),
        case(
            "member-twice",
            "a member of a record stands twice",
            vec![Change::replace(&first, "{\"v\":1,", "{\"v\":1,\"v\":1,")],
            Record,
            &[],
        ),
    ]
}

fn edited_finds(disclosure: &str, find: &str) -> bool {
    let json = daybook_event::b64::decode(disclosure).unwrap();
    String::from_utf8(json).unwrap().contains(find)
}

fn bag(_: &Sample) -> Vec<Case> {
    let plain =
        |name, reason, changes, expect| Case { name, reason, changes, remade: false, expect, also: &[] };
    let page = "data/VERIFY/verify.html";
    vec![
        plain(
            "native-edited",
            "a record is changed and no manifest",
            vec![Change::Flip { file: native(1), at: 100 }],
            Manifest,
        ),
        plain(
            "page-edited",
            "the verifying page is changed",
            vec![Change::put(page, "<p>All is well</p>")],
            Manifest,
        ),
        case(
            "page-edited-and-listed",
            "the verifying page is changed, and so are the manifests",
            vec![Change::put(page, "<p>All is well</p>")],
            Statement,
            &[],
        ),
        plain("file-added", "a file is added", vec![Change::put("data/PAPERS/note.txt", "x")], Manifest),
        case(
            "file-added-and-listed",
            "a file is added and listed",
            vec![Change::put("data/PAPERS/note.txt", "x")],
            Statement,
            &[],
        ),
        plain(
            "file-missing",
            "a file that every production has is missing",
            vec![Change::remove("data/PAPERS/certificate.pdf")],
            Declaration,
        ),
        plain(
            "text-missing",
            "a file that is listed is missing",
            vec![Change::remove("data/VOL001/TEXT/TEXT001/DAYB-26CR1187-00000001.txt")],
            Manifest,
        ),
        plain(
            "tag-edited",
            "a descriptive file is changed",
            vec![Change::replace("bag-info.txt", "City", "Town")],
            TagManifest,
        ),
        plain("tag-added", "a descriptive file is added", vec![Change::put("note.txt", "x")], TagManifest),
        plain(
            "manifest-edited",
            "a manifest is changed",
            vec![Change::Flip { file: "manifest-sha512.txt".into(), at: 0 }],
            TagManifest,
        ),
        plain(
            "tag-manifest-edited",
            "a tag manifest is changed",
            vec![Change::Flip { file: "tagmanifest-sha256.txt".into(), at: 0 }],
            TagManifest,
        ),
        plain(
            "tag-manifest-lists-itself",
            "a tag manifest lists the other",
            vec![Change::put("tagmanifest-sha512.txt", "")],
            TagManifest,
        ),
        plain(
            "other-bagit",
            "another version of BagIt",
            vec![Change::replace("bagit.txt", "1.0", "0.97")],
            Declaration,
        ),
        plain(
            "case-twin",
            "two names differ in case only",
            vec![Change::put("data/verify/verify.html", "x")],
            Package,
        ),
        plain(
            "parent-folder",
            "a name leads out of the package",
            vec![Change::put("data/../x.txt", "x")],
            Package,
        ),
        plain("absolute-name", "a name is absolute", vec![Change::put("/x.txt", "x")], Package),
        plain("backslash", "a name has a backslash", vec![Change::put("data\\x.txt", "x")], Package),
        plain(
            "letter-beyond-ascii",
            "a name has a letter that can be written in two ways",
            vec![Change::put("data/caf\u{e9}.txt", "x")],
            Package,
        ),
        plain(
            "control-character",
            "a name has a control character",
            vec![Change::put("data/x\u{7}.txt", "x")],
            Package,
        ),
        case(
            "native-misnamed",
            "a file among the natives is none",
            vec![Change::put("data/VOL001/NATIVES/NATIVE001/readme.txt", "x")],
            Record,
            &[],
        ),
    ]
}

/// Every case on the sample.
pub(crate) fn cases(sample: &Sample) -> Vec<Case> {
    [records(sample), proofs::proofs(sample), proofs::authorities(sample), logs::cases(sample), bag(sample)]
        .concat()
}

#[test]
fn each_attack_is_found_under_its_code() {
    let [own, other] = &*SAMPLES;
    let mut wrong = Vec::new();
    let cases = cases(own);
    for case in &cases {
        let package = MemoryPackage { top: Some(own.name.clone()), files: case.files(own, other) };
        let report = verify(&package, own);
        let missed: Vec<_> = case.also.iter().filter(|check| !report.failed(**check)).collect();
        if report.code != Some(case.expect) || !missed.is_empty() {
            let faults: Vec<_> = report.checks.iter().flat_map(|check| check.faults.iter().take(2)).collect();
            wrong.push(format!(
                "{}: {:?} instead of {:?}, missed {missed:?}: {faults:?}",
                case.name,
                failed(&report),
                case.expect
            ));
        }
        // What was listed in every manifest must be found by something else than these.
        assert!(!case.remade || (!report.failed(Manifest) && !report.failed(TagManifest)), "{}", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} attacks, each found under its code", cases.len());
}

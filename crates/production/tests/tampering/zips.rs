//! What can be done to the ZIP itself. All of it is one code: the package does not have the form of one.

use daybook_production::package::ArchivePackage;
use daybook_verify::production::Check;
use serde::Serialize;

use crate::{SAMPLES, verify};

/// A change to the archive's bytes.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum ZipChange {
    /// These bytes in the place of as many others.
    Patch { at: usize, hex: String },
    /// These bytes in between.
    Insert { at: usize, hex: String },
    /// A copy of the bytes from `from` to `to`, in between.
    Repeat { at: usize, from: usize, to: usize },
    /// Only the first bytes.
    Cut { length: usize },
}

/// One attack on the archive.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ZipCase {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) changes: Vec<ZipChange>,
}

impl ZipCase {
    pub(crate) fn apply(&self, zip: &[u8]) -> Vec<u8> {
        let mut bytes = zip.to_vec();
        for change in &self.changes {
            match change {
                ZipChange::Patch { at, hex } => {
                    let patch = unhex(hex);
                    bytes[*at..*at + patch.len()].copy_from_slice(&patch);
                }
                ZipChange::Insert { at, hex } => drop(bytes.splice(at..at, unhex(hex))),
                ZipChange::Repeat { at, from, to } => {
                    let copy = bytes[*from..*to].to_vec();
                    bytes.splice(at..at, copy);
                }
                ZipChange::Cut { length } => bytes.truncate(*length),
            }
        }
        bytes
    }
}

fn hex(bytes: &[u8]) -> String {
    daybook_verify::production::hex::encode(bytes)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Where the headers of a file begin, the local and the central one.
fn headers(zip: &[u8], name: &str) -> (usize, usize) {
    let places: Vec<usize> = zip
        .windows(name.len())
        .enumerate()
        .filter(|(at, window)| *window == name.as_bytes() && (zip[..*at].ends_with(&[0, 0]) || *at >= 46))
        .map(|(at, _)| at)
        .collect();
    let local = places.iter().find(|at| zip[**at - 30..].starts_with(b"PK\x03\x04")).unwrap() - 30;
    let central =
        places.iter().find(|at| **at >= 46 && zip[**at - 46..].starts_with(b"PK\x01\x02")).unwrap() - 46;
    (local, central)
}

pub(crate) fn cases(zip: &[u8], top: &str) -> Vec<ZipCase> {
    let inside = |rest: &str| format!("{top}/{rest}");
    let end = zip.len() - 22;
    let directory = u32::from_le_bytes(zip[end + 16..end + 20].try_into().unwrap()) as usize;
    let name = inside("data/VERIFY/verify.html");
    let (local, central) = headers(zip, &name);
    let both = |local_at: usize, central_at: usize, bytes: &[u8]| {
        vec![
            ZipChange::Patch { at: local + local_at, hex: hex(bytes) },
            ZipChange::Patch { at: central + central_at, hex: hex(bytes) },
        ]
    };
    // Another name of the same length.
    let rename = |to: &str| {
        assert_eq!(to.len(), name.len(), "{to}");
        both(30, 46, to.as_bytes())
    };
    let paper = |from: &str, to: &str| {
        let (local, central) = headers(zip, &inside(&format!("data/PAPERS/{from}")));
        let hex = hex(inside(&format!("data/PAPERS/{to}")).as_bytes());
        vec![
            ZipChange::Patch { at: local + 30, hex: hex.clone() },
            ZipChange::Patch { at: central + 46, hex },
        ]
    };
    let case = |name, reason, changes| ZipCase { name, reason, changes };
    vec![
        case(
            "bytes-behind",
            "bytes stand behind the end",
            vec![ZipChange::Insert { at: zip.len(), hex: "00".into() }],
        ),
        case(
            "comment",
            "the end record has a comment",
            vec![
                ZipChange::Patch { at: end + 20, hex: "0100".into() },
                ZipChange::Insert { at: zip.len(), hex: "41".into() },
            ],
        ),
        case(
            "bytes-in-front",
            "bytes stand in front of the first file",
            vec![ZipChange::Insert { at: 0, hex: "4d5a".into() }],
        ),
        case(
            "bytes-between",
            "bytes stand between the files and the directory",
            vec![ZipChange::Insert { at: directory, hex: "00000000".into() }],
        ),
        case(
            "two-directories",
            "there are two directories, and readers may choose",
            vec![ZipChange::Repeat { at: directory, from: directory, to: end }],
        ),
        case(
            "two-archives",
            "a second archive stands behind the first",
            vec![ZipChange::Repeat { at: zip.len(), from: 0, to: zip.len() }],
        ),
        case("cut", "the archive ends too early", vec![ZipChange::Cut { length: directory + 10 }]),
        case("cut-by-one", "the last byte is missing", vec![ZipChange::Cut { length: zip.len() - 1 }]),
        case("empty", "there is nothing", vec![ZipChange::Cut { length: 0 }]),
        case("name-twice", "two files have one name", paper("form-38.pdf", "form-37.pdf")),
        case("case-twin", "two names differ in case only", paper("form-38.txt", "form-37.TXT")),
        case(
            "parent-folder",
            "a name leads out of the folder",
            rename(&inside("data/../../etc/passwd__")).into_iter().collect(),
        ),
        case("absolute-name", "a name is absolute", rename(&format!("/{}", &name[1..]))),
        case("other-top", "a file is in another top folder", rename(&name.replacen("DAYB", "DAYC", 1))),
        case("backslash", "a name has backslashes", rename(&name.replace("/VERIFY/", "\\VERIFY\\"))),
        case(
            "names-differ",
            "the two headers of a file have different names",
            vec![both(30, 46, name.replace("verify.html", "verify.htmx").as_bytes())[0].clone()],
        ),
        case("checksum", "the checksum is of other bytes", both(14, 16, &[1, 2, 3, 4])),
        case(
            "checksum-in-front",
            "the checksum in front of the file differs",
            vec![both(14, 16, &[1, 2, 3, 4])[0].clone()],
        ),
        case(
            "size-grown",
            "a file claims to be four gigabytes",
            [both(18, 20, &[0xfe, 0xff, 0xff, 0xff]), both(22, 24, &[0xfe, 0xff, 0xff, 0xff])].concat(),
        ),
        case(
            "size-bomb",
            "a few stored bytes claim to unpack to four gigabytes",
            both(22, 24, &[0xfe, 0xff, 0xff, 0xff]),
        ),
        case("compressed", "a file claims to be compressed", both(8, 10, &[8, 0])),
        case("encrypted", "a file claims to be encrypted", both(6, 8, &[1, 8])),
        case("data-descriptor", "sizes are said to come later", both(6, 8, &[8, 8])),
        case("time", "a file has another time", both(10, 12, &[1, 0])),
        case(
            "attributes",
            "a file is said to be a link",
            vec![ZipChange::Patch { at: central + 38, hex: "0000ffa1".into() }],
        ),
        case(
            "offset",
            "the directory points elsewhere",
            vec![ZipChange::Patch { at: central + 42, hex: "00000000".into() }],
        ),
        case(
            "count",
            "the end counts another number of files",
            vec![ZipChange::Patch { at: end + 8, hex: "01000100".into() }],
        ),
        case(
            "disk",
            "the archive is said to go on on another disk",
            vec![ZipChange::Patch { at: end + 4, hex: "0100".into() }],
        ),
        case(
            "directory-elsewhere",
            "the end points at another directory",
            vec![ZipChange::Patch { at: end + 16, hex: "00000000".into() }],
        ),
    ]
}

#[test]
fn no_archive_has_a_second_reading() {
    let [sample, _] = &*SAMPLES;
    let zip = sample.zip().unwrap();
    let cases = cases(&zip, &sample.name);
    for case in &cases {
        let changed = case.apply(&zip);
        assert_ne!(changed, zip, "{}", case.name);
        let report = verify(&ArchivePackage::from_bytes(changed).unwrap(), sample);
        assert_eq!(report.code, Some(Check::Package), "{}", case.name);
        assert_eq!(report.exit_code(), 30);
    }
    println!("{} attacks on the archive, each found", cases.len());
}

/// Headers and directory: every byte of what is no file's own.
#[test]
fn every_flipped_byte_of_the_archives_own_is_found() {
    let [sample, _] = &*SAMPLES;
    let zip = sample.zip().unwrap();
    let end = zip.len() - 22;
    let directory = u32::from_le_bytes(zip[end + 16..end + 20].try_into().unwrap()) as usize;
    let name = format!("{}/data/VERIFY/verify.html", sample.name);
    let (local, _) = headers(&zip, &name);
    let header = local..local + 30 + name.len();
    let mut flips = 0;
    for at in header.chain(directory..zip.len()) {
        let mut changed = zip.clone();
        changed[at] ^= 1 << (at % 8);
        // Only the container is looked at here; what it says of itself is enough.
        use daybook_verify::production::PackageSource as _;
        let archive = ArchivePackage::from_bytes(changed).unwrap();
        assert!(!archive.faults().is_empty(), "byte {at} of {}", zip.len());
        flips += 1;
    }
    println!("{flips} flips of headers and directory, each found");
}

//! Outside software reads the sample: Python's zipfile, the Library of Congress's bagit, OpenWallet's sd-jwt.
//!
//! The readers are installed in `target/oracles` once. Where there is no Python or no network, the tests say so and pass.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use daybook_production::sample::sample;
use daybook_verify::production::Record;

/// The readers, at fixed versions.
const READERS: [&str; 2] = ["bagit==1.9.0", "sd-jwt==0.10.4"];

/// A Python that has the readers, or why there is none.
static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../oracles");
    let python = target.join("bin/python");
    let marker = target.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|listed| listed == READERS.join("\n")) {
        return Ok(python);
    }
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&target))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "setuptools<81"];
    run(Command::new(&python).args(pip).args(READERS))?;
    fs::write(&marker, READERS.join("\n")).map_err(|error| error.to_string())?;
    Ok(python)
});

/// Runs a script with an argument; `None` where there is no Python to run it.
fn python(script: &str, argument: &Path) -> Option<Output> {
    match &*PYTHON {
        Ok(python) => Some(Command::new(python).args(["-c", script]).arg(argument).output().unwrap()),
        Err(why) => {
            println!("SKIPPED: the outside readers cannot be installed: {why}");
            None
        }
    }
}

fn good(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The sample, unpacked by Python out of our ZIP.
const UNPACK: &str = "
import sys, zipfile, pathlib
archive = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(archive) as zip:
    assert zip.testzip() is None
    infos = zip.infolist()
    assert all(info.compress_type == 0 and info.date_time == (1980, 1, 1, 0, 0, 0) and info.extra == b'' for info in infos)
    assert [info.filename for info in infos] == sorted((info.filename for info in infos), key=str.encode)
    zip.extractall(archive.parent)
print(len(infos))
";

const BAG: &str = "
import sys, bagit
bag = bagit.Bag(sys.argv[1])
bag.validate(processes=1)
assert sorted(bag.algorithms) == ['sha256', 'sha512'], bag.algorithms
print(len(bag.entries))
";

#[test]
fn the_archive_and_the_bag_are_valid_to_others() {
    let sample = sample().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("sample.zip");
    fs::write(&archive, sample.zip().unwrap()).unwrap();
    let Some(unpacked) = python(UNPACK, &archive) else { return };
    assert_eq!(good(unpacked).trim(), sample.files.len().to_string());
    let bag = folder.path().join(&sample.name);
    // bagit counts every file that some manifest lists: all but the tag manifests and the bag's record.
    let listed = sample.files.len() - 3;
    assert_eq!(good(python(BAG, &bag).unwrap()).trim(), listed.to_string());
    // And it is no yes-man.
    fs::write(bag.join("data/LOGS/custody.jsonl"), "x").unwrap();
    assert!(!python(BAG, &bag).unwrap().status.success());
}

const EVENTS: &str = "
import sys, json, pathlib, base64
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier
keys = json.loads(pathlib.Path(sys.argv[1], 'keys.json').read_text())
shown = 0
for record in sorted(pathlib.Path(sys.argv[1]).glob('*.record')):
    event = json.loads(record.read_text())['event']
    header, signed = [json.loads(base64.urlsafe_b64decode(part + '==')) for part in event.split('.')[:2]]
    key = JWK(kty='OKP', crv='Ed25519', x=keys[header['kid']])
    # The library knows the algorithm under its older name only (RFC 9864 renamed it).
    import jwcrypto.jws
    jwcrypto.jws.default_allowed_algs = list(jwcrypto.jws.default_allowed_algs) + ['Ed25519']
    payload = SDJWTVerifier(event, lambda issuer, parameters: key, None, None).get_verified_payload()
    slots = [name for name, value in signed['data'].items() if isinstance(value, list) and isinstance(value[0], dict)]
    disclosed = [name for name in slots if payload['data'][name]]
    assert len(disclosed) == len([one for one in event.split('~')[1:] if one]), record
    shown += len(disclosed)
print(shown)
";

#[test]
fn the_events_are_valid_to_others() {
    let sample = sample().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut keys = serde_json::Map::new();
    let mut disclosures = 0;
    for (name, bytes) in &sample.files {
        let Some(record) = Record::parse(bytes) else { continue };
        let token = daybook_event::Token::parse(record.event.as_bytes()).unwrap();
        if let (Some(kid), Some(x)) = (token.claims().data.get("kid"), token.claims().data.get("x")) {
            keys.insert(kid.as_str().unwrap().to_owned(), x.clone());
        }
        disclosures += token.disclosures().len();
        fs::write(folder.path().join(format!("{}.record", name.replace('/', "-"))), bytes).unwrap();
    }
    fs::write(folder.path().join("keys.json"), serde_json::Value::Object(keys).to_string()).unwrap();
    let Some(read) = python(EVENTS, folder.path()) else { return };
    // A slot that is disclosed to be empty has one item too: null.
    assert_eq!(good(read).trim(), disclosures.to_string());
}

//! Three productions of one real ledger, made once for all tests here: of everything that two departments have, of a matter, and of what belongs to
//! no matter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use daybook_event::hash::sha256;
use daybook_event::{Token, b64};
use daybook_ledger::open;
use daybook_store::Class;
use daybook_tests::{Ledger, Person, daybook};
use serde_json::{Value, json};

use crate::city::{self, City, DEPARTMENTS, Desk};
use crate::package::Received;

/// How long a build may take.
const BUILD_LIMIT: Duration = Duration::from_secs(540);

/// The custodian's own profile: a published one, with one rule more.
const RULE: &str = "
[reasons.staff]
kind = \"order\"
authority = \"Protective order of 2026-11-02, paragraph 4\"
label = \"Who of the staff recorded it\"

[[withhold]]
types = [\"request.received\"]
slots = [\"recorder\"]
reason = \"staff\"
";
const PUBLISHED: &str = include_str!("../../../ops/profiles/protective-order.toml");
const WORDS: &str = include_str!("../../../ops/productions/words.toml");

/// What was made, and what was said on the way. The ledger is gone by then: a recipient does not need it.
pub(crate) struct Made {
    /// Of everything that two departments have, under the custodian's own profile.
    pub(crate) all: Received,
    /// Of the matter, under a published profile.
    pub(crate) matter: Received,
    /// Of what belongs to no matter, named by its entries.
    pub(crate) rest: Received,
    /// What the ledger holds.
    pub(crate) city: City,
    /// The ledger's key, from the ledger's own directory.
    pub(crate) log_key: String,
    /// What `review` said of the first, line by line.
    pub(crate) review: Vec<Value>,
    /// What `new` answered for each.
    pub(crate) asked: BTreeMap<String, Value>,
    /// What `show` said of each at the end.
    pub(crate) shown: BTreeMap<String, Value>,
    /// Of each record of the first, by the number of its first page, what must not be told of it.
    pub(crate) withheld: BTreeMap<String, Secrets>,
    /// The packages and the policy on disk.
    pub(crate) folder: tempfile::TempDir,
}

/// What stays back of a record.
#[derive(Default)]
pub(crate) struct Secrets {
    /// Disclosures and their salts: they may be nowhere in the package.
    pub(crate) disclosures: Vec<String>,
    /// What they say. Another record may say the same and go out.
    values: Vec<String>,
}

pub(crate) static MADE: LazyLock<Made> = LazyLock::new(make);

/// A production's place on disk.
pub(crate) struct Built {
    pub(crate) zip: PathBuf,
    pub(crate) answer: Value,
}

/// Opens a production.
pub(crate) fn opened(custodian: &Person, args: &[&str]) -> Value {
    let common =
        ["production", "new", "--prefix", "DAYB-26CR1187-", "--basis", "discovery", "--requester", "defense"];
    custodian.json(&[&common[..], args].concat())
}

/// The name of a production out of what `new` answered.
pub(crate) fn name(opened: &Value) -> &str {
    opened["production"].as_str().expect("a name")
}

/// The options with which a production is built.
pub(crate) fn build_args<'a>(name: &'a str, words: &'a Path, out: &'a Path) -> Vec<&'a str> {
    let path = |path: &'a Path| path.to_str().expect("a path");
    vec!["production", "build", name, "--words", path(words), "--out", path(out)]
}

/// Builds a production into a folder that is not there yet.
pub(crate) fn built(custodian: &Person, name: &str, words: &Path, out: &Path, more: &[&str]) -> Built {
    fs::create_dir(out).expect("a folder");
    let started = Instant::now();
    let answer = custodian.json(&[&build_args(name, words, out)[..], more].concat());
    assert!(started.elapsed() < BUILD_LIMIT);
    let zip = out.join(format!("{name}.zip"));
    let hash = b64::encode(sha256(fs::read(&zip).expect("the ZIP is there")));
    assert_eq!(answer["package_hash"], json!(hash), "{answer}");
    Built { zip, answer }
}

fn make() -> Made {
    let mut ledger = Ledger::running_without_rules();
    let desk = Desk::of(&ledger);
    let city = city::recorded(&ledger, &desk);
    let folder = tempfile::TempDir::with_prefix("daybook-made-").expect("a folder");
    let own = ledger.scratch().join("our-order.toml");
    fs::write(&own, format!("{PUBLISHED}{RULE}")).expect("the profile");
    let words = ledger.scratch().join("words.toml");
    fs::write(&words, WORDS).expect("the words");
    let own = own.to_str().expect("a path");

    let privileged = format!("{}=attorney-client", city.first(city::PRIVILEGED));
    let excluded = format!("{}=agreement", city.first(city::EXCLUDED));
    let with_own = ["--profile", own];
    let held = [
        "--privileged",
        privileged.as_str(),
        "--exclude",
        excluded.as_str(),
        "--request-number",
        "2026-D-17",
    ];
    let all = opened(&desk.custodian, &[&with_own[..], &DEPARTMENTS, &held].concat());
    let matter = opened(&desk.custodian, &["--profile", "civil", "--matter", &city.handle]);
    let entries = city.without_matter();
    let mut by_entry = vec!["--profile", "civil", "--entry"];
    by_entry.extend(entries.iter().map(String::as_str));
    let rest = opened(&desk.custodian, &by_entry);

    let review =
        desk.custodian.says(&[&["production", "review", name(&all), "--json"], &with_own[..]].concat());
    let review: Vec<Value> = review.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (production, more) in [(&all, &with_own[..]), (&matter, &[]), (&rest, &[])] {
        // The second person sees the same before they decide.
        desk.approver.says(&[&["production", "review", name(production)], more].concat());
        desk.approver.json(&[&["production", "approve", name(production), "--yes"], more].concat());
    }
    let mut received = Vec::new();
    for (production, more) in [(&all, &with_own[..]), (&matter, &[]), (&rest, &[])] {
        received.push(twice(&ledger, &desk.custodian, name(production), &words, more, folder.path()));
    }
    let [all_received, matter_received, rest_received] = received.try_into().ok().expect("three");
    let withheld = withheld(&ledger, &all_received);
    for production in [&all, &matter, &rest] {
        let zip = folder.path().join(format!("{}.zip", name(production)));
        let zip = zip.to_str().expect("a path");
        desk.custodian.json(&["production", "deliver", name(production), "--package", zip, "--yes"]);
    }
    // The production of the matter was a part of the other: it is replaced, and some of the other's pages are asked back.
    let custodian = &desk.custodian;
    custodian.json(&["production", "supersede", name(&matter), "--by", name(&all), "--yes"]);
    custodian.json(&[
        "production",
        "clawback",
        name(&all),
        "--bates",
        "1,3-4",
        "--ground",
        "privileged",
        "--yes",
    ]);
    let show = |production: &Value| {
        (name(production).to_owned(), custodian.json(&["production", "show", name(production)]))
    };
    let shown = [&all, &matter, &rest].map(show).into();
    let asked =
        [&all, &matter, &rest].map(|production| (name(production).to_owned(), production.clone())).into();
    fs::copy(ledger.policy(), folder.path().join("trust.policy")).expect("the policy");
    let policy = fs::read_to_string(ledger.policy()).expect("the policy");
    let log_key = policy.lines().find_map(|line| line.strip_prefix("log ")).expect("a key");
    let log_key = log_key.split(' ').next().expect("a key").to_owned();
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
    let made = Made {
        all: all_received,
        matter: matter_received,
        rest: rest_received,
        city,
        log_key,
        review,
        asked,
        shown,
        withheld,
        folder,
    };
    keep(&made);
    made
}

/// Builds a production in two clean folders, by two calls: they give one file.
fn twice(
    ledger: &Ledger,
    custodian: &Person,
    name: &str,
    words: &Path,
    more: &[&str],
    into: &Path,
) -> Received {
    let out = |at: u8| ledger.scratch().join(format!("{name}-{at}"));
    let first = built(custodian, name, words, &out(1), more);
    let again = built(custodian, name, words, &out(2), &[more, &["--threads", "1"]].concat());
    let (one, other) = (fs::read(&first.zip).expect("a ZIP"), fs::read(&again.zip).expect("a ZIP"));
    assert!(one == other, "{name} came out differently the second time");
    for figure in ["package_hash", "bag_hash", "records", "withheld", "pages", "first", "last", "bytes"] {
        assert_eq!(first.answer[figure], again.answer[figure], "{name}: {figure}");
    }
    println!("{name}: {} bytes, {}, built twice", one.len(), first.answer["package_hash"]);
    let kept = into.join(format!("{name}.zip"));
    fs::copy(&first.zip, &kept).expect("copied");
    Received::read(&kept, &ledger.policy())
}

/// What a package must not tell of each record: the disclosures that stay back, and the values in them that do not go out elsewhere in it.
fn withheld(ledger: &Ledger, production: &Received) -> BTreeMap<String, Secrets> {
    let (_, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    let mut withheld = BTreeMap::new();
    for (index, (name, record)) in production.natives() {
        let token = Token::parse(record.event.as_bytes()).expect("an event");
        let shown: Vec<&str> = token.disclosures().to_vec();
        let shown_text: String = shown.iter().map(|disclosure| decoded(disclosure).to_string()).collect();
        let mut secrets = Secrets::default();
        for class in Class::ALL {
            // Of what is erased nothing is left to look for.
            let Ok(disclosures) = reader.open_record(&keyring, index, class) else { continue };
            let intake = usize::from(class == Class::R);
            for disclosure in disclosures.iter().skip(intake).filter(|one| !shown.contains(&one.as_str())) {
                let list = decoded(disclosure);
                let salt = list[0].as_str().expect("a salt").to_owned();
                secrets.disclosures.extend([disclosure.clone(), salt]);
                let values = match &list[1] {
                    Value::Object(members) => members.values().cloned().collect(),
                    other => vec![other.clone()],
                };
                let telling =
                    values.iter().filter_map(Value::as_str).filter(|text| text.len() > "2026-11-22".len());
                secrets.values.extend(telling.filter(|text| !shown_text.contains(text)).map(str::to_owned));
            }
        }
        let bates = Path::new(name).file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        withheld.insert(bates, secrets);
    }
    withheld
}

fn decoded(disclosure: &str) -> Value {
    serde_json::from_slice(&b64::decode(disclosure).expect("base64url")).expect("JSON")
}

/// Leaves the packages where somebody wants to look at them with other programs.
fn keep(made: &Made) {
    let Some(folder) = std::env::var_os("DAYBOOK_KEEP").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).expect("a folder");
    for file in fs::read_dir(made.folder.path()).expect("a folder") {
        let path = file.expect("a file").path();
        fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("copied");
    }
    let all = |secrets: &Secrets| [&secrets.disclosures[..], &secrets.values].concat();
    let withheld: BTreeMap<&String, Vec<String>> =
        made.withheld.iter().map(|(bates, secrets)| (bates, all(secrets))).collect();
    let withheld = serde_json::to_string(&withheld).expect("JSON");
    fs::write(folder.join(format!("{}.withheld.json", made.all.name)), withheld).expect("written");
}

/// What `daybook production verify` says as JSON, and its exit code.
pub(crate) fn verify(production: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = daybook();
    command.args(["production", "verify", "--json"]).arg(production).args(more);
    let output = command.output().expect("it starts");
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report)
}

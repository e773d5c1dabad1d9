//! The catalogue over a real bus: every type's example is taken, gets a receipt and verifies; every counter-example is refused by the
//! ledger with the code that its schema names. Prints what became of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use daybook_event::{Catalogue, EventType};
use daybook_tests::{Ledger, ORIGIN, Producer, Program, Refused, daybook, run_ok};
use serde_json::{Value, json};

/// Seconds for all examples of one department to get their receipts.
const WAIT_S: &str = "60";
/// The producer's name of the programs that sign without looking.
const CARELESS: &str = "careless";
/// Of the first careless program; each has a key of its own, since a key belongs to one producer.
const SEED: u64 = 23;

/// The types that change keys: an example names keys that nobody has, so they come from the flows that produce them.
fn is_about_keys(ty: &EventType) -> bool {
    ty.name().as_str().starts_with("key.") || ty.name().as_str() == "ledger.opened"
}

/// A department that may publish the type; the ledger's own keys only where nobody else may.
fn publisher(ty: &EventType) -> &str {
    match ty.publishers() {
        None => "sheriff",
        Some(listed) => listed.iter().find(|one| *one != "ledger").map_or("ledger", String::as_str),
    }
}

fn keys(ledger: &Ledger, command: &str) -> Command {
    let mut call = daybook();
    call.args(["keys", command, "--dir"]).arg(ledger.dir()).env("DAYBOOK_BUS", ledger.nats.url());
    call
}

/// Publishes the types' examples in one go and verifies each receipt offline; the entries that they became, by type.
fn publish_examples(ledger: &Ledger, producer: &Producer, types: &[&EventType]) -> BTreeMap<String, u64> {
    let mut lines = String::new();
    for ty in types {
        let mut draft = ty.example().clone();
        draft["event"] = ty.name().to_string().into();
        writeln!(lines, "{draft}").expect("a string takes text");
    }
    let file = ledger.scratch().join("examples.jsonl");
    fs::write(&file, lines).expect("written");
    let output = run_ok(producer.command("publish").args(["--wait", WAIT_S, "--json"]).arg(&file));
    let mut entries = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(sent) = serde_json::from_str::<Value>(line) else { continue };
        let (Some(seq), Some(event)) = (sent["seq"].as_u64(), sent["event"].as_str()) else { continue };
        entries.insert(event.to_owned(), verified_receipt(ledger, producer, seq));
    }
    entries
}

/// The index of the entry that the receipt proves.
fn verified_receipt(ledger: &Ledger, producer: &Producer, seq: u64) -> u64 {
    let file = ledger.scratch().join(format!("{seq}.receipt"));
    let _ = fs::remove_file(&file);
    run_ok(producer.command("receipt").arg(seq.to_string()).arg("--out").arg(&file));
    let verify = ["verify", "receipt", "--json", "--policy"];
    let output = run_ok(daybook().args(verify).arg(ledger.policy()).arg(&file));
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("the verdict is JSON");
    verdict["index"].as_u64().unwrap_or_else(|| panic!("no index in {verdict}"))
}

/// Rotates one producer's key and revokes it, so that the log has every type that is about keys.
fn change_keys(ledger: &Ledger) {
    let producer = ledger.producer("library", "front-desk");
    run_ok(&mut producer.command("rotate"));
    run_ok(keys(ledger, "rotate").arg(producer.home.join("rotation.jws")));
    let listed = run_ok(keys(ledger, "list").env_remove("DAYBOOK_BUS").arg("--json")).stdout;
    let listed = String::from_utf8(listed).expect("text");
    let of_producer = |line: &str| {
        let key: Value = serde_json::from_str(line).expect("a line is JSON");
        (key["producer"] == "library/front-desk").then(|| key["kid"].as_str().expect("a kid").to_owned())
    };
    let kid = listed.lines().find_map(of_producer).expect("its key is listed");
    let why = ["--producer", "library/front-desk", "--reason", "lost", "--kid", &kid];
    run_ok(keys(ledger, "revoke").args(why));
}

/// A program of the department that signs without looking; its key is registered.
fn careless_program(ledger: &Ledger, department: &str, seed: u64) -> Program {
    let issuer = format!("{department}/{CARELESS}").parse().expect("a name");
    let program = Program::new(issuer, ORIGIN.parse().expect("an origin"), seed);
    let request = ledger.scratch().join(format!("{department}-careless.jws"));
    fs::write(&request, program.registration()).expect("written");
    run_ok(keys(ledger, "register").arg(&request));
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_taken_as_it_should_be_and_refused_as_it_should_not() {
    let mut ledger = Ledger::running();
    let types: Vec<&EventType> = Catalogue::builtin().types().collect();
    let departments: BTreeSet<&str> = types.iter().map(|ty| publisher(ty)).collect();
    let mut accepted = BTreeMap::new();
    let mut programs = BTreeMap::new();
    for (seed, department) in (SEED..).zip(departments) {
        let of_it = |ty: &&EventType| publisher(ty) == department && !is_about_keys(ty);
        let of_it: Vec<&EventType> = types.iter().copied().filter(of_it).collect();
        let producer = ledger.producer(department, "catalogue");
        accepted.extend(publish_examples(&ledger, &producer, &of_it));
        programs.insert(department, careless_program(&ledger, department, seed));
    }
    change_keys(&ledger);

    let mut refused = Refused::on(&ledger.nats.url()).await.expect("the bus answers");
    let mut codes = BTreeMap::new();
    for ty in &types {
        let program = programs.get_mut(publisher(ty)).expect("made above");
        let message = program.careless(ty, &ty.counter_example().value);
        let answer = refused.send(&message).await.expect("the bus takes it");
        let (_, problem) =
            answer.unwrap_or_else(|| panic!("{}: no refusal\n{}", ty.name(), ledger.log_tail()));
        codes.insert(ty.name().to_string(), problem["code"].clone());
    }
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
    let entries = ledger.entries();
    assert!(entries.iter().all(|(iss, _)| iss.producer() != CARELESS), "a counter-example became an entry");

    for (index, (_, event)) in (0..).zip(&entries) {
        if Catalogue::builtin().latest(event.as_str()).is_some_and(is_about_keys) {
            accepted.entry(event.to_string()).or_insert(index);
        }
    }
    println!("{:<26} {:<14} counter-example", "type", "example");
    for ty in &types {
        let name = ty.name().to_string();
        let entry = accepted.get(&name).map_or_else(|| "MISSING".to_owned(), |at| format!("entry {at}"));
        println!("{name:<26} {entry:<14} {}", codes[&name].as_str().unwrap_or("NO CODE"));
    }
    for ty in &types {
        let name = ty.name().to_string();
        assert!(accepted.contains_key(&name), "{name}: its example is not in the log");
        assert_eq!(codes[&name], json!(ty.counter_example().code.as_str()), "{name}");
    }
}

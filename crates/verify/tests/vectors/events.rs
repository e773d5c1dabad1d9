//! Events as SD-JWTs, whole, shown in part and broken; each break has the code of the refusal.

use daybook_event::{Catalogue, Token, b64, show};
use serde_json::{Value, json};

use super::signing::{ORIGIN, event, open, released, sign};
use super::text;

pub(crate) fn cases() -> Vec<Value> {
    let mut cases = shown_cases();
    cases.extend(form_cases());
    cases.extend(payload_cases());
    cases.extend(disclosure_cases());
    cases
}

fn refused(code: &str, why: &str, event: String) -> Value {
    json!({"why": why, "event": event, "code": code})
}

fn shown_cases() -> Vec<Value> {
    let compact = released();
    let (header, payload, disclosures) = open(&compact);
    let case = |why: &str, event: String, fields: Value, withheld: &[&str]| json!({"why": why, "event": event, "code": null, "fields": fields, "withheld": withheld});
    let public = json!({"outcome": "released_public", "provisions": ["D18"]});
    let slots = ["times", "details", "recorder", "links", "matter_ref"];
    let mut whole = public.clone();
    for (name, value) in [
        ("occurred_at", "2026-11-22T12:31-07:00"),
        ("recorded_at", "2026-11-22T12:40-07:00"),
        ("exit_point", "public_lobby"),
        ("role", "releases_clerk"),
        ("matter_ref", "k3vq7tz2m5ywb4cdnxr6gh2sja"),
    ] {
        whole[name] = value.into();
    }
    let mut backwards = disclosures.clone();
    backwards.reverse();
    let partly = json!({"outcome": "released_public", "provisions": ["D18"], "role": "releases_clerk"});
    let spaced = payload.replacen('{', "{ \n", 1);
    let hashed = payload.replacen('{', r#"{"_sd_alg":"sha-256","#, 1);
    vec![
        case("a whole event", compact, whole.clone(), &[]),
        case("disclosures in another order", sign(&header, &payload, &backwards), whole.clone(), &[]),
        case("no disclosure", sign(&header, &payload, &[]), public, &slots),
        case(
            "the recorder and an empty slot are shown",
            sign(&header, &payload, &disclosures[2..4]),
            partly,
            &["times", "details", "matter_ref"],
        ),
        case("the hash of disclosures is named", sign(&header, &hashed, &disclosures), whole.clone(), &[]),
        case("white space in the payload", sign(&header, &spaced, &disclosures), whole.clone(), &[]),
        case(
            "header members in another order",
            sign(&reordered(&header), &payload, &disclosures),
            whole,
            &[],
        ),
    ]
}

fn reordered(header: &str) -> String {
    let header: Value = serde_json::from_str(header).unwrap();
    format!(r#"{{"typ":{},"kid":{},"alg":{}}}"#, header["typ"], header["kid"], header["alg"])
}

fn form_cases() -> Vec<Value> {
    let compact = released();
    let (header, payload, disclosures) = open(&compact);
    let jwt = compact.split('~').next().unwrap();
    let mut cases = vec![
        refused("not-sd-jwt", "no tilde at the end", compact.trim_end_matches('~').to_owned()),
        refused("not-sd-jwt", "no tilde at all", jwt.to_owned()),
        refused("not-sd-jwt", "an empty disclosure", compact.replacen('~', "~~", 1)),
        refused("not-sd-jwt", "four parts", compact.replacen('.', "..", 1)),
        refused("not-sd-jwt", "two parts", compact.replacen('.', "", 1)),
        refused("bad-encoding", "padding behind the signature", format!("{jwt}==~")),
        refused("bad-encoding", "a short signature", format!("{}~", &jwt[..jwt.len() - 4])),
        refused("bad-encoding", "white space in the header", format!(" {compact}")),
        refused("bad-encoding", "the other alphabet", format!("+{}", &compact[1..])),
        refused(
            "too-large",
            "more disclosures than an event may have",
            sign(&header, &payload, &vec!["AA".into(); 65]),
        ),
        refused(
            "too-large",
            "an event of more than 65,536 bytes",
            sign(&header, &payload, &["A".repeat(65_536)]),
        ),
        refused(
            "too-large",
            "a signed part of more than 49,152 bytes",
            sign(&header, &" ".repeat(40_000), &[]),
        ),
    ];
    for (from, to, code, why) in [
        ("Ed25519", "EdDSA", "bad-header", "the older name of the algorithm"),
        ("Ed25519", "none", "bad-header", "no algorithm"),
        ("daybook-event+sd-jwt", "dc+sd-jwt", "bad-header", "another type"),
        (r#""alg""#, r#""b64":false,"alg""#, "bad-header", "a member more"),
        (r#""typ""#, r#""type""#, "bad-header", "another member"),
        (r#""kid":""#, r#""kid":"A"#, "bad-header", "a kid that is too long"),
        (r#"{"alg""#, r#"{"alg":"Ed25519","alg""#, "duplicate-key", "alg twice"),
    ] {
        assert!(header.contains(from), "{header} has no {from}");
        cases.push(refused(code, why, sign(&header.replacen(from, to, 1), &payload, &disclosures)));
    }
    cases
}

fn payload_cases() -> Vec<Value> {
    let (header, payload, disclosures) = open(&released());
    let mut cases = Vec::new();
    for (from, to, code, why) in [
        (r#""seq":3"#, r#""seq":-1"#, "bad-claims", "a negative sequence number"),
        (r#""seq":3"#, r#""seq":"3""#, "bad-claims", "a sequence number as text"),
        (r#""seq":3"#, r#""seq":9007199254740992"#, "bad-claims", "a sequence number of 2^53"),
        (r#""v":1"#, r#""v":0"#, "bad-claims", "version 0"),
        (r#""v":1"#, r#""v":4294967296"#, "bad-claims", "a version beyond 32 bits"),
        (r#""v":1"#, r#""v":2"#, "unknown-type", "a version that the type has not"),
        ("release.completed", "release.complete", "unknown-type", "a type that the catalogue has not"),
        (
            "release.completed",
            "ledger.opened",
            "publisher-not-allowed",
            "a type that only the ledger publishes",
        ),
        ("release.completed", "release", "bad-claims", "no name of a type"),
        (
            PRODUCER_MEMBER,
            r#""iss":"ledger/governance""#,
            "publisher-not-allowed",
            "a type that the ledger does not publish",
        ),
        (PRODUCER_MEMBER, r#""iss":"sheriff""#, "bad-claims", "an issuer without a producer"),
        (
            r#""aud":"ledger.example/daybook""#,
            r#""aud":"other.example/daybook""#,
            "wrong-audience",
            "another ledger",
        ),
        (r#""aud":"#, r#""exp":1,"aud":"#, "bad-claims", "a claim more"),
        (r#""aud":"#, r#""iss":"a/b","aud":"#, "duplicate-key", "the issuer twice"),
        (r#""period":"2026-11""#, r#""period":"2026-13""#, "bad-claims", "a month that is none"),
        (r#""aud":"#, r#""_sd_alg":"sha-512","aud":"#, "bad-claims", "another hash for disclosures"),
        (r#""data":{"#, r#""data":{"_sd":[],"#, "bad-claims", "digests of object members"),
        (
            r#""data":{"#,
            r#""data":{"exit_point":"public_lobby","#,
            "unknown-field",
            "a restricted field in the clear",
        ),
        (r#""data":{"#, r#""data":{"colour":"red","#, "unknown-field", "a field that the type has not"),
        (r#""data":{"#, r#""data":{"outcome":"x","#, "duplicate-key", "a public field twice"),
        (r#""details":"#, r#""detail":"#, "slot-missing", "a slot under another name"),
        (r#"[{"..."#, r#"[1,{"..."#, "bad-claims", "a digest that is not alone in its list"),
        (r#"[{"...":"#, r#"[{"a":1,"...":"#, "bad-claims", "a digest that is not alone in its object"),
        (r#"[{"...":""#, r#"[{"...":"A"#, "bad-claims", "a digest that is too long"),
        (r#"["D18"]"#, r#"[[[[[[["D18"]]]]]]]"#, "too-deep", "nine levels"),
        (r#"["D18"]"#, r#"[{"_sd":1}]"#, "bad-claims", "a reserved name further in"),
        (r#"["D18"]"#, r#"[1.5]"#, "bad-json", "a number that is not whole"),
        ("]}}", "]}", "bad-json", "broken JSON"),
    ] {
        assert!(payload.contains(from), "{payload} has no {from}");
        cases.push(refused(code, why, sign(&header, &payload.replacen(from, to, 1), &disclosures)));
    }
    let mut repeated: Value = serde_json::from_str(&payload).unwrap();
    repeated["data"]["details"] = repeated["data"]["times"].clone();
    cases.push(refused(
        "disclosure-repeated",
        "one digest in two slots",
        sign(&header, &repeated.to_string(), &[]),
    ));
    cases
}

const PRODUCER_MEMBER: &str = r#""iss":"sheriff/jail-records""#;

fn disclosure_cases() -> Vec<Value> {
    let (header, payload, disclosures) = open(&released());
    let twice = [&disclosures[..], &disclosures[..1]].concat();
    let other = open(&event("release.completed", json!({"outcome": "released_public", "occurred_at": "2026-11-22", "recorded_at": "2026-11-22", "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja"}), "sheriff/jail-records", 4, 8)).2;
    let foreign = [&disclosures[..2], &other[2..3]].concat();
    let mut cases = vec![
        refused("disclosure-repeated", "a disclosure twice", sign(&header, &payload, &twice)),
        refused(
            "disclosure-unreferenced",
            "a disclosure of another event",
            sign(&header, &payload, &foreign),
        ),
        refused(
            "disclosure-unreferenced",
            "a disclosure that is only a text",
            sign(&header, &payload, &["AA".into()]),
        ),
    ];
    for (slot, disclosure, code, why) in [
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0ODw","x",1]"#, "disclosure-malformed", "three items"),
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0ODw"]"#, "disclosure-malformed", "no value"),
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0O","x"]"#, "disclosure-malformed", "a salt of 15 bytes"),
        ("matter_ref", r#"[1,"x"]"#, "disclosure-malformed", "a salt that is a number"),
        ("matter_ref", r#"{"salt":"AAECAwQFBgcICQoLDA0ODw"}"#, "disclosure-malformed", "no list"),
        (
            "matter_ref",
            r#"["AAECAwQFBgcICQoLDA0ODw",{"...":"x"}]"#,
            "disclosure-malformed",
            "a reserved name inside",
        ),
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0ODw",{"a":1,"a":2}]"#, "duplicate-key", "a member twice"),
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0ODw",[[[[[[[[1]]]]]]]]]"#, "too-deep", "nine levels"),
        ("matter_ref", r#"["AAECAwQFBgcICQoLDA0ODw","x""#, "bad-json", "broken JSON"),
        (
            "details",
            r#"["AAECAwQFBgcICQoLDA0ODw",{}]"#,
            "disclosure-malformed",
            "a slot without fields that is not null",
        ),
        (
            "details",
            r#"["AAECAwQFBgcICQoLDA0ODw","public_lobby"]"#,
            "disclosure-malformed",
            "a slot of fields with a text",
        ),
        (
            "details",
            r#"["AAECAwQFBgcICQoLDA0ODw",{"role":"deputy"}]"#,
            "unknown-field",
            "a field of another slot",
        ),
    ] {
        cases.push(refused(code, why, with_slot(&header, &payload, slot, &b64::encode(disclosure))));
    }
    let padded = format!("{}=", b64::encode(r#"["AAECAwQFBgcICQoLDA0ODw","xy"]"#));
    cases.push(refused(
        "bad-encoding",
        "a padded disclosure",
        with_slot(&header, &payload, "matter_ref", &padded),
    ));
    cases
}

/// The event in which this slot has this disclosure, whatever it is.
fn with_slot(header: &str, payload: &str, slot: &str, disclosure: &str) -> String {
    let mut payload: Value = serde_json::from_str(payload).unwrap();
    payload["data"][slot] = json!([{"...": daybook_event::disclose::disclosure_digest(disclosure)}]);
    sign(header, &payload.to_string(), &[disclosure.to_owned()])
}

pub(crate) fn check(case: &Value) {
    let look = || {
        let token = Token::parse(text(case, "event").as_bytes())?;
        if token.claims().aud.as_str() != ORIGIN {
            return Err(token.refusal(daybook_event::Code::WrongAudience));
        }
        show(&token, Catalogue::builtin())
    };
    match look() {
        Ok(shown) => {
            assert_eq!(case["code"], Value::Null, "{case}");
            assert_eq!(Value::Object(shown.fields), case["fields"], "{case}");
            assert_eq!(json!(shown.withheld), case["withheld"], "{case}");
        }
        Err(refusal) => assert_eq!(case["code"], refusal.code.as_str(), "{case}"),
    }
}

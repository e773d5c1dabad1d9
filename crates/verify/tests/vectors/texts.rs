//! Encodings with one spelling.

use daybook_event::{b64, json};
use daybook_tlog::Hash;
use serde_json::{Value, json};

use super::{hex, text, unhex};

pub(crate) fn base64_cases() -> Vec<Value> {
    let mut cases = Vec::new();
    for length in [0, 1, 2, 3, 4, 31, 32, 33] {
        let bytes: Vec<u8> = (0..length).map(|n| 0xff - 3 * n).collect();
        cases.push(json!({"alphabet": "url", "text": b64::encode(&bytes), "bytes": hex(&bytes)}));
    }
    let zeros = "A".repeat(43);
    let tail = format!("{}B", "A".repeat(42));
    for bad in ["AA==", "AB", "A A", "AA\n", "A", "+/", "AA=", "ÄÄ", "AAAAA", " AA", "AA ", &tail] {
        cases.push(json!({"alphabet": "url", "text": bad, "bytes": null}));
    }
    cases.push(json!({"alphabet": "url", "text": zeros, "bytes": "00".repeat(32)}));
    let hash = Hash([0xfb; 32]);
    cases.push(json!({"alphabet": "hash", "text": hash.to_base64(), "bytes": hex(&hash.0)}));
    let good = hash.to_base64();
    for bad in [
        good.trim_end_matches('=').to_owned(),
        good.replace('+', "-").replace('/', "_"),
        format!("{good}="),
        good.replace("s=", "t="),
        "AQ==".to_owned(),
        String::new(),
    ] {
        cases.push(json!({"alphabet": "hash", "text": bad, "bytes": null}));
    }
    cases
}

pub(crate) fn check_base64(case: &Value) {
    let found = match text(case, "alphabet") {
        "url" => b64::decode(text(case, "text")),
        _ => Hash::from_base64(text(case, "text")).map(|hash| hash.0.to_vec()),
    };
    assert_eq!(found, case["bytes"].as_str().map(unhex), "{case}");
}

pub(crate) fn json_cases() -> Vec<Value> {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let mut cases = Vec::new();
    let mut put = |code: Option<&str>, texts: &[&str]| {
        for text in texts {
            cases.push(json!({"bytes": hex(text.as_bytes()), "text": text, "code": code}));
        }
    };
    put(
        None,
        &[
            r#"{"a":[1,-2,true,null,"x\u0041"],"b":{"c":""}}"#,
            "0",
            "-1",
            "18446744073709551615",
            "\"\u{1f600}\"",
        ],
    );
    put(None, &[r#""\ud83d\ude00""#, "-9223372036854775808", " [ ] ", "\"\u{7f}\u{2028}\"", &nested(8)]);
    put(
        Some("duplicate-key"),
        &[r#"{"a":1,"a":1}"#, r#"{"a":[0,{"b":1,"c":2,"\u0062":3}]}"#, r#"{"":1,"":2}"#],
    );
    put(Some("too-deep"), &[&nested(9), &nested(1_000)]);
    put(
        Some("bad-json"),
        &["[1.5]", "[1e3]", "[1.0]", "[18446744073709551616]", "[-0]", "[-0.0]", "01", "+1", ".5", "1."],
    );
    put(
        Some("bad-json"),
        &["", "{", "[1,]", "{} {}", "nul", "{\"a\"}", "[\"\u{1}\"]", "{'a':1}", "{\"a\":1,}", "\u{feff}[]"],
    );
    put(
        Some("bad-json"),
        &[r#""\ud800""#, r#""\udc00\ud800""#, r#""\x41""#, "\"a", "[1 2]", "{1:2}", "\u{a0}1", "NaN", "// 1"],
    );
    cases.push(json!({"bytes": "22ff22", "text": "\"<ff>\"", "code": "bad-json"}));
    cases
}

pub(crate) fn check_json(case: &Value) {
    use json::JsonFaultKind::{DuplicateKey, NotWhole, Syntax, TooDeep};
    let code = json::parse(&unhex(text(case, "bytes"))).err().map(|fault| match fault.kind {
        DuplicateKey => "duplicate-key",
        TooDeep => "too-deep",
        Syntax | NotWhole => "bad-json",
        other => panic!("{other:?}"),
    });
    assert_eq!(code, case["code"].as_str(), "{case}");
}

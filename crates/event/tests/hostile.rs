//! Whatever bytes come in, the answer is a value: no panic, no hang, and one spelling for what is accepted.
#![allow(clippy::unwrap_used)]

use daybook_event::entry::parse_entry;
use daybook_event::{
    Catalogue, Draft, KeyRequest, OsEntropy, Position, SigningKey, Token, check_content, issue, xscan,
};
use proptest::prelude::*;

fn good() -> String {
    let ty = Catalogue::builtin().latest("advisement.given").unwrap();
    let draft = Draft::new(ty.name().clone(), ty.example().as_object().unwrap().clone());
    let (iss, aud) = ("sheriff/jail-records".parse().unwrap(), "ledger.example/daybook".parse().unwrap());
    let key = SigningKey::from_seed([1; 32]);
    issue(&draft, &iss, &aud, Position::first(&aud), &key, Catalogue::builtin(), &mut OsEntropy)
        .unwrap()
        .compact
}

#[test]
fn every_changed_byte_is_refused_or_breaks_the_signature() {
    let good = good().into_bytes();
    let key = SigningKey::from_seed([1; 32]).public();
    for at in 0..good.len() {
        for to in [b'A', b'~', b'.', b'='] {
            let mut changed = good.clone();
            changed[at] = to;
            if changed == good {
                continue;
            }
            let accepted = Token::parse(&changed).is_ok_and(|token| {
                key.verify_strict(token.signing_input(), token.signature())
                    && check_content(&token, Catalogue::builtin()).is_ok()
            });
            assert!(!accepted, "byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Token::parse(&bytes);
        let _ = parse_entry(&bytes);
        let _ = daybook_event::json::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = KeyRequest::parse(&text);
        let _ = daybook_event::EventTime::parse(&text);
        let _ = xscan::find(&text);
    }

    #[test]
    fn random_json_in_the_payload_never_panics(text in "[\\[\\]{}\",:a-z0-9.\\\\_-]{0,80}") {
        let part = daybook_event::b64::encode(&text);
        let header = daybook_event::b64::encode(format!(
            r#"{{"alg":"Ed25519","kid":"{}","typ":"daybook-event+sd-jwt"}}"#,
            SigningKey::from_seed([1; 32]).public().kid()
        ));
        let compact = format!("{header}.{part}.{}~{part}~", daybook_event::b64::encode([0; 64]));
        prop_assert!(Token::parse(compact.as_bytes()).is_err());
    }

    #[test]
    fn strict_json_agrees_with_serde_where_it_accepts(text in "[\\[\\]{}\",:a-c0-9.e -]{0,24}") {
        if let Ok(value) = daybook_event::json::parse(text.as_bytes()) {
            prop_assert_eq!(value, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}

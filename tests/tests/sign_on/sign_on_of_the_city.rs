//! OpenID Connect: which tokens are believed, and with which code every other is refused.

use std::time::{Duration, Instant};

use daybook_event::b64;
use daybook_tests::Ledger;
use ring::hmac;
use serde_json::{Value, json};

use crate::grant::{grant, known, until};
use crate::issuer::{Issuer, Signer, unsigned};
use crate::{ledger, me};

const AUDIENCE: &str = "daybook-auditors";
const SUBJECT: &str = "8c1f02aa";
/// The least time between two questions to the issuer, and some.
const NEW_KEY_LIMIT: Duration = Duration::from_secs(90);

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Claims that are good, with some of them put otherwise; null takes one out.
fn claims(issuer: &Issuer, changes: Value) -> Value {
    let mut claims = json!({
        "iss": issuer.name, "aud": AUDIENCE, "sub": SUBJECT, "iat": now(), "exp": now() + 300,
        "groups": ["audit"], "email": "not-read@city.example",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn code(ledger: &Ledger, token: &str) -> String {
    let (status, code, _) = me(ledger, token);
    assert_eq!(status, if code == "oidc-unavailable" { 503 } else { 401 }, "{code}");
    code
}

fn started(issuer: &Issuer) -> Ledger {
    let mut ledger = ledger(&issuer.settings(AUDIENCE));
    ledger.start();
    grant(&ledger, "a-0001", &["--oidc-issuer", &issuer.name, "--oidc-subject", SUBJECT]);
    ledger
}

#[test]
fn a_token_of_the_sign_on_opens_its_account_and_any_other_is_refused_with_its_code() {
    let issuer = Issuer::start();
    let ledger = ledger(&issuer.settings(AUDIENCE));
    let signers = [Signer::rsa("r1", ledger.scratch()), Signer::p256("e1"), Signer::ed25519("d1")];
    issuer.set_keys(&signers.each_ref());
    // What an issuer may list beside: keys for other uses and a shared secret, which must never check anything.
    let mut encryption = signers[1].jwk();
    (encryption["use"], encryption["kid"]) = ("enc".into(), "e2".into());
    issuer.add_key(encryption);
    issuer.add_key(json!({ "kty": "oct", "kid": "h1", "alg": "HS256", "k": b64::encode([7; 32]) }));
    let mut ledger = ledger;
    ledger.start();
    grant(&ledger, "a-0001", &["--oidc-issuer", &issuer.name, "--oidc-subject", SUBJECT]);
    let good = claims(&issuer, json!({}));
    known("", || me(&ledger, &signers[1].token(&good)));

    for signer in &signers {
        let token = signer.token(&good);
        let (status, code, body) = me(&ledger, &token);
        assert_eq!(
            (status, body["account"].as_str()),
            (200, Some("a-0001")),
            "{} {code}",
            signer.algorithm()
        );
        changed_anywhere(&ledger, &token);
    }
    let signer = &signers[1];
    let several = claims(&issuer, json!({ "aud": ["somebody-else", AUDIENCE] }));
    assert_eq!(me(&ledger, &signer.token(&several)).0, 200);
    claims_that_are_refused(&ledger, &issuer, signer);
    headers_that_are_refused(&ledger, &issuer, &signers);

    // Somebody whom nobody granted an account.
    let stranger = claims(&issuer, json!({ "sub": "stranger" }));
    assert_eq!(code(&ledger, &signer.token(&stranger)), "unknown-credential");
    let log = ledger.log();
    for secret in [SUBJECT, "not-read@city.example", signer.token(&good).split('.').next().unwrap()] {
        assert!(!log.contains(secret), "the log holds something of a token");
    }
}

fn claims_that_are_refused(ledger: &Ledger, issuer: &Issuer, signer: &Signer) {
    for (changes, expected) in [
        (json!({ "aud": "payroll" }), "oidc-audience"),
        (json!({ "aud": ["payroll", "parking"] }), "oidc-audience"),
        (json!({ "aud": [] }), "oidc-audience"),
        (json!({ "iss": "http://127.0.0.1:1" }), "oidc-issuer"),
        (json!({ "iss": format!("{}/", issuer.name) }), "oidc-issuer"),
        (json!({ "exp": now() - 70 }), "oidc-expired"),
        (json!({ "exp": 0 }), "oidc-expired"),
        (json!({ "nbf": now() + 75 }), "oidc-not-yet"),
        (json!({ "iat": now() + 75 }), "oidc-not-yet"),
        (json!({ "exp": 1e300 }), "oidc-malformed"),
        (json!({ "exp": -1 }), "oidc-malformed"),
        (json!({ "exp": "2099" }), "oidc-malformed"),
        (json!({ "sub": "" }), "oidc-malformed"),
        (json!({ "sub": "x".repeat(256) }), "oidc-malformed"),
        (json!({ "sub": null }), "oidc-malformed"),
        (json!({ "exp": null }), "oidc-malformed"),
        (json!({ "iat": null }), "oidc-malformed"),
        (json!({ "aud": null }), "oidc-malformed"),
        (json!({ "iss": null }), "oidc-malformed"),
        (json!({ "cnf": { "x5t#S256": "AA" } }), "oidc-malformed"),
        (json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }), "oidc-malformed"),
        (json!({ "filler": "x".repeat(16_384) }), "oidc-malformed"),
    ] {
        assert_eq!(code(ledger, &signer.token(&claims(issuer, changes.clone()))), expected, "{changes}");
    }
    // Clocks that differ by less than is allowed for.
    for changes in [json!({ "exp": now() - 30 }), json!({ "nbf": now() + 40 }), json!({ "iat": now() + 40 })]
    {
        assert_eq!(me(ledger, &signer.token(&claims(issuer, changes.clone()))).0, 200, "{changes}");
    }
    // Two audiences, of which a reader might take either.
    let twice = claims(issuer, json!({})).to_string().replacen('{', "{\"aud\":\"payroll\",", 1);
    let message =
        format!("{}.{}", b64::encode(json!({ "alg": "ES256", "kid": "e1" }).to_string()), b64::encode(twice));
    assert_eq!(code(ledger, &format!("{message}.AAAA")), "oidc-malformed");
}

fn headers_that_are_refused(ledger: &Ledger, issuer: &Issuer, signers: &[Signer; 3]) {
    let (rsa, signer) = (&signers[0], &signers[1]);
    let good = claims(issuer, json!({}));
    for (header, expected) in [
        (json!({ "alg": "ES256", "kid": "nobody" }), "oidc-signature"),
        (json!({ "alg": "ES256", "kid": "r1" }), "oidc-signature"),
        (json!({ "alg": "ES256", "kid": "e2" }), "oidc-signature"),
        (json!({ "alg": "ES384", "kid": "e1" }), "oidc-signature"),
        (json!({ "alg": "EdDSA", "kid": "e1" }), "oidc-signature"),
        (json!({ "alg": "ES256", "kid": "e1", "crit": ["exp"] }), "oidc-malformed"),
        (json!({ "alg": "ES256", "kid": "e1", "typ": "logout+jwt" }), "oidc-malformed"),
        (json!({ "kid": "e1" }), "oidc-malformed"),
        // A key that the token itself brings along.
        (json!({ "alg": "EdDSA", "jwk": Signer::ed25519("own").jwk(), "kid": "own" }), "oidc-signature"),
    ] {
        assert_eq!(code(ledger, &signer.token_with(&header, &good)), expected, "{header}");
    }
    for alg in ["none", "None", "NONE", ""] {
        let message = unsigned(&json!({ "alg": alg, "kid": "e1" }), &good);
        for signature in ["", "AAAA"] {
            assert_eq!(code(ledger, &format!("{message}.{signature}")), "oidc-signature", "{alg:?}");
        }
    }
    // The public key as a shared secret, and the shared secret that the issuer lists.
    for (kid, secret) in [("r1", rsa.public_pem()), ("h1", vec![7; 32])] {
        let message = unsigned(&json!({ "alg": "HS256", "kid": kid, "typ": "JWT" }), &good);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        assert_eq!(code(ledger, &format!("{message}.{}", b64::encode(tag))), "oidc-signature", "{kid}");
    }
    // A key of somebody else's under the name of the issuer's.
    assert_eq!(code(ledger, &Signer::p256("e1").token(&good)), "oidc-signature");
    let token = signer.token(&good);
    for malformed in
        [format!("{token}="), token.replacen('.', "..", 1).replace("..", ".=."), format!("A{token}")]
    {
        assert!(
            ["oidc-malformed", "oidc-signature", "unknown-credential"]
                .contains(&code(ledger, &malformed).as_str())
        );
    }
}

/// Changes one character at a time, at sampled positions of each part.
fn changed_anywhere(ledger: &Ledger, token: &str) {
    let signature = token.rfind('.').unwrap() + 1;
    let positions =
        (0..token.len()).step_by(11).chain((signature..token.len()).step_by(3)).chain([token.len() - 1]);
    for at in positions.filter(|at| token.as_bytes()[*at] != b'.') {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let code = code(ledger, &String::from_utf8(bytes).unwrap());
        match at >= signature {
            true => assert_eq!(code, "oidc-signature", "at {at}"),
            false => assert!(code.starts_with("oidc-"), "{code} at {at}"),
        }
    }
}

#[test]
fn a_new_key_of_the_issuer_is_picked_up_and_questions_to_it_are_rare() {
    let issuer = Issuer::start();
    let (old, new) = (Signer::ed25519("2026"), Signer::ed25519("2027"));
    issuer.set_keys(&[&old]);
    let ledger = started(&issuer);
    let good = claims(&issuer, json!({ "exp": now() + 900 }));
    known("", || me(&ledger, &old.token(&good)));

    issuer.set_keys(&[&new]);
    for number in 0..50 {
        let unknown = json!({ "alg": "EdDSA", "kid": format!("guess-{number}") });
        assert_eq!(code(&ledger, &new.token_with(&unknown, &good)), "oidc-signature");
    }
    let started = Instant::now();
    until("the new key is picked up", NEW_KEY_LIMIT, || {
        let asked = Instant::now();
        assert!(me(&ledger, &old.token(&good)).0 == 200 || me(&ledger, &new.token(&good)).0 == 200);
        assert!(asked.elapsed() < Duration::from_secs(5), "somebody with a known key had to wait");
        me(&ledger, &new.token(&good)).0 == 200
    });
    assert_eq!(
        code(&ledger, &old.token(&good)),
        "oidc-signature",
        "a key that was withdrawn is good for nothing"
    );
    assert!(
        issuer.discoveries() <= 2 + started.elapsed().as_secs() as usize / 60,
        "{}",
        issuer.discoveries()
    );
}

#[test]
fn without_the_issuers_keys_nothing_is_believed() {
    let signer = Signer::ed25519("d1");
    for instead in [
        "no JSON",
        r#"{"issuer":"https://elsewhere.example","jwks_uri":"https://elsewhere.example/keys"}"#,
        "large",
    ] {
        let issuer = Issuer::start();
        issuer.set_keys(&[&signer]);
        issuer.answer_instead(Some(if instead == "large" { " ".repeat(300_000) } else { instead.into() }));
        let ledger = started(&issuer);
        assert_eq!(
            code(&ledger, &signer.token(&claims(&issuer, json!({})))),
            "oidc-unavailable",
            "{instead}"
        );
        assert!(ledger.log().contains("cannot be asked for its keys"), "the log says why");
    }
}

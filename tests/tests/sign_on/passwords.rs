//! Signing in by password.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use daybook_tests::Ledger;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::grant::{grant, grant_token, known, revoke};
use crate::{answer, ledger, me};

const PASSWORD: &str = "seven quiet herons";

fn sign_in(ledger: &Ledger, body: &Value) -> (u16, String, Value) {
    let request = Client::new().post(format!("{}/v1/sessions", ledger.http()));
    answer(request.header("content-type", "application/json").body(body.to_string()))
}

fn started() -> Ledger {
    let mut ledger = ledger("");
    let path = ledger.dir().join("ledger.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("passwords = false"), "{text}");
    fs::write(&path, text.replace("passwords = false", "passwords = true")).unwrap();
    ledger.start();
    let file = ledger.scratch().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    grant(&ledger, "a-0001", &["--password-file", file.to_str().unwrap()]);
    // Once the account after it is known, so is this one, and no attempt was spent on asking.
    let token = grant_token(&ledger, "a-0009");
    known("", || me(&ledger, &token));
    ledger
}

#[test]
fn a_password_opens_a_session_that_ends_when_it_is_ended_or_its_account_is() {
    let ledger = started();
    let good = json!({ "account": "a-0001", "password": PASSWORD });
    let opened = sign_in(&ledger, &good).2;
    let token = opened["session"].as_str().unwrap().to_owned();
    assert_eq!(opened["account"], "a-0001");
    assert_eq!(me(&ledger, &token).2["account"], "a-0001");
    // The password is no bearer token, and neither is its digest.
    assert_eq!(me(&ledger, PASSWORD).1, "unknown-credential");

    let end = |token: &str| {
        answer(Client::new().delete(format!("{}/v1/sessions", ledger.http())).bearer_auth(token))
    };
    assert_eq!(end(&token).0, 204);
    assert_eq!(me(&ledger, &token).1, "session-over");
    assert_eq!(end(&token).1, "session-over");
    assert_eq!(me(&ledger, "dbs_guess").1, "session-over");

    let second = sign_in(&ledger, &good).2["session"].as_str().unwrap().to_owned();
    assert_eq!(me(&ledger, &second).0, 200);
    revoke(&ledger, "a-0001");
    known("account-revoked", || me(&ledger, &second));
    let log = ledger.log();
    assert!(!log.contains(PASSWORD) && !log.contains(&token));
}

#[test]
fn whoever_guesses_learns_nothing_and_is_held_up() {
    let ledger = started();
    let good = json!({ "account": "a-0001", "password": PASSWORD });
    assert_eq!(sign_in(&ledger, &good).0, 201);
    for malformed in [
        json!({}),
        json!({ "account": "a-0001", "password": "" }),
        json!({ "account": "a-0001", "password": "x".repeat(1_025) }),
    ] {
        assert_eq!(sign_in(&ledger, &malformed).1, "sign-in-malformed");
    }
    // The same five attempts and the same answers, whether the account exists or not.
    let guesses = |account: &str| -> Vec<(u16, Value)> {
        let guess = json!({ "account": account, "password": "a guess that is wrong" });
        (0..6)
            .map(|_| sign_in(&ledger, &guess))
            .map(|(status, _, body)| (status, body["code"].clone()))
            .collect()
    };
    let known = guesses("a-0001");
    assert_eq!(known, guesses("a-0002"));
    assert_eq!(known[4], (401, "sign-in-refused".into()));
    assert_eq!(known[5], (429, "sign-in-too-often".into()));
    assert_eq!(
        sign_in(&ledger, &good).1,
        "sign-in-too-often",
        "the right password does not get through either"
    );
}

#[test]
fn passwords_are_off_unless_the_operator_says_otherwise() {
    let mut ledger = ledger("");
    ledger.start();
    let (status, code, _) = sign_in(&ledger, &json!({ "account": "a-0001", "password": PASSWORD }));
    assert_eq!((status, code.as_str()), (404, "passwords-off"));
}

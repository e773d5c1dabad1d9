use std::os::unix::fs::PermissionsExt as _;

use clap::{Args as _, FromArgMatches as _};
use daybook_event::Catalogue;
use serde_json::Map;

use super::*;

fn parsed(args: &[&str]) -> Result<Grant, clap::Error> {
    let command = Grant::augment_args(clap::Command::new("grant"));
    let args = std::iter::once(&"grant").chain(&["--dir", "ledger", "--account", "a-0009"]).chain(args);
    Grant::from_arg_matches(&command.try_get_matches_from(args)?)
}

#[test]
fn an_account_proves_itself_in_exactly_one_way() {
    assert!(parsed(&["--role", "auditor"]).is_err());
    assert!(parsed(&["--role", "auditor", "--token-out", "t", "--certificate", "c"]).is_err());
    assert!(parsed(&["--role", "auditor", "--oidc-issuer", "https://login"]).is_err(), "no subject");
    assert!(parsed(&["--role", "auditor", "--oidc-subject", "8c1f"]).is_err(), "no issuer");
    assert!(
        parsed(&["--role", "public", "--token-out", "t"]).is_err(),
        "nobody is granted the public's role"
    );
    assert!(parsed(&["--role", "auditor", "--token-out", "t"]).is_ok());
}

#[test]
fn a_department_is_named_for_departments_only() {
    let of = |args: &[&str]| usage(&parsed(args).unwrap());
    assert!(of(&["--role", "department", "--token-out", "t"]).is_err());
    assert!(of(&["--role", "department", "--department", "sheriff", "--token-out", "t"]).is_ok());
    assert!(of(&["--role", "auditor", "--department", "sheriff", "--token-out", "t"]).is_err());
    let broken = ["--role", "auditor", "--oidc-issuer", "a\nb", "--oidc-subject", "c"];
    assert!(of(&broken).is_err(), "two lines could be read as another issuer and subject");
}

#[test]
fn a_pseudonym_is_no_name() {
    for bad in ["Jane Doe", "a", "9a9", "a_b", "a-0009-0009-0009-0009-0009-0009-0009"] {
        assert!(pseudonym(bad).is_err(), "{bad}");
    }
    assert_eq!(pseudonym("a-0009").unwrap(), "a-0009");
}

#[test]
fn what_is_granted_has_the_form_of_its_type() {
    let args = parsed(&["--role", "department", "--department", "sheriff", "--token-out", "t"]).unwrap();
    let now: Timestamp = "2026-11-22T16:38:12.5Z".parse().unwrap();
    let expires = expires(&args, now).unwrap();
    assert_eq!(format!("{expires:.0}"), "2027-11-22T16:38:12Z", "365 days");
    let fields = fields(&args, Credential::Token, &[7; 32], expires);
    let mut flat: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for name in ["occurred_at", "recorded_at"] {
        flat.insert(name.into(), "2026-11-22T16:38:12Z".into());
    }
    Catalogue::builtin().latest("account.granted").unwrap().check(&flat).unwrap();
    assert_eq!(flat["for_department"], "sheriff");
    flat.remove("credential_digest");
    assert!(Catalogue::builtin().latest("account.granted").unwrap().check(&flat).is_err());
}

#[test]
fn every_reason_to_close_an_account_is_one_of_its_type() {
    for reason in REASONS {
        let flat = serde_json::json!({
            "reason": reason, "account": "a-0009", "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
        });
        Catalogue::builtin().latest("account.revoked").unwrap().check_value(&flat).unwrap();
    }
}

#[test]
fn a_token_is_random_long_and_lies_where_only_its_owner_reads_it() {
    let (one, other) = (new_token().unwrap(), new_token().unwrap());
    assert_ne!(*one, *other);
    assert!(one.starts_with("dbt_") && one.len() == 4 + 43, "32 bytes in base64url");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a-0009.token");
    write_private(&path, one.as_bytes()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(write_private(&path, other.as_bytes()).is_err(), "a token that is there is not written over");
}

#[test]
fn a_certificate_is_known_by_its_bytes_and_not_by_its_spelling() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cert.pem");
    // SHA-256 of the four bytes 1, 2, 3, 4, as any tool computes it.
    let digest = sha256([1, 2, 3, 4]);
    std::fs::write(&path, "a note\n-----BEGIN CERTIFICATE-----\nAQID\nBA==\n-----END CERTIFICATE-----\n")
        .unwrap();
    assert_eq!(certificate_digest(&path).unwrap(), digest);
    std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAQIDBA==\n-----END PRIVATE KEY-----\n").unwrap();
    assert!(certificate_digest(&path).is_err());
    let args =
        parsed(&["--role", "auditor", "--oidc-issuer", "https://login", "--oidc-subject", "8c1f"]).unwrap();
    assert_eq!(shown_credential(&args).unwrap(), (Credential::Oidc, sha256("https://login\n8c1f")));
}

#[test]
fn a_password_is_one_long_line_that_only_its_owner_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    let origin = "ledger.city.example".parse().unwrap();
    let digest = |text: &str, mode: u32| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        file_password_digest(&origin, "a-0012", &path)
    };
    let expected = password_digest(&origin, "a-0012", b"seven quiet herons").unwrap();
    assert_eq!(digest("seven quiet herons\r\n", 0o600).unwrap(), expected);
    for (text, mode) in [
        ("seven quiet herons", 0o640),
        ("too short", 0o600),
        ("seven quiet\nherons at dawn", 0o600),
        (&"x".repeat(1_025), 0o600),
    ] {
        let said = digest(text, mode).unwrap_err().to_string();
        assert!(!said.contains(text), "{said}");
    }
}

#[test]
fn an_account_ends_in_the_future_and_within_five_years() {
    assert!(parsed(&["--role", "auditor", "--token-out", "t", "--days", "0"]).is_err());
    assert!(parsed(&["--role", "auditor", "--token-out", "t", "--days", "1828"]).is_err());
    let both = ["--role", "auditor", "--token-out", "t", "--days", "9", "--until", "2027-01-01"];
    assert!(parsed(&both).is_err());
}

//! Who is let in.

mod story;

use daybook_access::{AccessFault, Action, AuthFault, Credential, Extent, Role};
use serde_json::json;
use story::{DAY, Story, digest};

fn come(story: &Story, name: &str) -> Result<Role, AuthFault> {
    story.access.authenticate(Credential::Token, &digest(name), story.now).map(|session| session.role)
}

#[test]
fn only_the_credential_that_was_granted_opens_and_only_as_its_kind() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    assert_eq!(come(&story, "a-0009"), Ok(Role::Auditor));
    assert_eq!(come(&story, "a-0010"), Err(AuthFault::Unknown));
    for kind in [Credential::Certificate, Credential::Oidc, Credential::Password] {
        let other = story.access.authenticate(kind, &digest("a-0009"), story.now);
        assert_eq!(other, Err(AuthFault::Unknown), "{kind:?}");
    }
}

#[test]
fn an_account_ends_by_itself_to_the_second() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    let end = story.access.account("a-0009").unwrap().expires_at;
    story.now = end - 1;
    assert_eq!(come(&story, "a-0009"), Ok(Role::Auditor));
    story.now = end;
    assert_eq!(come(&story, "a-0009"), Err(AuthFault::Expired));
}

#[test]
fn a_revoked_account_opens_nothing_until_it_is_granted_again() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    let session = story.session("a-0009");
    story.revoke("a-0009");
    assert_eq!(come(&story, "a-0009"), Err(AuthFault::Revoked));
    let check = story.access.check_action(&session, Action::SearchEvents, story.now);
    assert_eq!(check, Err(AccessFault::SessionEnded), "a session does not outlive its account");
    story.grant("a-0009", "custodian", 30);
    assert_eq!(come(&story, "a-0009"), Ok(Role::Custodian));
    let check = story.access.check_action(&session, Action::SearchEvents, story.now);
    assert_eq!(check, Err(AccessFault::SessionEnded), "nor its role");
}

#[test]
fn a_new_credential_replaces_the_old_one() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    story.grant_with("a-0009", "auditor", 30, &digest("new"));
    assert_eq!(come(&story, "a-0009"), Err(AuthFault::Revoked));
    assert_eq!(come(&story, "new"), Ok(Role::Auditor));
    story.grant("a-0009", "auditor", 30);
    assert_eq!(come(&story, "a-0009"), Ok(Role::Auditor), "the old one, granted again");
    assert_eq!(come(&story, "new"), Err(AuthFault::Revoked));
}

#[test]
fn a_credential_says_who_comes_so_two_accounts_never_share_one() {
    let mut story = Story::new();
    story.grant_with("a-0009", "auditor", 30, &digest("shared"));
    let taken = |story: &Story| story.access.check_grant("b-0001", Credential::Token, &digest("shared"));
    assert_eq!(taken(&story), Err(AccessFault::CredentialTaken));
    story.grant_with("b-0001", "custodian", 30, &digest("shared"));
    assert_eq!(come(&story, "shared"), Ok(Role::Auditor));
    assert!(story.access.account("b-0001").is_none());
    story.revoke("a-0009");
    assert_eq!(taken(&story), Ok(()));
}

#[test]
fn nobody_but_the_governance_grants_or_revokes() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    let mut fields = story.said[0].fields.clone();
    for issuer in ["ledger/access", "ledger/rules", "auditor/desk", "ledger/governance2"] {
        story.say(issuer, "account.revoked", None, json!({"account": "a-0009"}));
        fields.insert("account_role".to_owned(), json!("custodian"));
        story.say(issuer, "account.granted", None, fields.clone().into());
        assert_eq!(come(&story, "a-0009"), Ok(Role::Auditor), "{issuer}");
    }
}

#[test]
fn a_grant_that_makes_no_sense_grants_nothing() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    let good = story.said[0].fields.clone();
    for (field, value) in [
        ("account_role", json!("public")),
        ("account_role", json!("root")),
        ("credential", json!("word of mouth")),
        ("credential_digest", json!("AAAA")),
        ("expires_at", json!("never")),
        ("expires_at", json!(null)),
        ("account", json!("A")),
        ("account", json!("court order")),
    ] {
        let mut story = Story::new();
        let mut fields = good.clone();
        fields.insert(field.to_owned(), value);
        story.say("ledger/governance", "account.granted", None, fields.into());
        assert_eq!(story.access.accounts().count(), 0, "{field}");
    }
    let mut fields = good;
    fields.insert("account_role".to_owned(), json!("department"));
    fields.remove("for_department");
    story.say("ledger/governance", "account.granted", None, fields.into());
    assert_eq!(come(&story, "a-0009"), Ok(Role::Auditor), "a department's account names the department");
}

#[test]
fn an_account_good_until_a_day_ends_when_the_day_begins() {
    let mut story = Story::new();
    story.grant("a-0009", "auditor", 30);
    let mut fields = story.said[0].fields.clone();
    fields.insert("expires_at".to_owned(), json!("2026-11-23"));
    story.say("ledger/governance", "account.granted", None, fields.into());
    assert_eq!(story.access.account("a-0009").unwrap().expires_at % DAY, 0);
}

#[test]
fn an_action_goes_as_far_as_the_table_says() {
    let story = Story::with_accounts();
    let check = |name: &str, action| story.access.check_action(&story.session(name), action, story.now);
    assert_eq!(check("department", Action::SearchEvents), Ok(Extent::Own));
    assert_eq!(check("auditor", Action::SearchEvents), Ok(Extent::All));
    let refused = check("operator", Action::SearchEvents);
    assert_eq!(refused, Err(AccessFault::Role { action: Action::SearchEvents }));
    assert_eq!(story.session("department").department.as_deref(), Some("sheriff"));
}

//! The key registry: a key's authority is what the log said at that entry.
#![allow(clippy::unwrap_used)]

use daybook_event::{
    Catalogue, Draft, Issuer, Kid, Origin, OsEntropy, Position, Registry, RegistryFault, SigningKey,
    Standing, Token, issue,
};
use serde_json::{Value, json};

const TIMES: [(&str, &str); 2] = [("occurred_at", "2026-11-22T09:38Z"), ("recorded_at", "2026-11-22T09:38Z")];

fn origin() -> Origin {
    "ledger.example/daybook".parse().unwrap()
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

fn kid(n: u8) -> Kid {
    key(n).public().kid()
}

fn producer() -> Issuer {
    "sheriff/jail-records".parse().unwrap()
}

/// An event of `iss` signed by key `n`.
fn event(event: &str, mut fields: Value, iss: &Issuer, seq: u64, n: u8) -> String {
    for (name, time) in TIMES {
        fields[name] = time.into();
    }
    let draft = Draft::new(event.parse().unwrap(), fields.as_object().unwrap().clone());
    let at = Position { seq, prev: [0; 32] };
    issue(&draft, iss, &origin(), at, &key(n), Catalogue::builtin(), &mut OsEntropy).unwrap().jwt().to_owned()
}

fn governed(name: &str, fields: Value) -> String {
    event(name, fields, &Issuer::governance(), 1, 1)
}

fn named(n: u8) -> Value {
    json!({"producer": "sheriff/jail-records", "kid": kid(n).to_string(), "x": key(n).public().x()})
}

fn registered(n: u8) -> String {
    governed("key.registered", named(n))
}

fn rotated(old: u8, new: u8, from_seq: u64) -> String {
    let mut fields = named(new);
    fields["old_kid"] = kid(old).to_string().into();
    fields["from_seq"] = from_seq.into();
    governed("key.rotated", fields)
}

fn revoked(n: u8) -> String {
    governed(
        "key.revoked",
        json!({"producer": "sheriff/jail-records", "kid": kid(n).to_string(), "reason": "lost"}),
    )
}

fn opening() -> Value {
    json!({"origin": origin().as_str(), "log_vkey": "ledger.example/daybook+2a1c9f03+AQNhYmNk",
        "kid": kid(1).to_string(), "x": key(1).public().x()})
}

fn opened() -> Registry {
    let mut registry = Registry::default();
    take(&mut registry, 0, &event("ledger.opened", opening(), &Issuer::governance(), 0, 1)).unwrap();
    registry
}

fn take(registry: &mut Registry, index: u64, jwt: &str) -> Result<(), RegistryFault> {
    let token = Token::parse_jwt(jwt).unwrap();
    let foretold = registry.check(index, &token);
    let before = registry.clone();
    let taken = registry.apply(index, &token);
    assert_eq!(foretold, taken);
    assert!(taken.is_ok() || before == *registry, "a refused event changes nothing");
    taken
}

fn in_force(registry: &Registry, n: u8, seq: u64) -> bool {
    registry.standing(&producer(), &kid(n), seq) == Standing::InForce(key(n).public())
}

#[test]
fn the_opening_names_origin_log_key_and_governance() {
    let registry = opened();
    assert_eq!(registry.origin(), Some(&origin()));
    assert_eq!(registry.log_vkey(), Some("ledger.example/daybook+2a1c9f03+AQNhYmNk"));
    let governance = registry.standing(&Issuer::governance(), &kid(1), 7);
    assert_eq!(governance, Standing::InForce(key(1).public()));
    assert_eq!(registry.standing(&producer(), &kid(2), 0), Standing::UnknownProducer);
}

#[test]
fn an_opening_that_contradicts_itself_is_refused() {
    let refused = |fields: Value, iss: &str, n: u8| {
        let jwt = event("ledger.opened", fields, &iss.parse().unwrap(), 0, n);
        take(&mut Registry::default(), 0, &jwt).unwrap_err()
    };
    let mut elsewhere = opening();
    elsewhere["origin"] = "elsewhere".into();
    assert!(matches!(refused(elsewhere, "ledger/governance", 1), RegistryFault::Contradiction(_)));
    assert!(matches!(refused(opening(), "ledger/other", 1), RegistryFault::Contradiction(_)));
    assert!(matches!(refused(opening(), "ledger/governance", 2), RegistryFault::Contradiction(_)));
    let mut other_key = opening();
    other_key["kid"] = kid(2).to_string().into();
    assert_eq!(refused(other_key, "ledger/governance", 1), RegistryFault::OtherKey);
    // The right key id in the header, but the signature of another event.
    let good = event("ledger.opened", opening(), &Issuer::governance(), 0, 1);
    let other = event("ledger.opened", opening(), &Issuer::governance(), 1, 1);
    let spliced = format!("{}.{}", good.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    assert!(matches!(take(&mut Registry::default(), 0, &spliced), Err(RegistryFault::Contradiction(_))));
}

#[test]
fn the_opening_is_entry_0_and_nothing_else_is() {
    let mut registry = Registry::default();
    assert_eq!(take(&mut registry, 0, &registered(2)), Err(RegistryFault::Opening));
    assert_eq!(take(&mut registry, 1, &registered(2)), Err(RegistryFault::Opening));
    let again = event("ledger.opened", opening(), &Issuer::governance(), 0, 1);
    assert_eq!(take(&mut registry, 3, &again), Err(RegistryFault::Opening));
    assert_eq!(take(&mut opened(), 1, &again), Err(RegistryFault::Opening));
    assert_eq!(take(&mut opened(), 0, &again), Err(RegistryFault::Opening));
}

#[test]
fn a_registered_key_is_in_force_from_then_on() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    take(&mut registry, 2, &registered(3)).unwrap();
    assert!(in_force(&registry, 2, 0) && in_force(&registry, 3, 9));
    assert_eq!(registry.standing(&producer(), &kid(4), 0), Standing::UnknownKey);
    assert_eq!(registry.keys(&producer()).unwrap()[&kid(3)].since_entry, 2);
}

#[test]
fn a_rotation_divides_the_sequence() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    take(&mut registry, 2, &rotated(2, 3, 10)).unwrap();
    assert!(in_force(&registry, 2, 9) && !in_force(&registry, 2, 10));
    assert!(in_force(&registry, 3, 10) && !in_force(&registry, 3, 9));
    assert_eq!(registry.standing(&producer(), &kid(2), 10), Standing::NotForSequence);
    assert_eq!(take(&mut registry, 3, &rotated(2, 4, 20)), Err(RegistryFault::NotInForce));
    assert_eq!(take(&mut registry, 3, &rotated(3, 4, 9)), Err(RegistryFault::NotInForce));
    take(&mut registry, 3, &rotated(3, 4, 20)).unwrap();
    assert!(in_force(&registry, 3, 19) && in_force(&registry, 4, 20));
}

#[test]
fn a_revoked_key_is_good_for_nothing_and_stays_so() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    take(&mut registry, 5, &revoked(2)).unwrap();
    assert_eq!(registry.standing(&producer(), &kid(2), 0), Standing::Revoked { at_entry: 5 });
    assert_eq!(take(&mut registry, 6, &revoked(2)), Err(RegistryFault::NotInForce));
    assert_eq!(take(&mut registry, 6, &registered(2)), Err(RegistryFault::KnownKey));
    assert_eq!(take(&mut registry, 6, &rotated(2, 3, 4)), Err(RegistryFault::NotInForce));
    assert_eq!(take(&mut registry, 6, &revoked(7)), Err(RegistryFault::NotInForce));
}

#[test]
fn a_key_serves_one_producer() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    let mut other = named(2);
    other["producer"] = "police/dispatch".into();
    assert_eq!(take(&mut registry, 2, &governed("key.registered", other)), Err(RegistryFault::KnownKey));
    assert_eq!(take(&mut registry, 2, &registered(1)), Err(RegistryFault::KnownKey));
}

#[test]
fn only_the_ledgers_keys_in_force_change_keys() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    // Not a key of the ledger.
    let stranger = event("key.registered", named(3), &Issuer::governance(), 1, 9);
    assert_eq!(take(&mut registry, 2, &stranger), Err(RegistryFault::NotGovernance));
    // Another ledger/... issuer without a key.
    let clerk = event("key.registered", named(3), &"ledger/clerk".parse().unwrap(), 1, 1);
    assert_eq!(take(&mut registry, 2, &clerk), Err(RegistryFault::NotGovernance));
    // The governance key after its revocation.
    let own = json!({"producer": "ledger/governance", "kid": kid(1).to_string(), "reason": "compromised"});
    take(&mut registry, 2, &governed("key.revoked", own)).unwrap();
    assert_eq!(take(&mut registry, 3, &registered(3)), Err(RegistryFault::NotGovernance));
}

#[test]
fn a_key_that_no_ledger_takes_is_refused() {
    let mut fields = named(2);
    // The neutral element: of small order.
    fields["x"] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into();
    assert_eq!(take(&mut opened(), 1, &governed("key.registered", fields)), Err(RegistryFault::Field("x")));
    let mut fields = named(2);
    fields["kid"] = kid(3).to_string().into();
    assert_eq!(take(&mut opened(), 1, &governed("key.registered", fields)), Err(RegistryFault::OtherKey));
}

#[test]
fn other_events_pass_by_and_the_fold_survives_storage() {
    let mut registry = opened();
    take(&mut registry, 1, &registered(2)).unwrap();
    take(&mut registry, 2, &rotated(2, 3, 10)).unwrap();
    let ty = Catalogue::builtin().latest("release.completed").unwrap();
    let fields = ty.example().clone();
    take(&mut registry, 3, &event("release.completed", fields, &producer(), 0, 2)).unwrap();
    let stored = serde_json::to_string(&registry).unwrap();
    assert_eq!(serde_json::from_str::<Registry>(&stored).unwrap(), registry);
}

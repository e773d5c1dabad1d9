//! Issuing: what the ledger would refuse is not signed, and says which field; what is signed chains.
#![allow(clippy::unwrap_used)]

use daybook_event::{
    Catalogue, Code, Draft, Entropy, EntropyError, IssueError, Issuer, Origin, OsEntropy, Position,
    SigningKey, Token, issue,
};
use serde_json::{Value, json};

struct Failing;

impl Entropy for Failing {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

fn origin() -> Origin {
    "ledger.example/daybook".parse().unwrap()
}

fn issuer() -> Issuer {
    "sheriff/jail-records".parse().unwrap()
}

fn draft(change: impl FnOnce(&mut Value)) -> Draft {
    let ty = Catalogue::builtin().latest("request.received").unwrap();
    let mut fields = ty.example().clone();
    change(&mut fields);
    Draft::new(ty.name().clone(), fields.as_object().unwrap().clone())
}

fn signed_at(
    draft: &Draft,
    at: Position,
    rng: &mut dyn Entropy,
) -> Result<daybook_event::Signed, IssueError> {
    issue(draft, &issuer(), &origin(), at, &SigningKey::from_seed([1; 32]), Catalogue::builtin(), rng)
}

fn refused(draft: &Draft) -> (Code, String) {
    match signed_at(draft, Position::first(&origin()), &mut OsEntropy) {
        Err(IssueError::Refused(refusal)) => (refusal.code, refusal.place.unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_of_a_producer_chain() {
    let mut at = Position::first(&origin());
    let mut last = None;
    for seq in 0..3 {
        let signed = signed_at(&draft(|_| {}), at, &mut OsEntropy).unwrap();
        let token = Token::parse(signed.compact.as_bytes()).unwrap();
        assert_eq!((token.claims().seq, token.claims().jti), (seq, signed.jti));
        assert_eq!(token.claims().prev, last.unwrap_or(origin().first_prev()));
        last = Some(token.jwt_hash());
        at = at.after(&signed);
    }
}

#[test]
fn the_same_draft_never_gives_the_same_digests() {
    let at = Position::first(&origin());
    let slots =
        |signed: daybook_event::Signed| Token::parse_jwt(signed.jwt()).unwrap().claims().slots.clone();
    let (one, two) =
        (signed_at(&draft(|_| {}), at, &mut OsEntropy), signed_at(&draft(|_| {}), at, &mut OsEntropy));
    for (a, b) in slots(one.unwrap()).iter().zip(&slots(two.unwrap())) {
        assert!(a.name == b.name && a.digest != b.digest);
    }
}

#[test]
fn nothing_that_would_be_refused_is_signed() {
    assert_eq!(refused(&draft(|f| f["channel"] = "pigeon".into())), (Code::Schema, "/channel".into()));
    assert_eq!(refused(&draft(|f| f["matter_ref"] = Value::Null)), (Code::Schema, "/matter_ref".into()));
    assert_eq!(
        refused(&draft(|f| f["occurred_at"] = "yesterday".into())),
        (Code::Schema, "/occurred_at".into())
    );
    assert_eq!(refused(&draft(|f| f["unit"] = "A123456789".into())), (Code::ForbiddenData, "/unit".into()));
    assert_eq!(refused(&draft(|f| f["page_count"] = json!(1.5))), (Code::Schema, "/page_count".into()));
    let period = Draft { period: "2026-12".parse().ok(), ..draft(|_| {}) };
    assert_eq!(refused(&period).0, Code::BadPeriod);
    let version = Draft { v: 9, ..draft(|_| {}) };
    assert_eq!(refused(&version).0, Code::UnknownType);
    let other = Draft { event: "key.revoked".parse().unwrap(), ..draft(|_| {}) };
    assert_eq!(refused(&other).0, Code::PublisherNotAllowed);
}

#[test]
fn a_whole_number_written_with_a_fraction_is_not_signed() {
    // JSON Schema counts 2.0 as an integer; the strict reader does not.
    assert_eq!(refused(&draft(|f| f["page_count"] = json!(2.0))).0, Code::BadJson);
}

#[test]
fn an_unknown_field_is_named_to_the_clerk() {
    let error =
        signed_at(&draft(|f| f["Nationality"] = "x".into()), Position::first(&origin()), &mut OsEntropy)
            .unwrap_err();
    assert!(error.to_string().contains("Nationality"), "{error}");
}

#[test]
fn null_counts_as_absent() {
    let with_null = draft(|f| f["page_count"] = Value::Null);
    assert!(signed_at(&with_null, Position::first(&origin()), &mut OsEntropy).is_ok());
}

#[test]
fn without_randomness_nothing_is_signed() {
    let at = Position::first(&origin());
    assert_eq!(signed_at(&draft(|_| {}), at, &mut Failing), Err(IssueError::Entropy(EntropyError)));
    let end = Position { seq: 1 << 53, prev: [0; 32] };
    assert_eq!(signed_at(&draft(|_| {}), end, &mut OsEntropy), Err(IssueError::SequenceExhausted));
}

#[test]
fn a_draft_reads_from_json() {
    let text = r#"{"event":"release.completed","fields":{"outcome":"released_public"}}"#;
    let draft: Draft = serde_json::from_str(text).unwrap();
    assert_eq!((draft.v, draft.period), (Draft::LATEST, None));
    assert!(serde_json::from_str::<Draft>(&text.replace("fields", "data")).is_err());
}

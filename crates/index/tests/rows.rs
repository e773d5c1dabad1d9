//! What a row says about an entry, and what it does not say.

use daybook_event::{
    Catalogue, Class, Draft, Issuer, Origin, OsEntropy, Position, Said, SigningKey, Token, check_content,
    issue,
};
use daybook_index::search::{IdentifierKey, IndexSecret, Rel, Row, row};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

struct Sample {
    jwt: String,
    restricted: Vec<String>,
    withheld: Vec<String>,
    fields: Map<String, Value>,
}

fn samples() -> Vec<Sample> {
    let catalogue = Catalogue::builtin();
    let origin: Origin = "index.example/ledger".parse().expect("an origin");
    let key = SigningKey::generate(&mut OsEntropy).expect("random");
    let sample = |ty: &daybook_event::EventType| {
        let department = ty.publishers().map_or("sheriff", |listed| &listed[0]);
        let issuer: Issuer = format!("{department}/desk").parse().expect("an issuer");
        let fields = ty.example().as_object().cloned().expect("an object");
        let mut draft = Draft::new(ty.name().clone(), fields.clone());
        draft.v = ty.version();
        let at = Position::first(&origin);
        let signed = issue(&draft, &issuer, &origin, at, &key, catalogue, &mut OsEntropy).expect("signed");
        let token = Token::parse(signed.compact.as_bytes()).expect("well formed");
        let content = check_content(&token, catalogue).expect("in order");
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let restricted = std::iter::once("intake".to_owned()).chain(owned(&content.r)).collect();
        let withheld = owned(&content.w);
        Sample { jwt: token.jwt().to_owned(), restricted, withheld, fields }
    };
    catalogue.types().map(sample).collect()
}

fn key() -> IdentifierKey {
    IndexSecret::new([5; 32].into()).identifier_key()
}

const RECEIVED: i64 = 1_795_366_800;

fn read(sample: &Sample, restricted: &[String], withheld: &[String]) -> Row {
    let zone = TimeZone::get("America/Denver").expect("a zone");
    let disclosures = restricted.iter().skip(1).chain(withheld).map(String::as_str).collect();
    let said = Said::read(&sample.jwt, disclosures, Catalogue::builtin()).expect("in order");
    let received = (!restricted.is_empty()).then_some(RECEIVED);
    row(3, &said, received, Catalogue::builtin(), &key(), &zone)
}

#[test]
fn every_type_gives_a_row_with_its_codes_times_and_identifiers() {
    let catalogue = Catalogue::builtin();
    let (mut codes, mut matters, mut links) = (0, 0, 0);
    for sample in samples() {
        let row = read(&sample, &sample.restricted, &sample.withheld);
        let ty = catalogue.latest(row.event.as_str()).expect("a type");
        assert_eq!(row.received, Some(RECEIVED));
        assert!(row.occurred.is_some_and(|(first, last)| first <= last), "{}", row.event);
        for (field, value) in &row.codes {
            let field = ty.field(field).expect("a field");
            assert_ne!(field.class, Class::W);
            let known = field.codes.as_ref().expect("a closed vocabulary");
            assert!(known.iter().any(|known| *known == **value), "{}", row.event);
        }
        for field in ty.fields().iter().filter(|field| field.class == Class::W) {
            let Some(Value::String(value)) = sample.fields.get(&field.name) else { continue };
            let handle = key().identifier(&field.name, value);
            assert_eq!(
                row.identifiers.contains(&handle),
                field.codes.is_none(),
                "{} {}",
                row.event,
                field.name
            );
            // A language is two letters, which are in any text.
            assert!(
                value.len() < 4 || !format!("{row:?}").contains(value),
                "{} shows {}",
                row.event,
                field.name
            );
        }
        assert_eq!(row.matter.is_some(), sample.fields.contains_key("matter_ref"));
        for (_, to) in &row.links {
            assert!(row.identifiers.contains(&key().link(to)));
        }
        codes += row.codes.len();
        matters += usize::from(row.matter.is_some());
        links += row.links.iter().filter(|(rel, _)| *rel == Rel::Of).count();
    }
    assert!(codes > 80 && matters > 20 && links > 3, "{codes} codes, {matters} matters, {links} links");
}

#[test]
fn what_is_erased_or_sealed_away_is_not_in_the_row() {
    for sample in samples() {
        let whole = read(&sample, &sample.restricted, &sample.withheld);
        let sealed = read(&sample, &sample.restricted, &[]);
        let expected: Vec<_> = {
            let mut links: Vec<_> = whole.links.iter().map(|(_, to)| key().link(to)).collect();
            links.sort_unstable();
            links
        };
        assert_eq!((sealed.matter, &sealed.identifiers, &sealed.codes), (None, &expected, &whole.codes));
        let erased = read(&sample, &[], &[]);
        assert_eq!((erased.occurred, erased.recorded, erased.received), (None, None, None));
        assert!(erased.identifiers.is_empty() && erased.links.is_empty() && erased.matter.is_none());
        assert_eq!((&erased.jti, &erased.event, erased.period), (&whole.jti, &whole.event, whole.period));
        assert!(erased.codes.iter().all(|code| whole.codes.contains(code)));
    }
}

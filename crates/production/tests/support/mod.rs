//! Documents of every type of event, made from signed examples; the same in every run.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of it, and so does an example")]

use daybook_event::entry::{EntryRef, intake_digest, intake_disclosure, write_entry};
use daybook_event::hash::sha256;
use daybook_event::{
    Catalogue, Draft, Entropy, EntropyError, Issuer, Origin, Position, SigningKey, Token, issue,
};
use daybook_production::logs::CustodyStep;
use daybook_production::model::{BatesRange, Choices, Document, Numbered, SlotState, Words, Zone};
use daybook_production::profile::redact;
use daybook_production::{Held, Material, Profile, understand};

/// Random bytes that are the same in every run.
pub(crate) struct Repeatable(pub(crate) u64);

impl Entropy for Repeatable {
    fn fill(&mut self, into: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in into.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&sha256(self.0.to_be_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

/// The profile of this name, from `ops/profiles`.
pub(crate) fn profile(name: &str) -> Profile {
    let path = format!("{}/../../ops/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    Profile::parse(name, &std::fs::read_to_string(path).unwrap(), Catalogue::builtin()).unwrap()
}

/// A signed event with everything that is known of it.
pub(crate) struct Signed {
    /// Its entry.
    pub(crate) entry: Vec<u8>,
    /// The event with all its disclosures.
    pub(crate) compact: String,
    /// Its intake disclosure.
    pub(crate) intake: String,
}

/// An event of every type, in the order of the catalogue, from its example.
pub(crate) fn events(seed: u64) -> Vec<Signed> {
    let mut random = Repeatable(seed << 32);
    let key = SigningKey::from_seed([7; 32]);
    let origin: Origin = "ledger.example/daybook".parse().unwrap();
    let types = Catalogue::builtin().types();
    types
        .map(|ty| {
            let department =
                ty.publishers().and_then(|listed| listed.first()).map_or("sheriff", String::as_str);
            let producer = if department == "ledger" { "access" } else { "jail-records" };
            let issuer: Issuer = format!("{department}/{producer}").parse().unwrap();
            let draft = Draft::new(ty.name().clone(), ty.example().as_object().unwrap().clone());
            let at = Position::first(&origin);
            let signed =
                issue(&draft, &issuer, &origin, at, &key, Catalogue::builtin(), &mut random).unwrap();
            let intake =
                intake_disclosure("2026-11-22T16:45:03.127Z", Some(("DAYBOOK_EVENTS", 9)), &mut random)
                    .unwrap();
            let digest = intake_digest(&intake);
            let entry = write_entry(&EntryRef { prev: [3; 32], intake: &digest, event: signed.jwt() });
            Signed { entry, compact: signed.compact, intake }
        })
        .collect()
}

/// A document with what a test wants to know beside it.
pub(crate) struct Produced {
    pub(crate) numbered: Numbered,
    pub(crate) native: Vec<u8>,
    /// The values and disclosures that must be nowhere.
    pub(crate) withheld: Vec<String>,
}

/// The documents of those events under a profile, numbered from 1; some have a slot sealed or erased.
pub(crate) fn documents(profile: &Profile, choices: &Choices, seed: u64) -> Vec<Produced> {
    let mut first = 1;
    let mut documents = Vec::new();
    for (at, signed) in events(seed).iter().enumerate() {
        let (document, native, withheld) = document(profile, signed, at as u64);
        let pages = daybook_production::render::pages(&document, choices);
        let bates = BatesRange { prefix: choices.bates_prefix.clone(), first, last: first + pages - 1 };
        first += pages;
        documents.push(Produced { numbered: Numbered { bates, document }, native, withheld });
    }
    documents
}

/// One event as it goes out, its native, and what is held back of it.
pub(crate) fn document(profile: &Profile, signed: &Signed, index: u64) -> (Document, Vec<u8>, Vec<String>) {
    let token = Token::parse(signed.compact.as_bytes()).unwrap();
    let slot = token.claims().slots.last().unwrap().name.clone();
    let lock = |state| vec![Held { slot: slot.clone(), state }];
    let locked = match index {
        at if at % 5 == 4 => lock(SlotState::Sealed { authority: "court_order".into(), by: 90 }),
        at if at % 7 == 6 => lock(SlotState::Erased { authority: "retention_schedule".into(), by: 91 }),
        _ => Vec::new(),
    };
    let redacted = redact(&token, profile, Catalogue::builtin(), &["answer"], &locked).unwrap();
    let native = format!("{{\"event\":\"{}\"}}\n", redacted.event).into_bytes();
    let material = Material {
        index,
        entry: &signed.entry,
        event: &redacted.event,
        intake: profile.intake.then_some(signed.intake.as_str()),
        native: &native,
        held: &redacted.held,
    };
    let document = understand(&material, Catalogue::builtin(), &|_| Some(12)).unwrap();
    let withheld = withheld(&token, &redacted.event, &document);
    (document, native, withheld)
}

/// The disclosures that do not go out, and the values in them, unless the same value goes out elsewhere in the event.
fn withheld(token: &Token<'_>, event: &str, document: &Document) -> Vec<String> {
    let mut withheld = Vec::new();
    let shown: Vec<&serde_json::Value> = document
        .slots
        .iter()
        .flat_map(|slot| &slot.fields)
        .filter_map(|field| field.value.as_ref())
        .collect();
    for disclosure in token.disclosures().iter().filter(|disclosure| !event.contains(**disclosure)) {
        withheld.push((*disclosure).to_owned());
        let json: serde_json::Value =
            serde_json::from_slice(&daybook_event::b64::decode(disclosure).unwrap()).unwrap();
        let values = match &json[1] {
            serde_json::Value::Object(members) => members.values().cloned().collect(),
            other => vec![other.clone()],
        };
        withheld.push(json[0].as_str().unwrap().to_owned());
        let telling = |value: &serde_json::Value| {
            value.as_str().filter(|text| text.len() > "2026-11-22".len()).map(str::to_owned)
        };
        withheld.extend(values.iter().filter(|value| !shown.contains(value)).filter_map(telling));
    }
    withheld
}

/// A vkey that looks like one.
pub(crate) const LOG_VKEY: &str =
    "ledger.example/daybook+566f6776+AW56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";

/// Steps of a made-up production.
pub(crate) fn custody() -> Vec<CustodyStep> {
    let step = |step: &str, index, account: &str, role: &str| CustodyStep {
        step: step.into(),
        index,
        at: "2026-12-01T17:15:00Z".into(),
        account: account.into(),
        role: role.into(),
    };
    vec![
        step("production.opened", 92, "c-0001", "custodian"),
        step("approval.decided", 94, "a-0002", "attorney"),
        step("production.numbered", 95, "", "automatic"),
    ]
}

/// Choices of a made-up production.
pub(crate) fn choices(profile: &Profile) -> Choices {
    Choices {
        production: "DAYB-26CR1187-P0001".into(),
        bates_prefix: "DAYB-26CR1187-".into(),
        basis: "discovery".into(),
        requester: "defense".into(),
        request_number: Some("R-2026-0042".into()),
        confidentiality: profile.confidentiality,
        legend: profile.legend.clone(),
        profile: profile.name.clone(),
        zone: Zone::new("America/Denver").unwrap(),
        query: r#"{"matter":"h:3q2k"}"#.into(),
        opened_at: "2026-12-01T10:15:00-07:00".into(),
        origin: "ledger.example/daybook".parse().unwrap(),
        searched_size: 92,
        found: 60,
        produced: 56,
        withheld: 4,
        checkpoint_size: 104,
        checkpoint_root: daybook_tlog::Hash([9; 32]),
        words: Words { custodian: "Records Office of the City of Example".into(), ..Words::default() },
    }
}

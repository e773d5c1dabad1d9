//! Redaction profiles: what goes out, what stays back, and what a mistake in one is called.
#![allow(clippy::unwrap_used)]

mod support;

use daybook_event::{Catalogue, Class};
use daybook_production::model::SlotState;
use daybook_production::profile::{Asked, Decision, Glimpse, Profile, Severity};
use support::{choices, documents, profile};

const PROFILES: [&str; 5] =
    ["civil", "criminal-rule-16", "cora-person-in-interest", "protective-order", "attorneys-eyes-only"];

#[test]
fn no_withheld_slot_goes_out_without_an_opening_whatever_the_profile() {
    for name in PROFILES {
        let profile = profile(name);
        for ty in Catalogue::builtin().types() {
            for slot in ty.slots().iter().filter(|slot| slot.class == Class::W) {
                assert_ne!(
                    profile.decide(ty, slot, false),
                    Decision::Show,
                    "{name}: {} of {}",
                    slot.name,
                    ty.name()
                );
                let open = profile.decide(ty, slot, true) == Decision::Show;
                assert!(!open || profile.openable().contains(&slot.name));
            }
        }
    }
}

#[test]
fn every_redaction_names_reason_authority_and_label() {
    for name in PROFILES {
        let profile = profile(name);
        let named = |text: &str| !text.trim().is_empty() && text != "none stated";
        for ty in Catalogue::builtin().types() {
            for slot in ty.slots() {
                if let Decision::Withhold(state) = profile.decide(ty, slot, false) {
                    let SlotState::Withheld { reason, authority, label } = state else { panic!("{state:?}") };
                    assert!(named(&reason) && named(&authority) && named(&label), "{name}: {}", slot.name);
                }
            }
        }
    }
}

#[test]
fn a_mistake_is_named_with_file_key_and_remedy() {
    let good = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/profiles/civil.toml"))
        .unwrap();
    for (from, to, key) in [
        ("confidentiality = \"none\"", "confidentiality = \"secret\"", "confidentiality"),
        ("federal_detainees = \"warn\"", "federal_detainees = \"off\"", "federal_detainees"),
        ("withheld = \"identity\"", "withheld = \"none\"", "withheld"),
        ("\"matter_ref\", ", "\"matter\", ", "openable"),
        ("\"matter_ref\", ", "\"recorder\", ", "openable"),
        ("authority = \"C.R.S. 24-74-103\"", "authority = \" \"", "reasons.identity.authority"),
        ("kind = \"statute\"", "kind = \"whim\"", "reasons.identity.kind"),
        ("label = \"Could single out a person\"", "label = \"\"", "reasons.identity.label"),
        ("types = [\"account.granted\"]", "types = [\"account.given\"]", "withhold[0].types"),
        ("slots = [\"credential_digest\"]", "slots = [\"visitors_hash\"]", "withhold[0].slots"),
        ("reason = \"security\"", "reason = \"secure\"", "withhold[0].reason"),
        ("legend = \"\"", "legend = \"one\\ntwo\"", "legend"),
        ("intake = true", "intake = true\ncolour = \"red\"", "line 6"),
        ("[[withhold]]", "[columns]\nBATES = \"x\"\n[[withhold]]", "columns.BATES"),
        ("[[withhold]]", "[columns]\nBEGBATES = \"a,b\"\n[[withhold]]", "columns.BEGBATES"),
        ("[[withhold]]", "[columns]\nBEGBATES = \"endbates\"\n[[withhold]]", "columns"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = Profile::parse("civil", &good.replacen(from, to, 1), Catalogue::builtin()).unwrap_err();
        assert_eq!((error.file.as_str(), error.key.as_str()), ("civil.toml", key), "{error}");
        assert!(error.remedy.len() > 10 && error.to_string().contains(&error.remedy));
    }
    assert_eq!(Profile::parse("../civil", &good, Catalogue::builtin()).unwrap_err().key, "file");
}

#[test]
fn a_relevance_redaction_without_authority_is_warned_about() {
    let toml = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/profiles/civil.toml"))
        .unwrap();
    let toml =
        toml.replacen("kind = \"statute\"\nauthority = \"C.R.S. 24-74-103\"", "kind = \"relevance\"", 1);
    let profile = Profile::parse("civil", &toml, Catalogue::builtin()).unwrap();
    let notices = profile.notices(Asked { basis: "discovery", requester: "defense" });
    assert_eq!(
        notices.iter().map(|notice| (notice.code, notice.severity)).collect::<Vec<_>>(),
        [("relevance", Severity::Warn)]
    );
}

#[test]
fn a_federal_request_without_a_court_order_is_stopped() {
    let of = |basis, requester| {
        let notices = profile("civil").notices(Asked { basis, requester });
        notices.into_iter().map(|notice| (notice.code, notice.severity)).collect::<Vec<_>>()
    };
    assert_eq!(
        of("cora", "federal"),
        [("crs-24-74-103", Severity::Block), ("crs-24-74-106", Severity::Warn)]
    );
    assert_eq!(of("court_order", "federal"), [("crs-24-74-103", Severity::Warn)]);
    assert_eq!(of("discovery", "defense"), []);
}

#[test]
fn detainee_records_and_sealed_slots_are_shown_to_whoever_reviews() {
    let mut profile = profile("civil");
    let produced = documents(&profile, &choices(&profile), 1);
    let codes = |profile: &Profile, event: &str, requester| {
        let document = &produced
            .iter()
            .find(|one| one.numbered.document.event.as_str() == event)
            .unwrap()
            .numbered
            .document;
        let notices = profile.notices_of(document, Asked { basis: "cora", requester });
        notices.into_iter().map(|notice| (notice.code, notice.severity)).collect::<Vec<_>>()
    };
    let detainee = |severity| ("8-cfr-236-6", severity);
    assert!(codes(&profile, "release.notice_sent", "public").contains(&detainee(Severity::Warn)));
    assert!(!codes(&profile, "release.notice_sent", "court").contains(&detainee(Severity::Warn)));
    assert!(codes(&profile, "training.recorded", "public").iter().all(|(code, _)| *code == "sealed"));
    profile.federal_detainees = Severity::Block;
    assert!(codes(&profile, "release.notice_sent", "public").contains(&detainee(Severity::Block)));
    let sealed = produced.iter().flat_map(|one| {
        profile.notices_of(&one.numbered.document, Asked { basis: "discovery", requester: "court" })
    });
    assert!(sealed.filter(|notice| notice.code == "sealed").count() >= 5);
}

#[test]
fn whoever_reviews_reads_the_same_notices_without_the_record() {
    let profile = profile("civil");
    let asked = Asked { basis: "cora", requester: "public" };
    let mut compared = 0;
    for one in documents(&profile, &choices(&profile), 1) {
        let document = &one.numbered.document;
        let sealed: Vec<(&str, u64)> = document
            .sealed_slots()
            .filter_map(|slot| match &slot.state {
                SlotState::Sealed { by, .. } => Some((slot.name.as_str(), *by)),
                _ => None,
            })
            .collect();
        let glimpse = Glimpse {
            index: document.index,
            event: document.event.as_str(),
            request_kind: document.text("request_kind"),
            sealed: &sealed,
        };
        let notices = profile.notices_about(glimpse, asked);
        compared += notices.len();
        assert_eq!(notices, profile.notices_of(document, asked));
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn the_digest_is_that_of_the_file() {
    let (one, other) = (profile("civil"), profile("protective-order"));
    assert_eq!(one.digest().len(), 43);
    assert_ne!(one.digest(), other.digest());
}

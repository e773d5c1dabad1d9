//! Redaction profiles: those that come with the program, by name, and others by their file.

use std::io::Read as _;
use std::path::Path;

use daybook_event::Catalogue;
use daybook_production::Profile;
use daybook_production::profile::{Asked, MAX_PROFILE_BYTES, Notice, Severity};

use crate::remote::Trouble;

/// The profiles of `ops/profiles`.
const BUILTIN: [(&str, &str); 5] = [
    ("civil", include_str!("../../../../ops/profiles/civil.toml")),
    ("criminal-rule-16", include_str!("../../../../ops/profiles/criminal-rule-16.toml")),
    ("cora-person-in-interest", include_str!("../../../../ops/profiles/cora-person-in-interest.toml")),
    ("protective-order", include_str!("../../../../ops/profiles/protective-order.toml")),
    ("attorneys-eyes-only", include_str!("../../../../ops/profiles/attorneys-eyes-only.toml")),
];

/// The profile of this name, or in this file: whatever holds a slash or ends in `.toml` is a file.
pub(crate) fn load(wanted: &str) -> Result<Profile, Trouble> {
    let usage = |why: &dyn std::fmt::Display| Trouble::Usage(format!("--profile: {why}"));
    let parse = |name: &str, text: &str| {
        Profile::parse(name, text, Catalogue::builtin()).map_err(|fault| usage(&fault))
    };
    if !wanted.contains('/') && !wanted.ends_with(".toml") {
        let Some((name, text)) = BUILTIN.iter().find(|(name, _)| *name == wanted) else {
            let names: Vec<&str> = BUILTIN.iter().map(|(name, _)| *name).collect();
            return Err(usage(&format!(
                "no profile of this name comes with the program; there are {}; another one is named by its file, as ./mine.toml",
                names.join(", ")
            )));
        };
        return parse(name, text);
    }
    let path = Path::new(wanted);
    let named = |why: &dyn std::fmt::Display| usage(&format!("{}: {why}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| named(&error))?;
    // One byte more than a profile may have: the parser says what is wrong with it.
    let most = MAX_PROFILE_BYTES as u64 + 1;
    file.take(most).read_to_string(&mut text).map_err(|error| named(&error))?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    parse(name, &text)
}

/// The profile under which a production was opened, by the name and hash that the ledger has of it. Where no file is named it is the one that
/// comes with the program under that name.
pub(crate) fn recorded(wanted: Option<&str>, name: &str, hash: &str) -> Result<Profile, Trouble> {
    let builtin = BUILTIN.iter().any(|(one, _)| *one == name);
    let refused = |why: String| Trouble::Refused { code: "other-profile", why };
    let profile = match wanted {
        Some(wanted) => load(wanted)?,
        None if builtin => load(name)?,
        None => {
            return Err(refused(format!(
                "the production was opened under the profile {name}, which does not come with the program: name its file with --profile"
            )));
        }
    };
    if profile.name == name && profile.digest() == hash {
        return Ok(profile);
    }
    Err(refused(format!(
        "the production was opened under a profile {name} with the hash {hash}, and this one is {} with {}: name the file that was used then with --profile",
        profile.name,
        profile.digest()
    )))
}

/// What is to be said about a production as a whole; an error where it may not go on.
pub(crate) fn notices(profile: &Profile, asked: Asked<'_>) -> Result<Vec<Notice>, Trouble> {
    let notices = profile.notices(asked);
    match notices.iter().find(|notice| notice.severity == Severity::Block) {
        Some(notice) => Err(blocked(&notice.sentence, notice.code)),
        None => Ok(notices),
    }
}

/// A notice stops the production.
pub(crate) fn blocked(sentence: &str, code: &str) -> Trouble {
    Trouble::Refused { code: "notice-blocks", why: format!("{sentence} Notice {code} stops the production") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_comes_with_the_program_is_one() {
        for (name, text) in BUILTIN {
            let profile = load(name).unwrap();
            assert_eq!(profile.name, name);
            let file = format!("{}/../../ops/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(load(&file).unwrap(), profile, "by name and by file it is the same");
            assert_eq!(std::fs::read_to_string(file).unwrap(), text);
        }
        let listed = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/profiles")).unwrap();
        let tomls = listed.filter(|file| {
            file.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "toml")
        });
        assert_eq!(tomls.count(), BUILTIN.len(), "none was forgotten");
        let words = load("civill").unwrap_err().to_string();
        assert!(words.contains("criminal-rule-16") && words.contains("./mine.toml"), "{words}");
    }

    #[test]
    fn a_production_goes_on_only_under_the_profile_that_it_was_opened_with() {
        let civil = load("civil").unwrap();
        assert_eq!(recorded(None, "civil", civil.digest()).unwrap(), civil);
        assert_eq!(recorded(Some("civil"), "civil", civil.digest()).unwrap(), civil);
        let dir = tempfile::tempdir().unwrap();
        let changed = dir.path().join("civil.toml");
        std::fs::write(&changed, BUILTIN[0].1.replacen("intake = true", "intake = false", 1)).unwrap();
        let code = |outcome: Result<Profile, Trouble>| match outcome.unwrap_err() {
            Trouble::Refused { code, why } => {
                assert!(why.contains("--profile"), "{why}");
                code
            }
            other => panic!("{other}"),
        };
        assert_eq!(code(recorded(changed.to_str(), "civil", civil.digest())), "other-profile");
        assert_eq!(code(recorded(Some("protective-order"), "civil", civil.digest())), "other-profile");
        assert_eq!(code(recorded(None, "civil", "another")), "other-profile");
        assert_eq!(code(recorded(None, "ours", civil.digest())), "other-profile");
        let ours = dir.path().join("ours.toml");
        std::fs::write(&ours, BUILTIN[0].1).unwrap();
        assert_eq!(recorded(ours.to_str(), "ours", civil.digest()).unwrap().name, "ours");
    }

    #[test]
    fn a_federal_request_without_a_court_order_is_not_asked_for() {
        let civil = load("civil").unwrap();
        let refused = notices(&civil, Asked { basis: "cora", requester: "federal" }).unwrap_err();
        assert!(matches!(refused, Trouble::Refused { code: "notice-blocks", .. }), "{refused}");
        assert!(refused.to_string().contains("crs-24-74-103"), "{refused}");
        assert_eq!(notices(&civil, Asked { basis: "court_order", requester: "federal" }).unwrap().len(), 1);
    }
}

//! Reading a profile's file. Whatever is wrong is named with file, key and remedy.

use std::collections::BTreeMap;

use daybook_event::{Catalogue, Class};
use serde::Deserialize;

use super::{Profile, Reason, ReasonKind, Rule, Severity, digest};
use crate::load::COLUMNS;
use crate::model::Confidentiality;

/// Largest profile, bytes.
pub const MAX_PROFILE_BYTES: usize = 64 << 10;
/// Longest label or legend, characters: they must fit where they are printed.
const MAX_LABEL_CHARS: usize = 160;
/// Longest code of a reason, characters.
const MAX_CODE_CHARS: usize = 32;

/// A profile that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {what}; {remedy}")]
pub struct ProfileError {
    /// The file's name.
    pub file: String,
    /// The key, with dots.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    confidentiality: String,
    #[serde(default)]
    legend: String,
    intake: bool,
    federal_detainees: String,
    #[serde(default)]
    restricted: Option<String>,
    withheld: String,
    #[serde(default)]
    openable: Vec<String>,
    reasons: BTreeMap<String, ReasonFile>,
    #[serde(default)]
    withhold: Vec<RuleFile>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonFile {
    kind: String,
    #[serde(default)]
    authority: String,
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    types: Vec<String>,
    slots: Vec<String>,
    reason: String,
}

impl Profile {
    /// Reads a profile. `name` is its file's name without `.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(name: &str, toml: &str, catalogue: &Catalogue) -> Result<Self, ProfileError> {
        let reader = Reader { file: format!("{name}.toml"), catalogue };
        reader.name(name)?;
        if toml.len() > MAX_PROFILE_BYTES {
            return Err(reader.fault(
                "file",
                "it is larger than 64 KiB",
                "a profile holds reasons, not records",
            ));
        }
        let file: File = toml::from_str(toml).map_err(|error| {
            let line = error.span().map_or(1, |span| toml[..span.start].matches('\n').count() + 1);
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            reader.fault(&format!("line {line}"), &message, "see README.md beside the profiles for the keys")
        })?;
        reader.read(name, toml, file)
    }
}

struct Reader<'a> {
    file: String,
    catalogue: &'a Catalogue,
}

impl Reader<'_> {
    fn fault(&self, key: &str, what: &str, remedy: &str) -> ProfileError {
        let own = |text: &str| text.to_owned();
        ProfileError { file: self.file.clone(), key: own(key), what: own(what), remedy: own(remedy) }
    }

    fn name(&self, name: &str) -> Result<(), ProfileError> {
        if is_code(name) {
            return Ok(());
        }
        Err(self.fault(
            "file",
            "its name is no name of a profile",
            "name it with small letters, digits and hyphens, at most 32",
        ))
    }

    fn read(&self, name: &str, toml: &str, file: File) -> Result<Profile, ProfileError> {
        let confidentiality = Confidentiality::of_code(&file.confidentiality).ok_or_else(|| {
            let codes = "use none, confidential, protective_order or attorneys_eyes_only";
            self.fault("confidentiality", "it is no degree of confidentiality", codes)
        })?;
        let federal_detainees = Severity::of_code(&file.federal_detainees).ok_or_else(|| {
            self.fault("federal_detainees", "it is neither warn nor block", "use one of the two")
        })?;
        self.printable("legend", &file.legend)?;
        self.printable("title", &file.title)?;
        let mut reasons = BTreeMap::new();
        for (code, reason) in file.reasons {
            let reason = self.reason(&code, reason)?;
            reasons.insert(code, reason);
        }
        for (key, code) in [("restricted", file.restricted.as_ref()), ("withheld", Some(&file.withheld))] {
            if let Some(code) = code {
                self.known_reason(key, code, &reasons)?;
            }
        }
        for slot in &file.openable {
            self.slot("openable", slot, &[], Some(Class::W))?;
        }
        let mut rules = Vec::new();
        for (at, rule) in file.withhold.into_iter().enumerate() {
            rules.push(self.rule(at, rule, &reasons)?);
        }
        self.columns(&file.columns)?;
        Ok(Profile {
            name: name.to_owned(),
            title: file.title,
            confidentiality,
            legend: file.legend,
            intake: file.intake,
            federal_detainees,
            columns: file.columns,
            reasons,
            restricted: file.restricted,
            withheld: file.withheld,
            openable: file.openable,
            rules,
            digest: digest(toml.as_bytes()),
        })
    }

    fn reason(&self, code: &str, reason: ReasonFile) -> Result<Reason, ProfileError> {
        let key = |what: &str| format!("reasons.{code}{what}");
        if !is_code(code) {
            return Err(self.fault(
                &key(""),
                "its code has a form that no code has",
                "use small letters, digits and hyphens, at most 32",
            ));
        }
        let kind = match reason.kind.as_str() {
            "statute" => ReasonKind::Statute,
            "order" => ReasonKind::Order,
            "privilege" => ReasonKind::Privilege,
            "agreement" => ReasonKind::Agreement,
            "relevance" => ReasonKind::Relevance,
            _ => {
                let kinds = "use statute, order, privilege, agreement or relevance";
                return Err(self.fault(&key(".kind"), "it is no kind of reason", kinds));
            }
        };
        if reason.authority.trim().is_empty() && kind != ReasonKind::Relevance {
            return Err(self.fault(
                &key(".authority"),
                "it is empty",
                "name the statute, order, privilege or agreement that it rests on",
            ));
        }
        if reason.label.trim().is_empty() {
            return Err(self.fault(
                &key(".label"),
                "it is empty",
                "say in a few words what is printed at the redaction's place",
            ));
        }
        self.printable(&key(".authority"), &reason.authority)?;
        self.printable(&key(".label"), &reason.label)?;
        Ok(Reason { kind, authority: reason.authority, label: reason.label })
    }

    fn rule(
        &self,
        at: usize,
        rule: RuleFile,
        reasons: &BTreeMap<String, Reason>,
    ) -> Result<Rule, ProfileError> {
        let key = |what: &str| format!("withhold[{at}].{what}");
        for name in &rule.types {
            if self.catalogue.latest(name).is_none() {
                return Err(self.fault(
                    &key("types"),
                    "it names a type that is not in the catalogue",
                    "see schemas/README.md for the types",
                ));
            }
        }
        for slot in &rule.slots {
            self.slot(&key("slots"), slot, &rule.types, None)?;
        }
        self.known_reason(&key("reason"), &rule.reason, reasons)?;
        Ok(Rule { types: rule.types, slots: rule.slots, reason: rule.reason })
    }

    fn known_reason(
        &self,
        key: &str,
        code: &str,
        reasons: &BTreeMap<String, Reason>,
    ) -> Result<(), ProfileError> {
        if reasons.contains_key(code) {
            return Ok(());
        }
        Err(self.fault(
            key,
            "it names a reason that the profile does not have",
            "add it under [reasons], with kind, authority and label",
        ))
    }

    /// Whether one of the types, or any type where none is named, has a slot of this name and class.
    fn slot(
        &self,
        key: &str,
        name: &str,
        types: &[String],
        class: Option<Class>,
    ) -> Result<(), ProfileError> {
        let of_types = self
            .catalogue
            .types()
            .filter(|ty| types.is_empty() || types.iter().any(|one| one == ty.name().as_str()));
        let fits = of_types
            .flat_map(|ty| ty.slots())
            .any(|slot| slot.name == name && class.is_none_or(|class| slot.class == class));
        if fits {
            return Ok(());
        }
        let what = format!("no type has a slot {:?} of that kind", name.chars().take(64).collect::<String>());
        Err(self.fault(key, &what, "see schemas/README.md for the slots of each type"))
    }

    fn printable(&self, key: &str, text: &str) -> Result<(), ProfileError> {
        if text.chars().count() <= MAX_LABEL_CHARS && !text.chars().any(char::is_control) {
            return Ok(());
        }
        Err(self.fault(key, "it does not fit where it is printed", "use one line of at most 160 characters"))
    }

    fn columns(&self, columns: &BTreeMap<String, String>) -> Result<(), ProfileError> {
        let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        for (from, to) in columns {
            let key = format!("columns.{from}");
            let Some(at) = COLUMNS.iter().position(|column| column.name == from) else {
                return Err(self.fault(
                    &key,
                    "there is no such column",
                    "see schemas/production.md for the columns",
                ));
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || " _-./#".contains(c);
            if to.trim().is_empty() || to.trim() != to || to.chars().count() > 64 || !to.chars().all(plain) {
                return Err(self.fault(
                    &key,
                    "its new name has characters that review platforms trip over",
                    "use letters, digits, space and _ - . / #, at most 64",
                ));
            }
            names[at] = to;
        }
        let mut folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        folded.sort();
        if folded.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.fault(
                "columns",
                "two columns would have one name",
                "give each column a name of its own",
            ));
        }
        Ok(())
    }
}

/// Whether it has the form of a code: `[a-z][a-z0-9-]{0,31}`.
fn is_code(text: &str) -> bool {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= MAX_CODE_CHARS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(rest)
}

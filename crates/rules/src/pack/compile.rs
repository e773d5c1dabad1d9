//! From a pack as written to a pack that can be evaluated.

mod forms;
mod head;
mod parameters;
mod reach;
mod related;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::Spanned;

use super::check::{Mistake, Mistakes};
use super::raw::{RawCheck, RawPack, RawRule};
use super::types::{Ty, Variables, near};
use super::{Binding, Check, Pack, PackState, Pick, Rule, Severity};
use crate::time::{Limit, Unit};
use crate::vocab::Vocabulary;

/// Most rules of a pack.
const RULES_MAX: usize = 256;
/// Longest name of a check in bytes, as `finding.raised` takes it.
const CHECK_NAME_MAX: usize = 32;
/// Most checks of a rule.
const CHECKS_MAX: usize = 16;

pub(super) fn pack(raw: RawPack, text: &str) -> Result<Pack, Vec<Mistake>> {
    let mut compiler = Compiler {
        mistakes: Mistakes::new(text),
        vocabulary: Vocabulary::builtin(),
        params: parameters::types(&raw.parameters),
        numbers: parameters::numbers(&raw.parameters),
        provisions: raw.provisions.keys().map(|code| code.get_ref().clone()).collect(),
        wait: Limit { count: 0, unit: Unit::Hours },
    };
    for value in raw.parameters.values() {
        if !matches!(
            value.get_ref(),
            toml::Value::Integer(_)
                | toml::Value::String(_)
                | toml::Value::Boolean(_)
                | toml::Value::Array(_)
        ) {
            compiler.mistakes.at(
                value.span().start,
                "a parameter is a whole number, text, true, false or a list of texts",
                None,
            );
        }
    }
    let head = compiler.head(&raw.pack);
    compiler.codes(raw.provisions.keys());
    if raw.rules.len() > RULES_MAX {
        compiler.mistakes.at(0, format!("a pack has at most {RULES_MAX} rules"), None);
    }
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for rule in raw.rules {
        if !seen.insert(rule.id.get_ref().clone()) {
            compiler.mistakes.at(
                rule.id.span().start,
                format!("{} is in this pack already", rule.id.get_ref()),
                None,
            );
        }
        rules.push(compiler.rule(rule));
    }
    let Compiler { mistakes, .. } = compiler;
    let (Some((calendar, valid_from, valid_to)), true) = (head, mistakes.found.is_empty()) else {
        let mut found = mistakes.found;
        found.sort_by_key(|mistake| (mistake.line, mistake.column));
        return Err(found);
    };
    let params: std::collections::HashMap<String, cel::Value> = raw
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), parameters::value(value.get_ref())))
        .collect();
    Ok(Pack {
        id: raw.pack.id.into_inner(),
        version: raw.pack.version.into_inner(),
        title: raw.pack.title,
        jurisdiction: raw.pack.jurisdiction,
        basis: raw.pack.basis,
        valid_from,
        valid_to,
        state: match raw.pack.state.as_ref().map(|state| state.get_ref().as_str()) {
            Some("switched_off") => PackState::SwitchedOff,
            _ => PackState::InForce,
        },
        state_reason: raw.pack.state_reason,
        calendar,
        provisions: raw.provisions.into_iter().map(|(code, text)| (code.into_inner(), text)).collect(),
        params: params.into(),
        parameters: raw
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), value.get_ref().to_string()))
            .collect(),
        rules,
        digest: daybook_event::b64::encode(<[u8; 32]>::from(Sha256::digest(text.as_bytes()))),
    })
}

struct Compiler<'t> {
    mistakes: Mistakes<'t>,
    vocabulary: &'static Vocabulary,
    params: Ty,
    numbers: BTreeMap<String, i64>,
    provisions: BTreeSet<String>,
    wait: Limit,
}

impl Compiler<'_> {
    fn wrong(&mut self, at: &Spanned<String>, message: impl Into<String>, hint: Option<String>) {
        self.mistakes.at(at.span().start, message, hint);
    }

    fn rule(&mut self, raw: RawRule) -> Rule {
        let id = raw.id.get_ref().clone();
        let digits = id.strip_prefix('R').unwrap_or_default();
        if !(2..=3).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.wrong(&raw.id, "the id of a rule is R and two or three digits", None);
        }
        let severity = match raw.severity.get_ref().as_str() {
            "V1" => Some(Severity::V1),
            "V2" => Some(Severity::V2),
            "V3" => Some(Severity::V3),
            "V4" => Some(Severity::V4),
            _ => {
                self.wrong(&raw.severity, "a severity is V1, V2, V3 or V4", None);
                None
            }
        };
        for provision in &raw.provisions {
            if !self.provisions.contains(provision.get_ref()) {
                let hint = near(provision.get_ref(), self.provisions.iter().map(String::as_str));
                self.wrong(provision, format!("[provisions] does not have {}", provision.get_ref()), hint);
            }
        }
        if raw.checks.is_empty() || raw.checks.len() > CHECKS_MAX {
            self.wrong(&raw.id, format!("a rule has 1 to {CHECKS_MAX} checks"), None);
        }
        let mut names = BTreeSet::new();
        let mut checks: Vec<Arc<Check>> = Vec::new();
        for check in raw.checks {
            let name = check.name.get_ref();
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if name.is_empty() || name.len() > CHECK_NAME_MAX || !name.bytes().all(plain) {
                let message =
                    format!("the name of a check has 1 to {CHECK_NAME_MAX} letters a-z, digits and -");
                self.wrong(&check.name, message, None);
            }
            if !names.insert(check.name.get_ref().clone()) {
                self.wrong(&check.name, format!("{id} has a check of this name already"), None);
            }
            let at = check.name.clone();
            if let Some(check) = self.check(check, severity, &at) {
                checks.push(Arc::new(check));
            }
        }
        let mut reads: BTreeSet<String> = checks.iter().flat_map(|check| check.on.iter().cloned()).collect();
        reads.extend(
            checks.iter().flat_map(|check| check.related().flat_map(|related| related.types.iter().cloned())),
        );
        Rule {
            id,
            title: raw.title,
            severity: severity.unwrap_or(Severity::V3),
            text: raw.text,
            provisions: raw.provisions.into_iter().map(Spanned::into_inner).collect(),
            reads: reads.into_iter().collect(),
            checks,
            examples: raw.examples,
        }
    }

    fn types(&mut self, raw: &[Spanned<String>]) -> Vec<String> {
        for ty in raw {
            if self.vocabulary.get(ty.get_ref()).is_none() {
                let hint = near(ty.get_ref(), self.vocabulary.types().map(|(name, _)| name));
                self.wrong(ty, format!("there is no type {}", ty.get_ref()), hint);
            }
        }
        raw.iter().map(|ty| ty.get_ref().clone()).filter(|ty| self.vocabulary.get(ty).is_some()).collect()
    }

    fn variables(&self, on: &[String]) -> Variables {
        let pack =
            BTreeMap::from([("id".to_owned(), Ty::Text(None)), ("valid_from".to_owned(), Ty::Text(None))]);
        Variables::from([
            ("e".to_owned(), Ty::Fact(on.to_vec())),
            ("params".to_owned(), self.params.clone()),
            ("pack".to_owned(), Ty::Members(pack)),
        ])
    }

    fn check(&mut self, raw: RawCheck, severity: Option<Severity>, at: &Spanned<String>) -> Option<Check> {
        let every = matches!(raw.on.as_slice(), [one] if one.get_ref() == "*");
        let on = if every { Vec::new() } else { self.types(&raw.on) };
        if !every && on.is_empty() {
            if raw.on.is_empty() {
                let message =
                    "`on` names no type; name types of event, or \"*\" for all that departments record";
                self.wrong(at, message, None);
            }
            return None;
        }
        // An event of any type has its envelope only.
        let shown = if every { vec!["*".to_owned()] } else { on.clone() };
        let variables = self.variables(&shown);
        let when = raw.when.as_ref().and_then(|when| self.predicate(when, &variables, true));
        if let (Some(predicate), Some(written)) = (&when, &raw.when) {
            self.reachable(predicate, &on, written);
        }
        let given = raw.given.iter().filter_map(|related| self.related(related, &variables)).collect();
        let unless = raw.unless.iter().filter_map(|related| self.related(related, &variables)).collect();
        let mut inner = variables.clone();
        let mut bindings = Vec::new();
        for (name, related) in &raw.with {
            let among = self.related(related, &variables)?;
            inner.insert(name.get_ref().clone(), Ty::Fact(among.types.clone()));
            let pick = match related.pick.as_ref().map(|pick| pick.get_ref().as_str()) {
                Some("last_before") => Pick::LastBefore,
                Some("first_after") => Pick::FirstAfter,
                Some("any") => Pick::Any,
                _ => {
                    self.wrong(
                        name,
                        "say which one: pick = \"last_before\", \"first_after\" or \"any\"",
                        None,
                    );
                    Pick::Any
                }
            };
            bindings.push(Binding { name: name.get_ref().clone(), among, pick });
        }
        let form = self.form(&raw, severity, &inner, at)?;
        let mut places = inner;
        if let Some(related) = form.related() {
            places.insert("r".to_owned(), Ty::Fact(related.types.clone()));
        }
        let says = self.template(&raw.says, &places)?;
        Some(Check { name: raw.name.into_inner(), on, when, given, unless, bindings, form, says })
    }
}

//! From a pack as written to a pack that can be evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::check::{Mistake, Mistakes};
use super::raw::{RawCheck, RawHead, RawPack, RawRelated, RawRule};
use super::types::{Ty, Variables, infer, near};
use super::{
    Allowance, Binding, By, Check, Form, Order, Pack, PackState, Pick, Related, Rule, Severity, Template,
};
use crate::calendar::Calendar;
use crate::expr::Predicate;
use crate::time::{Limit, Unit};
use crate::vocab::{FieldType, Vocabulary};
use daybook_event::Class;

/// Most rules of a pack.
const RULES_MAX: usize = 256;
/// Most checks of a rule.
const CHECKS_MAX: usize = 16;

pub(super) fn pack(raw: RawPack, text: &str) -> Result<Pack, Vec<Mistake>> {
    let mut compiler = Compiler {
        mistakes: Mistakes::new(text),
        vocabulary: Vocabulary::builtin(),
        params: parameters(&raw.parameters),
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
    let params: std::collections::HashMap<String, cel::Value> =
        raw.parameters.iter().map(|(name, value)| (name.clone(), parameter(value.get_ref()))).collect();
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

fn parameter(value: &toml::Value) -> cel::Value {
    match value {
        toml::Value::Integer(n) => cel::Value::Int(*n),
        toml::Value::Boolean(b) => cel::Value::Bool(*b),
        toml::Value::String(s) => cel::Value::from(s.as_str()),
        toml::Value::Array(items) => cel::Value::List(Arc::new(items.iter().map(parameter).collect())),
        _ => cel::Value::Null,
    }
}

fn parameters(raw: &BTreeMap<String, Spanned<toml::Value>>) -> Ty {
    fn ty(value: &toml::Value) -> Ty {
        match value {
            toml::Value::Integer(_) => Ty::Int,
            toml::Value::Boolean(_) => Ty::Bool,
            toml::Value::String(text) => Ty::Text(Some(vec![text.clone()])),
            toml::Value::Array(items) => {
                let words = items.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect();
                Ty::List(Box::new(Ty::Text(Some(words))))
            }
            _ => Ty::Unknown,
        }
    }
    Ty::Members(raw.iter().map(|(name, value)| (name.clone(), ty(value.get_ref()))).collect())
}

struct Compiler<'t> {
    mistakes: Mistakes<'t>,
    vocabulary: &'static Vocabulary,
    params: Ty,
    provisions: BTreeSet<String>,
    wait: Limit,
}

impl Compiler<'_> {
    fn wrong(&mut self, at: &Spanned<String>, message: impl Into<String>, hint: Option<String>) {
        self.mistakes.at(at.span().start, message, hint);
    }

    fn head(&mut self, raw: &RawHead) -> Option<(Calendar, Date, Option<Date>)> {
        let good =
            |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !(3..=40).contains(&raw.id.get_ref().len()) || !good(raw.id.get_ref()) {
            self.wrong(&raw.id, "the id of a pack has 3 to 40 letters a-z, digits and -", None);
        }
        let version = raw.version.get_ref();
        let parts: Vec<&str> = version.split('.').collect();
        if parts.len() > 3
            || parts
                .iter()
                .any(|part| part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()))
        {
            self.wrong(&raw.version, "a version is one to three numbers with dots, such as 1.2", None);
        }
        if let Some(state) = &raw.state {
            match (state.get_ref().as_str(), &raw.state_reason) {
                ("in_force", _) | ("switched_off", Some(_)) => {}
                ("switched_off", None) => {
                    self.wrong(state, "state_reason is missing: say why the pack is switched off", None)
                }
                _ => self.wrong(state, "state is in_force or switched_off", None),
            }
        }
        if let Some(limit) = self.limit(&raw.wait) {
            self.wait = limit;
        }
        let mut holidays = Vec::new();
        for holiday in &raw.holidays {
            match Calendar::new("UTC", &[holiday.get_ref()]) {
                Ok(_) => holidays.push(holiday.get_ref().clone()),
                Err(fault) => self.wrong(holiday, fault.to_string(), None),
            }
        }
        let calendar = Calendar::new(raw.time_zone.get_ref(), &holidays)
            .map_err(|fault| self.wrong(&raw.time_zone, fault.to_string(), None))
            .ok();
        let from = self.day(&raw.valid_from);
        let to = raw.valid_to.as_ref().map(|to| (self.day(to), to.span().start));
        if let (Some(from), Some((Some(to), at))) = (from, to)
            && to <= from
        {
            self.mistakes.at(at, format!("the pack ends on {to}, before it begins on {from}"), None);
        }
        Some((calendar?, from?, to.and_then(|(to, _)| to)))
    }

    fn day(&mut self, raw: &Spanned<toml::value::Datetime>) -> Option<Date> {
        let day = raw.get_ref().to_string().parse().ok();
        if day.is_none() {
            self.mistakes.at(raw.span().start, "is not a day that exists, such as 2017-08-31", None);
        }
        day
    }

    fn limit(&mut self, raw: &Spanned<String>) -> Option<Limit> {
        let limit = Limit::parse(raw.get_ref());
        if limit.is_none() {
            self.wrong(
                raw,
                "is no length of time; write 30 minutes, 24 hours, 14 days or 2 business days",
                None,
            );
        }
        limit
    }

    fn rule(&mut self, raw: RawRule) -> Rule {
        let id = raw.id.get_ref().clone();
        let digits = id.strip_prefix('R').unwrap_or_default();
        if !(2..=3).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.wrong(&raw.id, "the id of a rule is R and two or three digits", None);
        }
        let severity = match raw.severity.get_ref().as_str() {
            "V1" => Severity::V1,
            "V2" => Severity::V2,
            "V3" => Severity::V3,
            "V4" => Severity::V4,
            _ => {
                self.wrong(&raw.severity, "a severity is V1, V2, V3 or V4", None);
                Severity::V3
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
            severity,
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

    fn check(&mut self, raw: RawCheck, severity: Severity, at: &Spanned<String>) -> Option<Check> {
        let every = matches!(raw.on.as_slice(), [one] if one.get_ref() == "*");
        let on = if every { Vec::new() } else { self.types(&raw.on) };
        if !every && on.is_empty() {
            self.wrong(
                at,
                "`on` names no type; name types of event, or \"*\" for all that departments record",
                None,
            );
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

    fn predicate(&mut self, raw: &Spanned<String>, variables: &Variables, truth: bool) -> Option<Predicate> {
        let content = self.mistakes.content_of(raw.span().start);
        let predicate = match Predicate::compile(raw.get_ref()) {
            Ok(predicate) => predicate,
            Err(fault) => {
                self.mistakes.at(content + fault.offset, fault.message, None);
                return None;
            }
        };
        let (ty, faults) = infer(&predicate, variables);
        for (offset, message, hint) in faults {
            self.mistakes.at(content + offset, message, hint);
        }
        if truth && !matches!(ty, Ty::Bool | Ty::Unknown) {
            let hint = (ty == Ty::MaybeBool)
                .then(|| "say what a missing one means: compare with == true or != false".to_owned());
            self.mistakes.at(content, "this should be a yes or no", hint);
        }
        Some(predicate)
    }

    fn related(&mut self, raw: &RawRelated, variables: &Variables) -> Option<Related> {
        let types = self.types(&raw.event);
        if types.is_empty() {
            return None;
        }
        let mut inner = variables.clone();
        inner.insert("r".to_owned(), Ty::Fact(types.clone()));
        let filter = raw.filter.as_ref().and_then(|filter| self.predicate(filter, &inner, true));
        let by = match raw.by.as_ref().map(|by| (by, by.get_ref().as_str())) {
            None | Some((_, "case")) => By::Case,
            Some((_, "department")) => By::Department,
            Some((_, "everywhere")) => By::Everywhere,
            Some((at, text)) => match text.strip_prefix("same:") {
                Some(field) => {
                    for ty in &types {
                        let field_type = self.vocabulary.field(ty, field).map(|field| field.holds);
                        if !matches!(field_type, Some(FieldType::Text | FieldType::Words(_))) {
                            self.wrong(at, format!("{ty} has no text field `{field}` to go by"), None);
                        }
                    }
                    By::Same(field.to_owned())
                }
                None => {
                    self.wrong(at, "by is case, department, everywhere or same:FIELD", None);
                    By::Case
                }
            },
        };
        let order = match raw.order.as_ref().map(|order| (order, order.get_ref().as_str())) {
            None | Some((_, "any")) => Order::Any,
            Some((_, "before")) => Order::Before,
            Some((_, "after")) => Order::After,
            Some((at, _)) => {
                self.wrong(at, "order is before, after or any", None);
                Order::Any
            }
        };
        Some(Related { types, filter, by, order })
    }

    fn template(&mut self, raw: &Spanned<String>, variables: &Variables) -> Option<Template> {
        let content = self.mistakes.content_of(raw.span().start);
        let template = match Template::parse(raw.get_ref()) {
            Ok(template) => template,
            Err(offset) => {
                self.mistakes.at(content + offset, "a place is {variable.field}", None);
                return None;
            }
        };
        for (variable, field, offset) in template.places() {
            let Some(Ty::Fact(types)) = variables.get(variable) else {
                self.mistakes.at(content + offset, format!("there is no `{variable}` here"), None);
                continue;
            };
            for ty in types {
                match self.vocabulary.field(ty, field) {
                    None => self.mistakes.at(content + offset, format!("{ty} has no field `{field}`"), None),
                    Some(found) if found.class == Class::W => {
                        let hint =
                            "a finding is read by people to whom withheld fields are not opened".to_owned();
                        self.mistakes.at(content + offset, format!("`{field}` is withheld"), Some(hint));
                    }
                    Some(_) => {}
                }
            }
        }
        Some(template)
    }
}

mod forms;
mod reach;

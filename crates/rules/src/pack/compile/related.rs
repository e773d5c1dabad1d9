//! Expressions, related events and the words of findings.

use daybook_event::Class;
use toml::Spanned;

use super::super::raw::RawRelated;
use super::super::types::{Ty, Variables, infer};
use super::super::{By, Order, Related, Template};
use super::Compiler;
use crate::expr::Predicate;
use crate::vocab::FieldType;

impl Compiler<'_> {
    /// A mistake at a byte of the text of a string.
    pub(super) fn inside(
        &mut self,
        raw: &Spanned<String>,
        offset: usize,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let at = self.mistakes.in_string(raw, offset);
        self.mistakes.at(at, message, hint);
    }

    pub(super) fn predicate(
        &mut self,
        raw: &Spanned<String>,
        variables: &Variables,
        truth: bool,
    ) -> Option<Predicate> {
        let predicate = match Predicate::compile(raw.get_ref()) {
            Ok(predicate) => predicate,
            Err(fault) => {
                self.inside(raw, fault.offset, fault.message, None);
                return None;
            }
        };
        let (ty, faults) = infer(&predicate, variables);
        for (offset, message, hint) in faults {
            self.inside(raw, offset, message, hint);
        }
        if truth && !matches!(ty, Ty::Bool | Ty::Unknown) {
            let hint = (ty == Ty::MaybeBool)
                .then(|| "say what a missing one means: compare with == true or != false".to_owned());
            self.inside(raw, 0, "this should be a yes or no", hint);
        }
        Some(predicate)
    }

    pub(super) fn related(&mut self, raw: &RawRelated, variables: &Variables) -> Option<Related> {
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
                Some(fields) => self.same(at, fields, &types, variables),
                None => {
                    self.wrong(
                        at,
                        "by is case, department, everywhere, same:FIELD or same:FIELD=ITS_FIELD",
                        None,
                    );
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
        let ended_by = raw.ended_by.as_ref().and_then(|enders| {
            let types = self.types(enders);
            let by = by.clone();
            (!types.is_empty()).then(|| Box::new(Related { types, filter: None, by, order, ended_by: None }))
        });
        Some(Related { types, filter, by, order, ended_by })
    }

    /// `same:FIELD`, or `same:FIELD=ITS_FIELD` where the field has another name in the related event.
    fn same(&mut self, at: &Spanned<String>, fields: &str, related: &[String], variables: &Variables) -> By {
        let (here, there) = fields.split_once('=').unwrap_or((fields, fields));
        let looked_at = match variables.get("e") {
            Some(Ty::Fact(types)) => types.clone(),
            _ => Vec::new(),
        };
        for (types, field) in [(looked_at.as_slice(), here), (related, there)] {
            for ty in types {
                let holds = self.vocabulary.field(ty, field).map(|field| field.holds);
                if !matches!(holds, Some(FieldType::Text | FieldType::Words(_))) {
                    self.wrong(at, format!("{ty} has no text field `{field}` to go by"), None);
                }
            }
        }
        By::Same(here.to_owned(), there.to_owned())
    }

    pub(super) fn template(&mut self, raw: &Spanned<String>, variables: &Variables) -> Option<Template> {
        let template = match Template::parse(raw.get_ref()) {
            Ok(template) => template,
            Err(offset) => {
                self.inside(raw, offset, "a place is {variable.field}", None);
                return None;
            }
        };
        for (variable, field, offset) in template.places() {
            let Some(Ty::Fact(types)) = variables.get(variable) else {
                self.inside(raw, offset, format!("there is no `{variable}` here"), None);
                continue;
            };
            for ty in types {
                match self.vocabulary.field(ty, field) {
                    None => self.inside(raw, offset, format!("{ty} has no field `{field}`"), None),
                    Some(found) if found.class == Class::W => {
                        let hint =
                            "a finding is read by people to whom withheld fields are not opened".to_owned();
                        self.inside(raw, offset, format!("`{field}` is withheld"), Some(hint));
                    }
                    Some(_) => {}
                }
            }
        }
        Some(template)
    }
}

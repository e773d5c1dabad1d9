//! The form of a check: exactly one of those that there are.

use toml::Spanned;

use super::super::raw::RawCheck;
use super::super::types::{Ty, Variables, infer, near};
use super::super::{Allowance, Form, Related, Severity};
use super::Compiler;
use crate::expr::Predicate;
use crate::time::{Limit, Unit};

impl Compiler<'_> {
    pub(super) fn form(
        &mut self,
        raw: &RawCheck,
        severity: Option<Severity>,
        variables: &Variables,
        at: &Spanned<String>,
    ) -> Option<Form> {
        let wait = match &raw.wait {
            Some(wait) => self.limit(wait)?,
            None => self.wait,
        };
        let forms = [
            raw.only_if.is_some(),
            raw.preceded_by.is_some(),
            raw.followed_by.is_some(),
            raw.accompanied_by.is_some(),
            raw.never.is_some(),
            raw.recorded_within.is_some(),
            raw.measure.is_some(),
        ];
        if forms.iter().filter(|there| **there).count() != 1 {
            let message = "a check asks for exactly one of only_if, preceded_by, followed_by, accompanied_by, never, recorded_within, measure";
            self.wrong(at, message, None);
            return None;
        }
        if severity.is_some_and(|severity| raw.measure.is_some() != (severity == Severity::V4)) {
            self.wrong(at, "rules of severity V4 measure, and only they do", None);
        }
        self.misplaced(raw, at);
        if let Some(only_if) = &raw.only_if {
            let holds = self.predicate(only_if, variables, true)?;
            return Some(Form::OnlyIf { holds, wait, always_waits: raw.wait.is_some() });
        }
        if let Some(related) = &raw.preceded_by {
            let related = self.related(related, variables)?;
            let (absent_fails, late_fails) = self.fails(raw);
            return Some(Form::PrecededBy { related, absent_fails, late_fails, wait });
        }
        if let Some(related) = &raw.followed_by {
            let related = self.related(related, variables)?;
            let allowance = self.allowance(raw, variables, at)?;
            let until = raw.until.as_ref().and_then(|until| self.day_of(until, variables)).map(Box::new);
            return Some(Form::FollowedWithin { related, allowance, until, wait });
        }
        if let Some(related) = &raw.accompanied_by {
            return Some(Form::AccompaniedBy { related: self.related(related, variables)?, wait });
        }
        if let Some(related) = &raw.never {
            return Some(Form::Never(self.related(related, variables)?));
        }
        if let Some(limit) = &raw.recorded_within {
            let limit = self.limit(limit)?;
            let from = raw.recorded_from.as_ref().map(|from| self.own_field(from, variables));
            return Some(Form::RecordedWithin { limit, from });
        }
        let related = self.related(raw.measure.as_ref()?, variables)?;
        self.measure(raw, related, variables, at)
    }

    fn fails(&mut self, raw: &RawCheck) -> (bool, bool) {
        let Some(listed) = &raw.fails else { return (true, true) };
        for one in listed.iter().filter(|one| !["absent", "late"].contains(&one.get_ref().as_str())) {
            self.wrong(one, "what can fail is absent or late", None);
        }
        if let (Some(near), true) = (&raw.preceded_by, listed.is_empty()) {
            let place = near.event.first().map_or(0, |one| one.span().start);
            self.mistakes.at(place, "`fails` is empty: say absent, late or both", None);
        }
        let has = |what: &str| listed.iter().any(|one| one.get_ref() == what);
        (has("absent"), has("late"))
    }

    fn allowance(
        &mut self,
        raw: &RawCheck,
        variables: &Variables,
        at: &Spanned<String>,
    ) -> Option<Allowance> {
        match (&raw.within, &raw.within_count, &raw.within_unit) {
            (Some(fixed), None, None) => Some(Allowance::Fixed(self.limit(fixed)?)),
            (None, Some(count), Some(unit)) => {
                let of = match unit.get_ref().as_str() {
                    "minutes" => Unit::Minutes,
                    "hours" => Unit::Hours,
                    "days" => Unit::Days,
                    "business days" => Unit::BusinessDays,
                    _ => {
                        self.wrong(unit, "the unit is minutes, hours, days or business days", None);
                        return None;
                    }
                };
                let predicate = self.predicate(count, variables, false)?;
                self.want(
                    &predicate,
                    count,
                    variables,
                    |ty| matches!(ty, Ty::Int | Ty::Unknown),
                    "this should be a whole number",
                );
                Some(Allowance::Counted(Box::new(predicate), of))
            }
            _ => {
                self.wrong(
                    at,
                    "followed_by needs within = \"14 days\", or within_count and within_unit",
                    None,
                );
                None
            }
        }
    }

    fn day_of(&mut self, raw: &Spanned<String>, variables: &Variables) -> Option<Predicate> {
        let predicate = self.predicate(raw, variables, false)?;
        self.want(
            &predicate,
            raw,
            variables,
            |ty| matches!(ty, Ty::Text(_) | Ty::Unknown),
            "this should be a day that the event names",
        );
        Some(predicate)
    }

    fn want(
        &mut self,
        predicate: &Predicate,
        raw: &Spanned<String>,
        variables: &Variables,
        good: fn(&Ty) -> bool,
        message: &str,
    ) {
        let (ty, _) = infer(predicate, variables);
        if !good(&ty) {
            self.inside(raw, 0, message, None);
        }
    }

    fn measure(
        &mut self,
        raw: &RawCheck,
        related: Related,
        variables: &Variables,
        at: &Spanned<String>,
    ) -> Option<Form> {
        let mut classes: Vec<(Limit, String)> = Vec::new();
        for class in &raw.classes {
            let limit = self.limit(&class.below)?;
            let grows =
                classes.last().is_none_or(|(last, _)| last.unit == limit.unit && last.count < limit.count);
            if !grows || matches!(limit.unit, Unit::Days | Unit::BusinessDays) {
                self.wrong(&class.below, "the bounds of classes grow, in one unit, minutes or hours", None);
            }
            classes.push((limit, class.label.clone()));
        }
        let Some(otherwise) = raw.otherwise.clone() else {
            self.wrong(at, "measure needs otherwise = \"…\", the label above all bounds", None);
            return None;
        };
        let from = raw.measure_from.as_ref().map(|from| self.own_field(from, variables));
        Some(Form::Measure { related, from, classes, otherwise })
    }

    /// A field of the event that is looked at, by name.
    fn own_field(&mut self, raw: &Spanned<String>, variables: &Variables) -> String {
        if let Some(Ty::Fact(types)) = variables.get("e") {
            for ty in types.iter().filter(|ty| self.vocabulary.field(ty, raw.get_ref()).is_none()) {
                let message = format!("{ty} has no field `{}`", raw.get_ref());
                let names =
                    self.vocabulary.get(ty).into_iter().flat_map(|ty| ty.fields.keys().map(String::as_str));
                let hint = near(raw.get_ref(), names);
                self.wrong(raw, message, hint);
            }
        }
        raw.get_ref().clone()
    }

    /// Keys that belong to another form would do nothing, so they are mistakes.
    fn misplaced(&mut self, raw: &RawCheck, at: &Spanned<String>) {
        let span = |key: &Option<Spanned<String>>| key.as_ref().map(|key| key.span().start);
        let keys = [
            ("fails", raw.fails.as_ref().map(|_| at.span().start), raw.preceded_by.is_some(), "preceded_by"),
            ("within", span(&raw.within), raw.followed_by.is_some(), "followed_by"),
            ("within_count", span(&raw.within_count), raw.followed_by.is_some(), "followed_by"),
            ("within_unit", span(&raw.within_unit), raw.followed_by.is_some(), "followed_by"),
            ("until", span(&raw.until), raw.followed_by.is_some(), "followed_by"),
            ("recorded_from", span(&raw.recorded_from), raw.recorded_within.is_some(), "recorded_within"),
            ("measure_from", span(&raw.measure_from), raw.measure.is_some(), "measure"),
            (
                "classes",
                raw.classes.first().map(|one| one.below.span().start),
                raw.measure.is_some(),
                "measure",
            ),
            ("otherwise", raw.otherwise.as_ref().map(|_| at.span().start), raw.measure.is_some(), "measure"),
            ("with", raw.with.keys().next().map(|name| name.span().start), raw.only_if.is_some(), "only_if"),
        ];
        for (key, place, belongs, form) in keys {
            if let (Some(place), false) = (place, belongs) {
                self.mistakes.at(place, format!("`{key}` goes with {form} only"), None);
            }
        }
        let pairs = [&raw.preceded_by, &raw.followed_by, &raw.measure];
        for (related, form) in pairs.into_iter().zip(["preceded_by", "followed_by", "measure"]) {
            let order = related.as_ref().and_then(|related| related.order.as_ref());
            let useless = |order: &&Spanned<String>| match order.get_ref().as_str() {
                "before" | "after" => true,
                "any" => form != "followed_by",
                _ => false,
            };
            if let Some(order) = order.filter(useless) {
                self.wrong(order, format!("{form} has an order of its own"), None);
            }
        }
        let picking = raw.given.iter().chain(&raw.unless).chain(pairs.into_iter().flatten());
        for pick in
            picking.chain(&raw.accompanied_by).chain(&raw.never).filter_map(|related| related.pick.as_ref())
        {
            self.wrong(pick, "pick goes with the names in `with`", None);
        }
    }
}

//! What a pack says of itself, and lengths of time.

use jiff::civil::Date;
use toml::Spanned;

use super::super::raw::RawHead;
use super::super::types::near;
use super::Compiler;
use crate::calendar::Calendar;
use crate::time::Limit;

impl Compiler<'_> {
    pub(super) fn head(&mut self, raw: &RawHead) -> Option<(Calendar, Date, Option<Date>)> {
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

    /// Events carry the codes of provisions, so they have the form that the schemas give them.
    pub(super) fn codes<'c>(&mut self, codes: impl Iterator<Item = &'c Spanned<String>>) {
        for code in codes {
            let letters = code.get_ref().bytes().take_while(u8::is_ascii_uppercase).count();
            let digits = &code.get_ref()[letters..];
            let numbered = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            if !(1..=4).contains(&letters) || !numbered {
                self.wrong(
                    code,
                    "the code of a provision is one to four capitals and one to four digits, such as D18",
                    None,
                );
            }
        }
    }

    fn day(&mut self, raw: &Spanned<toml::value::Datetime>) -> Option<Date> {
        let day = raw.get_ref().to_string().parse().ok();
        if day.is_none() {
            self.mistakes.at(raw.span().start, "is not a day that exists, such as 2017-08-31", None);
        }
        day
    }

    /// `14 days`, or `params.answer_days days`.
    pub(super) fn limit(&mut self, raw: &Spanned<String>) -> Option<Limit> {
        let text = raw.get_ref();
        let named =
            text.split_once(' ').and_then(|(count, unit)| Some((count.strip_prefix("params.")?, unit)));
        let text = match named {
            None => text.clone(),
            Some((name, unit)) => match self.numbers.get(name) {
                Some(count) => format!("{count} {unit}"),
                None => {
                    let hint = near(name, self.numbers.keys().map(String::as_str));
                    self.inside(raw, 0, format!("no parameter `{name}` is a whole number"), hint);
                    return None;
                }
            },
        };
        let limit = Limit::parse(&text);
        if limit.is_none() {
            self.wrong(
                raw,
                "is no length of time; write 30 minutes, 24 hours, 14 days, 2 business days or params.NAME days",
                None,
            );
        }
        limit
    }
}

//! How figures, days and the report's own facts are put into words. One place, so that page and print say the same.

use jiff::civil::Date;

use crate::model::{Cell, Head, Kind, Period, Rate, Report};

/// What stands where a figure is withheld.
pub(super) const WITHHELD: &str = "withheld";

/// A cell in words.
pub(super) fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => self::count(*count),
        Cell::Withheld => WITHHELD.to_owned(),
        Cell::Rate(rate) => self::rate(*rate),
        Cell::Minutes(minutes) => self::minutes(*minutes),
        Cell::Percent(tenths) => format!("{}.{}\u{a0}%", tenths / 10, tenths % 10),
        Cell::Date(day) => day.strftime("%b %-d, %Y").to_string(),
    }
}

/// A number with its thousands set apart.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut words = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// "79 of 84 (94 %)", or "none" of nothing.
pub(super) fn rate(rate: Rate) -> String {
    match rate.percent() {
        None => "none".to_owned(),
        Some(percent) => {
            format!("{} of {} ({percent}\u{a0}%)", count(rate.numerator), count(rate.denominator))
        }
    }
}

fn minutes(minutes: u64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}\u{a0}min"),
        (hours, rest) => format!("{}\u{a0}h {rest:02}\u{a0}min", count(hours)),
    }
}

/// A day in prose.
pub(super) fn day(day: Date) -> String {
    day.strftime("%B %-d, %Y").to_string()
}

/// The time that the report covers.
pub(super) fn period(period: &Period) -> String {
    format!("{} to {}", day(period.from()), day(period.to()))
}

/// When the figures were taken: to the minute, or to the day for the public.
pub(super) fn as_of(report: &Report) -> String {
    let as_of = &report.head().as_of;
    match report.kind() {
        Kind::Public => day(as_of.date()),
        Kind::Council | Kind::GrantConditions | Kind::Department => {
            as_of.strftime("%B %-d, %Y, %H:%M %Z").to_string()
        }
    }
}

/// The kind of report, as a line above its title.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Council => "Report to the council",
        Kind::Public => "Public report",
        Kind::GrantConditions => "Report on grant conditions",
        Kind::Department => "Department report",
    }
}

/// Whose report it is.
pub(super) fn whose(head: &Head) -> String {
    head.department.as_ref().map_or_else(
        || head.jurisdiction.clone(),
        |department| format!("{}, {department}", head.jurisdiction),
    )
}

/// The days on which a rule pack holds.
pub(super) fn validity(from: Date, to: Option<Date>) -> String {
    match to {
        Some(to) => format!("{} to {}", day(from), day(to)),
        None => format!("from {}", day(from)),
    }
}

/// What the figures rest on, for readers who do not know what a checkpoint is.
pub(super) const CHECKPOINT_MEANING: &str = "Every figure in this report was counted from the ledger as it stood at this checkpoint. Whoever holds \
     the same checkpoint can have the figures counted again and compare.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(cell(&Cell::Count(1_234_567)), "1,234,567");
        assert_eq!(cell(&Cell::Count(999)), "999");
        assert_eq!(cell(&Cell::rate(79, 84)), "79 of 84 (94\u{a0}%)");
        assert_eq!(cell(&Cell::rate(0, 0)), "none");
        assert_eq!(cell(&Cell::Minutes(59)), "59\u{a0}min");
        assert_eq!(cell(&Cell::Minutes(125)), "2\u{a0}h 05\u{a0}min");
        assert_eq!(cell(&Cell::Percent(945)), "94.5\u{a0}%");
        assert_eq!(cell(&Cell::from(jiff::civil::date(2026, 3, 1))), "Mar 1, 2026");
    }
}

//! Into which stretches of time public figures are pooled.

use daybook_report::public::{Month, Months};
use daybook_rules::figures::Window;

/// Longest period in months that is told by half-years; longer ones are told by years.
const HALVES_MAX_MONTHS: u32 = 36;

/// A period, and the stretches that its tables go through.
#[derive(Debug, Clone)]
pub(super) struct Pooling {
    pub(super) all: Months,
    /// Half-years or years of the calendar; the whole period where it is not made of them.
    pub(super) parts: Vec<Months>,
}

impl Pooling {
    /// Of a window of whole months.
    pub(super) fn of(window: Window) -> Option<Self> {
        let (from, to) = (window.from(), window.to());
        let all = Months::new(Month::of(from), Month::of(to).plus(1))?;
        if from.day() != 1 || to != to.last_of_month() {
            return None;
        }
        let years = from.month() == 1 && to.month() == 12;
        let halves = [1, 7].contains(&from.month()) && [6, 12].contains(&to.month());
        let step = match (years, halves) {
            (true, _) if all.len() > HALVES_MAX_MONTHS => 12,
            (_, true) => 6,
            _ => return Some(Self { all, parts: vec![all] }),
        };
        let mut parts = Vec::new();
        let mut first = all.from();
        while first < all.until() {
            parts.extend(Months::new(first, first.plus(step)));
            first = first.plus(step);
        }
        Some(Self { all, parts })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn parts(from: jiff::civil::Date, to: jiff::civil::Date) -> Option<Vec<String>> {
        let pooling = Pooling::of(Window::new(from, to).expect("a window"))?;
        Some(pooling.parts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn periods_are_told_by_half_years_then_by_years_or_else_as_a_whole() {
        let two_years = parts(date(2024, 7, 1), date(2025, 6, 30)).expect("whole months");
        assert_eq!(two_years, ["2024, second half", "2025, first half"]);
        assert_eq!(parts(date(2010, 1, 1), date(2016, 12, 31)).expect("whole months").len(), 7);
        assert_eq!(parts(date(2025, 2, 1), date(2026, 3, 31)).expect("whole months"), ["2025-02 to 2026-03"]);
        assert_eq!(parts(date(2025, 1, 1), date(2025, 12, 30)), None);
    }
}

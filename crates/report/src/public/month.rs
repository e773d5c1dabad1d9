//! Months: the finest time that a ledger's events show in the clear, and the finest a tally knows.

use std::fmt;

use jiff::civil::Date;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of a year, from 1 to 12; `None` for any other.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        (1..=12).contains(&month).then(|| Self(i32::from(year) * 12 + i32::from(month) - 1))
    }

    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// So many months later.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// Months in a row, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Months {
    from: Month,
    until: Month,
}

impl Months {
    /// From the first month to the one before `until`; `None` if there would be none.
    pub fn new(from: Month, until: Month) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// A calendar year.
    pub fn year(year: i16) -> Self {
        let from = Month(i32::from(year) * 12);
        Self { from, until: from.plus(12) }
    }

    /// The first or second half of a year.
    pub fn half(year: i16, half: u8) -> Option<Self> {
        let from = Month(i32::from(year) * 12 + (i32::from(half) - 1) * 6);
        (1..=2).contains(&half).then(|| Self { from, until: from.plus(6) })
    }

    /// The first month.
    pub fn from(&self) -> Month {
        self.from
    }

    /// The month after the last.
    pub fn until(&self) -> Month {
        self.until
    }

    /// How many months.
    pub fn len(&self) -> u32 {
        self.until.0.abs_diff(self.from.0)
    }

    /// Never: there is at least one month.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether the month is one of them.
    pub fn contains(&self, month: Month) -> bool {
        self.from <= month && month < self.until
    }

    /// Whether all these months are among the others.
    pub fn within(&self, others: &Self) -> bool {
        others.from <= self.from && self.until <= others.until
    }
}

impl fmt::Display for Months {
    /// As people write it: a year, a half, or the first and last month.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, first) = (self.from.0.div_euclid(12), self.from.0.rem_euclid(12));
        match (first, self.len()) {
            (0, 12) => write!(f, "{year}"),
            (0, 6) => write!(f, "{year}, first half"),
            (6, 6) => write!(f, "{year}, second half"),
            (_, 1) => write!(f, "{}", self.from),
            _ => write!(f, "{} to {}", self.from, self.until.plus(-1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_written_as_people_write_them() {
        assert_eq!(Months::year(2026).to_string(), "2026");
        assert_eq!(Months::half(2026, 2).unwrap().to_string(), "2026, second half");
        let odd = Months::new(Month::new(2025, 11).unwrap(), Month::new(2026, 3).unwrap()).unwrap();
        assert_eq!((odd.to_string().as_str(), odd.len()), ("2025-11 to 2026-02", 4));
        assert_eq!(Month::new(2026, 13), None);
        assert_eq!(Months::half(2026, 0), None);
    }
}

//! One figure of a report, typed by what it counts.

use jiff::civil::Date;
use serde::Serialize;

/// One cell of a table. Its type says how it is written and aligned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Cell {
    /// Nothing belongs here.
    Empty,
    /// Words.
    Text(String),
    /// How many.
    Count(u64),
    /// A figure that exists and is not shown, because it, or another figure through it, could single somebody out.
    Withheld,
    /// So many of so many.
    Rate(Rate),
    /// A length of time in whole minutes.
    Minutes(u64),
    /// A share in tenths of a per cent: 945 is 94.5 %.
    Percent(u32),
    /// A day.
    Date(Date),
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// `numerator` of `denominator`.
    pub fn rate(numerator: u64, denominator: u64) -> Self {
        Self::Rate(Rate { numerator, denominator })
    }

    /// The share of a part in a whole, rounded half up to a tenth of a per cent; empty if there is no whole.
    pub fn share(part: u64, whole: u64) -> Self {
        let (part, whole) = (u128::from(part), u128::from(whole));
        let tenths = (part * 2_000 + whole).checked_div(whole * 2);
        tenths.and_then(|tenths| u32::try_from(tenths).ok()).map_or(Self::Empty, Self::Percent)
    }

    /// The number behind the cell, for charts: counts and minutes as they are, nothing for the rest.
    pub fn amount(&self) -> Option<u64> {
        match self {
            Self::Count(amount) | Self::Minutes(amount) => Some(*amount),
            _ => None,
        }
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<&str> for Cell {
    fn from(words: &str) -> Self {
        Self::Text(words.to_owned())
    }
}

impl From<Date> for Cell {
    fn from(day: Date) -> Self {
        Self::Date(day)
    }
}

/// So many of so many. Both numbers are always shown, since a share alone hides how few it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Those of whom it is true.
    pub numerator: u64,
    /// All who were counted. Zero is written as "none".
    pub denominator: u64,
}

impl Rate {
    /// The share in whole per cent, rounded half up; 0 and 100 only where it is exactly none or all. `None` of nothing.
    pub fn percent(self) -> Option<u64> {
        let (part, whole) = (u128::from(self.numerator), u128::from(self.denominator));
        let rounded = (part * 200 + whole).checked_div(whole * 2)?;
        let rounded = if part == 0 || part >= whole { rounded } else { rounded.clamp(1, 99) };
        u64::try_from(rounded).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(numerator: u64, denominator: u64) -> Option<u64> {
        Rate { numerator, denominator }.percent()
    }

    #[test]
    fn a_share_rounds_but_says_all_or_none_only_when_it_is() {
        assert_eq!(percent(79, 84), Some(94));
        assert_eq!(percent(1, 2), Some(50));
        assert_eq!(percent(1999, 2000), Some(99));
        assert_eq!(percent(1, 2000), Some(1));
        assert_eq!(percent(0, 3), Some(0));
        assert_eq!(percent(3, 3), Some(100));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100));
        assert_eq!(percent(0, 0), None);
        assert_eq!(Cell::share(6, 14), Cell::Percent(429));
        assert_eq!(Cell::share(1, 0), Cell::Empty);
    }
}

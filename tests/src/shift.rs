//! Examples moved in time.

use daybook_rules::pack::Example;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// How far an example is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// By days; clock times stay.
    Days(i64),
    /// By months of the calendar.
    Months(i32),
}

/// The example with all its times moved: when things happened and were recorded, and what its own fields say of days and months.
pub fn shifted(example: &Example, shift: Shift) -> Example {
    let mut moved = example.clone();
    moved.as_of = text(&moved.as_of, shift).unwrap_or(moved.as_of);
    for event in &mut moved.events {
        event.at = text(&event.at, shift).unwrap_or_else(|| event.at.clone());
        event.recorded = event.recorded.as_ref().map(|at| text(at, shift).unwrap_or_else(|| at.clone()));
        for value in event.set.values_mut() {
            if let Some(new) = value.as_str().and_then(|old| text(old, shift)) {
                *value = new.into();
            }
        }
    }
    moved
}

/// The day at the beginning of a text that is a time.
pub fn day(time: &str) -> Option<Date> {
    time.get(..10)?.parse().ok()
}

fn text(text: &str, shift: Shift) -> Option<String> {
    const MONTH: usize = "2026-03".len();
    if text.len() == MONTH {
        let middle: Date = format!("{text}-15").parse().ok()?;
        return Some(by(middle, shift)?.strftime("%Y-%m").to_string());
    }
    let moved = by(day(text)?, shift)?;
    let rest = &text[10..];
    (rest.is_empty() || rest.starts_with('T')).then(|| format!("{moved}{rest}"))
}

fn by(day: Date, shift: Shift) -> Option<Date> {
    match shift {
        Shift::Days(days) => day.checked_add(days.days()).ok(),
        Shift::Months(months) => day.checked_add(months.months()).ok(),
    }
}

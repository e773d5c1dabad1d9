//! The parts of a period that charts and tables go through: months, quarters or years, whichever can be read.

use daybook_event::Period;
use daybook_rules::figures::Window;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Longest period in months that is told month by month.
const MONTHLY_MAX: usize = 18;
/// Longest period in months that is told quarter by quarter.
const QUARTERLY_MAX: usize = 48;

/// Months in a row under one name.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) label: String,
    pub(crate) months: Vec<Period>,
}

impl Span {
    pub(crate) fn has(&self, month: Period) -> bool {
        self.months.contains(&month)
    }
}

/// What the spans of a window are called.
pub(crate) fn unit(window: Window) -> &'static str {
    let months = months(window).len();
    if months <= MONTHLY_MAX {
        "Month"
    } else if months <= QUARTERLY_MAX {
        "Quarter"
    } else {
        "Year"
    }
}

/// A window in parts, in order.
pub(crate) fn spans(window: Window) -> Vec<Span> {
    let name = |month: Period| match unit(window) {
        "Month" => month.to_string(),
        "Quarter" => format!("{} Q{}", month.year(), (month.month() - 1) / 3 + 1),
        _ => month.year().to_string(),
    };
    let mut spans: Vec<Span> = Vec::new();
    for month in months(window) {
        let label = name(month);
        match spans.last_mut().filter(|span| span.label == label) {
            Some(span) => span.months.push(month),
            None => spans.push(Span { label, months: vec![month] }),
        }
    }
    spans
}

/// The months that a window meets.
pub(crate) fn months(window: Window) -> Vec<Period> {
    let mut months = Vec::new();
    let mut day: Option<Date> = Some(window.from().first_of_month());
    while let Some(first) = day.filter(|day| *day <= window.to()) {
        months.extend(format!("{:04}-{:02}", first.year(), first.month()).parse::<Period>());
        day = first.checked_add(1.month()).ok();
    }
    months
}

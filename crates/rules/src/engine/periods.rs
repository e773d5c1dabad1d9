//! Months and quarters of departments: what was recorded in them, and what the department attested.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daybook_event::Period;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::median::RunningMedian;
use crate::calendar::Calendar;
use crate::fact::Fact;
use crate::time::When;

/// What a department attested for a month.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attested {
    /// Orders attestations of the same month: the one recorded last counts.
    order: (i64, [u8; 16]),
    nil: bool,
    requests: Option<i64>,
    notices: Option<i64>,
    releases: Option<i64>,
    median_release_minutes: Option<i64>,
}

#[derive(Debug, Clone, Default)]
struct Month {
    events: i64,
    requests: i64,
    notices: i64,
    attested: Vec<(u64, Attested)>,
    last_entry: u64,
}

/// Minutes from eligibility to release of one person for whom a detainer was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    /// At least.
    pub(crate) least: i64,
    /// At most.
    pub(crate) most: i64,
}

/// All departments' months.
#[derive(Debug, Default)]
pub(crate) struct Periods {
    months: BTreeMap<(String, Period), Month>,
    /// Departments and the first month for which they must report.
    expected: BTreeMap<String, Period>,
    quarters: HashMap<(String, Period), Quarter>,
}

/// The stays of a department's quarter.
#[derive(Debug, Default)]
struct Quarter {
    stays: HashMap<u64, Stay>,
    least: RunningMedian,
    most: RunningMedian,
}

impl Periods {
    /// Counts an event in, or out again where a correction took it back.
    pub(crate) fn count(&mut self, fact: &Fact, active: bool) -> Option<(String, Period)> {
        let department = fact.issuer.department();
        if department == "ledger" || department == "auditor" {
            return None;
        }
        if &*fact.kind == "period.attested" {
            let month = fact.text("attested_period")?.parse().ok()?;
            let entry = self.months.entry((department.to_owned(), month)).or_default();
            entry.attested.retain(|(at, _)| *at != fact.entry);
            if active {
                entry.attested.push((fact.entry, attested(fact)));
            }
            entry.last_entry = entry.last_entry.max(fact.entry);
            return Some((department.to_owned(), month));
        }
        let entry = self.months.entry((department.to_owned(), fact.period)).or_default();
        let step = if active { 1 } else { -1 };
        entry.events += step;
        entry.requests += if &*fact.kind == "request.received" { step } else { 0 };
        entry.notices += if &*fact.kind == "release.notice_sent" { step } else { 0 };
        entry.last_entry = entry.last_entry.max(fact.entry);
        Some((department.to_owned(), fact.period))
    }

    /// A department got a key: from the next month on it must report.
    pub(crate) fn registered(&mut self, fact: &Fact, calendar: &Calendar) -> Option<String> {
        let department = fact.text("producer")?.split('/').next()?.to_owned();
        if department == "ledger" || department == "auditor" {
            return None;
        }
        let day = calendar.date(fact.occurred?.earliest);
        let first = month_of(day.first_of_month().checked_add(1.month()).ok()?)?;
        let since = self.expected.entry(department.clone()).or_insert(first);
        *since = (*since).min(first);
        Some(department)
    }

    /// The months of a department that are over at `now`: those that it must report, and those about which something is known.
    pub(crate) fn over(&self, department: &str, now: i64, calendar: &Calendar) -> BTreeSet<Period> {
        let mut months: BTreeSet<Period> = self
            .months
            .keys()
            .filter(|(of, month)| of == department && end_of(*month, calendar).is_some_and(|end| end <= now))
            .map(|(_, month)| *month)
            .collect();
        let mut month = self.expected.get(department).copied();
        while let Some(this) = month.filter(|month| end_of(*month, calendar).is_some_and(|end| end <= now)) {
            months.insert(this);
            month = next(this);
        }
        months
    }

    /// All departments about which something is known.
    pub(crate) fn departments(&self) -> BTreeSet<String> {
        self.months
            .keys()
            .map(|(department, _)| department.clone())
            .chain(self.expected.keys().cloned())
            .collect()
    }

    /// The first month that a department must report.
    pub(crate) fn reports_since(&self, department: &str) -> Option<Period> {
        self.expected.get(department).copied()
    }

    /// The last month in which something of a department happened.
    pub(crate) fn last_month(&self, department: &str) -> Option<Period> {
        let months = self.months.iter().filter(|((of, _), known)| of == department && known.events > 0);
        months.map(|((_, month), _)| *month).max()
    }

    /// Whether a month that must be reported has neither an event nor an attestation.
    pub(crate) fn is_silent(&self, department: &str, month: Period) -> bool {
        let known = self.months.get(&(department.to_owned(), month));
        let heard = known.is_some_and(|known| known.events > 0 || !known.attested.is_empty());
        self.must_report(department, month) && !heard
    }

    /// Whether a department must report a month.
    fn must_report(&self, department: &str, month: Period) -> bool {
        self.expected.get(department).is_some_and(|since| *since <= month)
    }

    /// What is known of a month, as a derived fact; with the last entry that it rests on. None for a month about which a rule could only say what
    /// nobody must report.
    pub(crate) fn month_fields(&self, department: &str, month: Period) -> Option<(Map<String, Value>, u64)> {
        let known = self.months.get(&(department.to_owned(), month)).cloned().unwrap_or_default();
        let attested =
            known.attested.iter().map(|(_, attested)| attested).max_by_key(|attested| attested.order);
        if attested.is_none() && !self.must_report(department, month) {
            return None;
        }
        let mut fields = Map::new();
        fields.insert("month".into(), month.to_string().into());
        fields.insert("events".into(), known.events.into());
        fields.insert("recorded_requests".into(), known.requests.into());
        fields.insert("recorded_notices".into(), known.notices.into());
        fields.insert("attested".into(), attested.is_some().into());
        if let Some(attested) = attested {
            fields.insert("attested_nil".into(), attested.nil.into());
            for (name, count) in
                [("attested_requests", attested.requests), ("attested_notices", attested.notices)]
            {
                count.into_iter().for_each(|count| drop(fields.insert(name.into(), count.into())));
            }
        }
        Some((fields, known.last_entry))
    }

    /// Notes how long a person stayed after becoming eligible for release; `None` takes it out.
    pub(crate) fn stay(&mut self, department: &str, quarter: Period, entry: u64, stay: Option<Stay>) -> bool {
        let quarter = self.quarters.entry((department.to_owned(), quarter)).or_default();
        let before = match stay {
            Some(stay) => quarter.stays.insert(entry, stay),
            None => quarter.stays.remove(&entry),
        };
        if before == stay {
            return false;
        }
        if let Some(before) = before {
            quarter.least.remove(before.least);
            quarter.most.remove(before.most);
        }
        if let Some(stay) = stay {
            quarter.least.add(stay.least);
            quarter.most.add(stay.most);
        }
        true
    }

    /// Quarters in which a person with a detainer was released.
    pub(crate) fn quarters(&self) -> impl Iterator<Item = &(String, Period)> {
        self.quarters.keys()
    }

    /// What is known of a quarter, with the median stay at its least and at its most.
    pub(crate) fn quarter_fields(
        &self,
        department: &str,
        quarter: Period,
    ) -> Option<[Map<String, Value>; 2]> {
        let known = self.quarters.get(&(department.to_owned(), quarter))?;
        let (least, most) = known.least.median().zip(known.most.median())?;
        let baseline = self.baseline(department, quarter);
        let fields = |median: i64| {
            let mut fields = Map::new();
            let name = format!("{}-Q{}", quarter.year(), (quarter.month() - 1) / 3 + 1);
            fields.insert("quarter".into(), name.into());
            fields.insert("detainer_releases".into(), known.stays.len().into());
            fields.insert("detainer_median_minutes".into(), median.into());
            baseline
                .into_iter()
                .for_each(|minutes| drop(fields.insert("baseline_median_minutes".into(), minutes.into())));
            fields
        };
        Some([fields(least), fields(most)])
    }

    /// Mean of the months' attested medians, weighted by the releases of each: what the months tell of a median of the quarter.
    fn baseline(&self, department: &str, quarter: Period) -> Option<i64> {
        let months = [Some(quarter), next(quarter), next(quarter).and_then(next)];
        let (mut sum, mut weight) = (0_i64, 0_i64);
        for month in months.into_iter().flatten() {
            let Some(known) = self.months.get(&(department.to_owned(), month)) else { continue };
            let last =
                known.attested.iter().map(|(_, attested)| attested).max_by_key(|attested| attested.order);
            if let Some((releases, minutes)) =
                last.and_then(|last| last.releases.zip(last.median_release_minutes))
            {
                sum += releases * minutes;
                weight += releases;
            }
        }
        (weight > 0).then(|| sum / weight)
    }
}

fn attested(fact: &Fact) -> Attested {
    let count = |name: &str| fact.fields.get(name).and_then(Value::as_i64);
    Attested {
        order: (fact.recorded.map_or(fact.received, |recorded| recorded.latest), *fact.jti.as_bytes()),
        nil: fact.fields.get("nil").and_then(Value::as_bool).unwrap_or(false),
        requests: count("requests"),
        notices: count("notices"),
        releases: count("releases"),
        median_release_minutes: count("median_release_minutes"),
    }
}

/// The month of a day.
pub(crate) fn month_of(day: Date) -> Option<Period> {
    format!("{:04}-{:02}", day.year(), day.month()).parse().ok()
}

/// The first month of the quarter of a month.
pub(crate) fn quarter_of(month: Period) -> Option<Period> {
    month_of(Date::new(month.year() as i16, ((month.month() - 1) / 3 * 3 + 1) as i8, 1).ok()?)
}

fn first_day(month: Period) -> Option<Date> {
    Date::new(month.year() as i16, month.month() as i8, 1).ok()
}

fn next(month: Period) -> Option<Period> {
    month_of(first_day(month)?.checked_add(1.month()).ok()?)
}

/// The first second after a month.
pub(crate) fn end_of(month: Period, calendar: &Calendar) -> Option<i64> {
    Some(calendar.start_of(first_day(month)?.checked_add(1.month()).ok()?))
}

/// The moment at which a quarter is over.
pub(crate) fn quarter_end(quarter: Period, calendar: &Calendar) -> Option<When> {
    Some(When::exactly(calendar.start_of(first_day(quarter)?.checked_add(3.months()).ok()?)))
}

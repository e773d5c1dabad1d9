//! Rows drawn from a seed, and the naive scan that says what is right.

use std::collections::BTreeMap;
use std::ops::Range;

use daybook_event::Jti;
use daybook_index::search::{Facet, Filter, Handle, IdentifierKey, Rel, Row};

/// Numbers drawn from a seed (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn chance(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

const TYPES: [&str; 4] = ["request.received", "request.answered", "release.completed", "custody.transferred"];
const ISSUERS: [&str; 4] = ["sheriff/jail-records", "sheriff/court-desk", "police/desk", "health/clinic"];
const FIELDS: [(&str, &[&str]); 3] = [
    ("outcome", &["declined", "complied", "partly"]),
    ("urgent", &["true", "false"]),
    ("means", &["mail", "fax"]),
];
pub(crate) const START: i64 = 1_700_000_000;

pub(crate) fn jti(index: u64) -> Jti {
    let hash = daybook_event::hash::sha256(index.to_be_bytes());
    Jti::from_random(*hash.first_chunk().expect("32 bytes"))
}

pub(crate) fn row(index: u64, draw: &mut Draw, key: &IdentifierKey) -> Row {
    let span = 1_000 * (1 + index as i64);
    let occurred = (!draw.chance(12)).then(|| {
        let at =
            if draw.chance(40) { -62_000_000_000 } else { START + draw.below(span as u64 + 50_000) as i64 };
        (at, at + [0, 59, 86_399][draw.below(3) as usize])
    });
    let mut codes = Vec::new();
    for (field, values) in FIELDS {
        for value in values {
            if draw.chance(3) {
                codes.push((field, (*value).into()));
            }
        }
    }
    codes.sort_unstable();
    let matter = (!draw.chance(4)).then(|| key.matter(&format!("matter {}", draw.below(1 + index / 8))));
    let mut identifiers: Vec<Handle> = matter.into_iter().collect();
    identifiers.extend(draw.chance(3).then(|| key.identifier("case_number", &draw.below(5).to_string())));
    let links: Vec<_> = draw.chance(3).then(|| (Rel::Of, jti(draw.below(index + 3)))).into_iter().collect();
    identifiers.extend(links.iter().map(|(_, to)| key.link(to)));
    identifiers.sort_unstable();
    Row {
        index,
        event: TYPES[draw.below(4) as usize].parse().expect("a type"),
        issuer: ISSUERS[draw.below(4) as usize].parse().expect("an issuer"),
        period: format!("2026-{:02}", 1 + (index / 40 + draw.below(2)) % 12).parse().expect("a month"),
        jti: jti(index),
        seq: index,
        occurred,
        recorded: None,
        received: (!draw.chance(12)).then(|| START + span + draw.below(600) as i64),
        codes,
        links,
        matter,
        identifiers,
    }
}

pub(crate) fn rows(range: Range<u64>, seed: u64, key: &IdentifierKey) -> Vec<Row> {
    // Each row from its own draw, so that a part of the rows is the same as that part of all.
    range.map(|index| row(index, &mut Draw(seed ^ index.wrapping_mul(0x5851_f42d_4c95_7f2d)), key)).collect()
}

fn range(draw: &mut Draw, size: u64) -> Range<i64> {
    let start = START + draw.below(1_000 * size + 40_000) as i64 - 20_000;
    let len = [0, 1, 60, 5_000, 400_000, i64::MAX / 2][draw.below(6) as usize];
    start..start + len
}

pub(crate) fn filter(draw: &mut Draw, size: u64, key: &IdentifierKey) -> Filter {
    let mut filter = Filter::default();
    for _ in 0..draw.below(4) {
        match draw.below(10) {
            0 => filter.types.push(TYPES[draw.below(4) as usize].parse().expect("a type")),
            1 => filter.departments.push(["sheriff", "police", "nobody"][draw.below(3) as usize].to_owned()),
            2 => filter.producers.push(ISSUERS[draw.below(4) as usize].parse().expect("an issuer")),
            3 => filter.periods.push(format!("2026-{:02}", 1 + draw.below(12)).parse().expect("a month")),
            4 => {
                let (field, values) = FIELDS[draw.below(3) as usize];
                filter
                    .codes
                    .push((field.to_owned(), values[draw.below(values.len() as u64) as usize].to_owned()));
            }
            5 => filter.occurred = Some(range(draw, size)),
            6 => filter.received = Some(range(draw, size)),
            7 => filter.identifiers.push(key.matter(&format!("matter {}", draw.below(2 + size / 8)))),
            8 => filter.linked_to = Some(jti(draw.below(size + 3))),
            _ => filter.jtis.extend((0..4).map(|_| jti(draw.below(size + 5)))),
        }
    }
    filter
}

/// What the filter means, row by row.
pub(crate) fn matches(row: &Row, filter: &Filter) -> bool {
    let any = |values: &[String], own: &str| values.is_empty() || values.iter().any(|value| value == own);
    let mut codes = BTreeMap::<&str, Vec<&str>>::new();
    for (field, value) in &filter.codes {
        codes.entry(field).or_default().push(value);
    }
    let has =
        |field: &str, values: &[&str]| row.codes.iter().any(|(f, v)| *f == field && values.contains(&&**v));
    (filter.types.is_empty() || filter.types.contains(&row.event))
        && any(&filter.departments, row.issuer.department())
        && (filter.producers.is_empty() || filter.producers.contains(&row.issuer))
        && (filter.periods.is_empty() || filter.periods.contains(&row.period))
        && codes.iter().all(|(field, values)| has(field, values))
        && filter.occurred.as_ref().is_none_or(|range| {
            row.occurred
                .is_some_and(|(first, last)| !range.is_empty() && first < range.end && range.start <= last)
        })
        && filter.received.as_ref().is_none_or(|range| row.received.is_some_and(|at| range.contains(&at)))
        && filter.identifiers.iter().all(|handle| row.identifiers.contains(handle))
        && (filter.jtis.is_empty() || filter.jtis.contains(&row.jti))
        && filter.linked_to.is_none_or(|to| row.links.iter().any(|(_, jti)| *jti == to))
}

pub(crate) fn facets() -> Vec<Facet> {
    let fields = FIELDS.iter().map(|(field, _)| Facet::Code((*field).to_owned()));
    [Facet::Type, Facet::Department, Facet::Producer, Facet::Period].into_iter().chain(fields).collect()
}

pub(crate) fn values<'r>(row: &'r Row, facet: &Facet) -> Vec<std::borrow::Cow<'r, str>> {
    match facet {
        Facet::Type => vec![row.event.as_str().into()],
        Facet::Department => vec![row.issuer.department().into()],
        Facet::Producer => vec![row.issuer.as_str().into()],
        Facet::Period => vec![row.period.to_string().into()],
        Facet::Code(field) => {
            row.codes.iter().filter(|(own, _)| own == field).map(|(_, value)| (&**value).into()).collect()
        }
    }
}

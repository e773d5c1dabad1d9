//! What the search costs: `cargo bench -p daybook-index --bench search [-- <entries>…]`.
//!
//! Makes rows of a busy county (45 types, 12 departments, 100 months, coded fields, a matter per 8 events) straight into a search index, and prints
//! rates, sizes and times. Without numbers: a hundred thousand, a million and ten million entries.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use daybook_event::{Catalogue, Issuer, Jti, Period, TypeName};
use daybook_index::Index;
use daybook_index::search::{
    Facet, Filter, IdentifierKey, IndexSecret, Order, Rel, Row, SearchIndex, SearchOptions, View,
};

/// Entries made and taken in at a time.
const BATCH: u64 = 4_096;
/// Queries of each kind.
const ROUNDS: usize = 400;
/// Seconds in a month.
const MONTH: i64 = 2_629_746;
/// When the first entry came, in seconds.
const START: i64 = 1_500_000_000;
/// Months over which the entries came.
const MONTHS: u64 = 100;

struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Small numbers come more often, as with types and departments.
    fn skewed(&mut self, end: u64) -> usize {
        let (a, b) = (self.below(end), self.below(end));
        a.min(b) as usize
    }
}

struct Maker {
    types: Vec<TypeName>,
    codes: Vec<Vec<(&'static str, Vec<String>)>>,
    issuers: Vec<Issuer>,
    periods: Vec<Period>,
    key: IdentifierKey,
    entries: u64,
}

fn jti(index: u64) -> Jti {
    let mut draw = Draw(index);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&draw.next().to_be_bytes());
    bytes[8..].copy_from_slice(&draw.next().to_be_bytes());
    Jti::from_random(bytes)
}

fn matter(number: u64) -> String {
    format!("{:026}", number)
}

impl Maker {
    fn new(key: IdentifierKey, entries: u64) -> Self {
        let types: Vec<_> = Catalogue::builtin().types().collect();
        let codes = |ty: &&'static daybook_event::EventType| {
            let closed =
                ty.fields().iter().filter_map(|field| Some((field.name.as_str(), field.codes.clone()?)));
            closed.collect::<Vec<_>>()
        };
        let issuer = |n: u64| format!("department-{}/desk-{}", n % 12, n / 12).parse().unwrap();
        let period = |n: u64| format!("{}-{:02}", 2_017 + n / 12, n % 12 + 1).parse().unwrap();
        Self {
            codes: types.iter().map(codes).collect(),
            types: types.iter().map(|ty| ty.name().clone()).collect(),
            issuers: (0..36).map(issuer).collect(),
            periods: (0..MONTHS + 2).map(period).collect(),
            key,
            entries,
        }
    }

    fn row(&self, index: u64) -> Row {
        let draw = &mut Draw(index ^ 0x5eed);
        let ty = draw.skewed(self.types.len() as u64);
        let received = START
            + (index as i128 * i128::from(MONTH) * i128::from(MONTHS) / i128::from(self.entries)) as i64;
        // Most is recorded within the day; one in twenty comes weeks later.
        let late = if draw.below(20) == 0 { draw.below(40 * 86_400) } else { draw.below(20 * 3_600) };
        let at = received - late as i64;
        let width = [0, 59, 59, 59, 86_399][draw.below(5) as usize];
        let mut codes = Vec::new();
        for (field, values) in &self.codes[ty] {
            if draw.below(3) > 0 {
                codes.push((*field, values[draw.skewed(values.len() as u64)].clone().into()));
            }
        }
        let matter = self.key.matter(&matter((index / 64) * 8 + draw.below(8)));
        let mut identifiers = vec![matter];
        let mut links = Vec::new();
        if index > 100 && draw.below(2) == 0 {
            links.push((Rel::Of, jti(index - 1 - draw.below(100))));
            identifiers.push(self.key.link(&links[0].1));
        }
        if draw.below(3) == 0 {
            identifiers.push(self.key.identifier("content_hash", &index.to_string()));
        }
        identifiers.sort_unstable();
        Row {
            index,
            event: self.types[ty].clone(),
            issuer: self.issuers[draw.skewed(36)].clone(),
            period: self.periods[((at - START).max(0) / MONTH) as usize],
            jti: jti(index),
            seq: index,
            occurred: Some((at, at + width)),
            recorded: Some((at, at)),
            received: Some(received),
            codes,
            links,
            matter: Some(matter),
            identifiers,
        }
    }

    /// What an auditor narrows by: two facets and a year, say.
    fn filter(&self, draw: &mut Draw) -> Filter {
        let ty = draw.skewed(self.types.len() as u64);
        let mut filter = Filter { types: vec![self.types[ty].clone()], ..Filter::default() };
        match draw.below(4) {
            0 => filter.departments = vec![format!("department-{}", draw.below(12))],
            1 => {
                for (field, values) in self.codes[ty].iter().take(2) {
                    filter.codes.push(((*field).to_owned(), values[0].clone()));
                }
            }
            2 => {
                let from = START + draw.below(MONTHS - 12) as i64 * MONTH;
                filter.occurred = Some(from..from + 12 * MONTH);
            }
            _ => {
                filter.types.extend((0..3).map(|_| self.types[draw.skewed(self.types.len() as u64)].clone()))
            }
        }
        filter
    }
}

fn main() {
    let asked: Vec<u64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![100_000, 1_000_000, 10_000_000] } else { asked };
    for entries in sizes {
        run(entries);
    }
}

fn run(entries: u64) {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path(), &"bench.example/ledger".parse().unwrap()).unwrap();
    let secret = IndexSecret::new([7; 32].into());
    let options = SearchOptions::new("America/Denver");
    let search = SearchIndex::open(&index, &secret, &options).unwrap();
    let maker = Maker::new(search.identifier_key().clone(), entries);
    let mut absorbing = Duration::ZERO;
    let mut longest = Duration::ZERO;
    for from in (0..entries).step_by(BATCH as usize) {
        let rows: Vec<Row> = (from..(from + BATCH).min(entries)).map(|index| maker.row(index)).collect();
        let start = Instant::now();
        search.absorb(rows).unwrap();
        longest = longest.max(start.elapsed());
        absorbing += start.elapsed();
    }
    println!("\n{entries} entries, {} full segments", search.segments());
    let rate = entries as f64 / absorbing.as_secs_f64();
    println!("  absorbed          {rate:.0} entries/s; longest call {} ms", longest.as_millis());
    drop((search, index));
    println!("  on disk           {:.1} bytes/entry", bytes_below(dir.path()) as f64 / entries as f64);
    let start = Instant::now();
    let index = Index::open(dir.path(), &"bench.example/ledger".parse().unwrap()).unwrap();
    let search = SearchIndex::open(&index, &secret, &options).unwrap();
    println!("  opened            in {} ms", start.elapsed().as_millis());
    let rows = (search.size()..entries).map(|index| maker.row(index)).collect();
    search.absorb(rows).unwrap();
    let held = |what| {
        let bytes = search.cached_bytes();
        println!("  {what:17} {:.1} bytes/entry, {} MB", bytes as f64 / entries as f64, bytes >> 20);
    };
    for pass in ["first use", "again"] {
        println!("  {pass}");
        facets(&search.view(), &maker);
        held("then in memory");
        lookups(&search.view(), &maker);
    }
    held("all in memory");
}

fn facets(view: &View, maker: &Maker) {
    let below = view.size();
    let draw = &mut Draw(1);
    measure("facet query, count, page of 50", || {
        let filter = maker.filter(draw);
        view.count(&filter, below).unwrap();
        view.page(&filter, below, Order::Newest, None, 50).unwrap();
    });
    measure("facet counts of a filter", || {
        let filter = maker.filter(draw);
        view.facet_counts(&filter, below, &Facet::Department).unwrap();
    });
    measure("facet counts of everything", || {
        view.facet_counts(&Filter::default(), below, &Facet::Type).unwrap();
    });
    measure("received in a day, count", || {
        let from = START + draw.below(MONTHS * 30) as i64 * 86_400;
        view.count(&Filter { received: Some(from..from + 86_400), ..Filter::default() }, below).unwrap();
    });
}

fn lookups(view: &View, maker: &Maker) {
    let below = view.size();
    let draw = &mut Draw(2);
    measure("matter", || {
        let handle = maker.key.matter(&matter(draw.below(below / 8)));
        view.matter(&handle, below).unwrap();
    });
    measure("jti", || {
        let index = draw.below(below);
        assert_eq!(view.entry_of(&jti(index)).unwrap(), Some(index));
    });
    measure("jti that is not there", || {
        assert_eq!(view.entry_of(&jti(below + draw.below(below))).unwrap(), None);
    });
}

fn measure(what: &str, mut ask: impl FnMut()) {
    let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        ask();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let (p50, p99) = (times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    println!(
        "    {what:32} p50 {:>9.1} µs   p99 {:>9.1} µs",
        p50.as_secs_f64() * 1e6,
        p99.as_secs_f64() * 1e6
    );
}

fn bytes_below(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap();
    let size = |entry: std::fs::DirEntry| {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() { bytes_below(&entry.path()) } else { meta.len() }
    };
    entries.map(|entry| size(entry.unwrap())).sum()
}

//! The search says what a scan over all rows says, for every size of the log, whatever happens meanwhile.

#[path = "search/rows.rs"]
mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use daybook_index::Index;
use daybook_index::search::{
    FILTER_TERMS_MAX, Filter, IndexSecret, Order, PAGE_LIMIT_MAX, Row, SearchError, SearchIndex,
    SearchOptions, View,
};
use rows::{Draw, facets, filter, jti, matches, values};

/// Small enough for a test to fill several.
const SEGMENT: u64 = 64;
const ZONE: &str = "America/Denver";

fn secret(byte: u8) -> IndexSecret {
    IndexSecret::new([byte; 32].into())
}

fn options() -> SearchOptions {
    SearchOptions { segment_entries: SEGMENT, ..SearchOptions::new(ZONE) }
}

fn open_with(path: &Path, origin: &str, byte: u8, options: &SearchOptions) -> (Index, SearchIndex) {
    let index = Index::open(path, &origin.parse().expect("an origin")).expect("opened");
    let search = SearchIndex::open(&index, &secret(byte), options).expect("opened");
    (index, search)
}

fn open(path: &Path) -> (Index, SearchIndex) {
    open_with(path, "index.example/ledger", 7, &options())
}

/// sled itself. Its own threads let go of its lock a moment after it was dropped.
fn open_sled(path: &Path) -> sled::Db {
    for _ in 0..200 {
        match sled::open(path) {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {}
            other => return other.expect("opened"),
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("sled kept its lock");
}

fn scan<'r>(rows: &'r [Row], filter: &Filter, below: u64) -> impl DoubleEndedIterator<Item = &'r Row> {
    rows[..below as usize].iter().filter(|row| matches(row, filter)).collect::<Vec<_>>().into_iter()
}

fn walk(view: &View, filter: &Filter, below: u64, order: Order, limit: usize) -> Vec<u64> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = view.page(filter, below, order, after, limit).expect("a page");
        assert!(page.entries.len() == limit || !page.more, "only the last page is short");
        all.extend(&page.entries);
        after = page.entries.last().copied();
        if !page.more {
            return all;
        }
    }
}

fn assert_as_scan(view: &View, rows: &[Row], filter: &Filter, below: u64, limit: usize) {
    let expected: Vec<u64> = scan(rows, filter, below).map(|row| row.index).collect();
    assert_eq!(walk(view, filter, below, Order::Oldest, limit), expected, "oldest first");
    let newest: Vec<u64> = expected.iter().rev().copied().collect();
    assert_eq!(walk(view, filter, below, Order::Newest, limit), newest, "newest first");
    assert_eq!(view.count(filter, below).expect("a count"), expected.len() as u64);
    let all: Result<Vec<u64>, _> = view.all(filter, below).expect("begun").collect();
    assert_eq!(all.expect("every entry"), expected);
    for facet in facets() {
        let mut counts = BTreeMap::<String, u64>::new();
        for row in scan(rows, filter, below) {
            for value in values(row, &facet) {
                *counts.entry(value.into_owned()).or_default() += 1;
            }
        }
        let found = view.facet_counts(filter, below, &facet).expect("counts");
        assert_eq!(found, counts.into_iter().collect::<Vec<_>>(), "{facet}");
    }
}

fn absorb_in_batches(search: &SearchIndex, rows: &[Row], draw: &mut Draw) {
    let mut rest = &rows[search.size() as usize..];
    while !rest.is_empty() {
        let most = [1, 3, 30, 200][draw.below(4) as usize];
        let (batch, after) = rest.split_at((1 + draw.below(most) as usize).min(rest.len()));
        search.absorb(batch.to_vec()).expect("taken in");
        rest = after;
    }
}

#[test]
fn every_query_says_what_a_scan_says() {
    for seed in 1..=25 {
        println!("seed {seed}");
        let mut draw = Draw(seed);
        let dir = tempfile::tempdir().expect("a directory");
        let (mut index, mut search) = open(dir.path());
        let size = draw.below(6 * SEGMENT);
        let key = search.identifier_key().clone();
        let rows = rows::rows(0..size, seed, &key);
        absorb_in_batches(&search, &rows, &mut draw);
        for round in 0..40 {
            if round == 20 {
                drop((search, index));
                (index, search) = open(dir.path());
                assert_eq!(search.size(), size / SEGMENT * SEGMENT, "full segments are kept");
                absorb_in_batches(&search, &rows, &mut draw);
            }
            let filter = filter(&mut draw, size, &key);
            let below = if draw.chance(2) { size } else { draw.below(size + 1) };
            assert_as_scan(&search.view(), &rows, &filter, below, 1 + draw.below(40) as usize);
        }
        for row in &rows {
            assert_eq!(search.view().entry_of(&row.jti).expect("looked up"), Some(row.index));
        }
        assert_eq!(search.view().entry_of(&jti(size)).expect("looked up"), None);
        for (number, rows) in (0..).zip(rows.chunks(SEGMENT as usize)) {
            assert!(search.check(number, rows).expect("compared"), "segment {number}");
        }
    }
}

#[test]
fn a_matter_has_its_entries_and_no_others() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_index, search) = open(dir.path());
    let rows = rows::rows(0..300, 5, search.identifier_key());
    search.absorb(rows.clone()).expect("taken in");
    for row in &rows {
        let Some(matter) = row.matter else { continue };
        let own = |row: &&Row| row.matter == Some(matter);
        let expected: Vec<u64> = rows[..250].iter().filter(own).map(|row| row.index).collect();
        assert_eq!(search.view().matter(&matter, 250).expect("looked up"), expected);
    }
}

#[test]
fn bounds_are_errors_and_a_checkpoint_ahead_of_the_index_is_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_index, search) = open(dir.path());
    search.absorb(rows::rows(0..10, 1, search.identifier_key())).expect("taken in");
    let (view, all) = (search.view(), Filter::default());
    let page = |limit| view.page(&all, 10, Order::Newest, None, limit);
    assert!(matches!(page(0), Err(SearchError::PageLimit { .. })));
    assert!(matches!(page(PAGE_LIMIT_MAX + 1), Err(SearchError::PageLimit { .. })));
    assert_eq!(page(PAGE_LIMIT_MAX).expect("a page").entries.len(), 10);
    assert!(matches!(view.count(&all, 11), Err(SearchError::Behind { size: 10, below: 11 })));
    let many = |terms| Filter { jtis: (0..terms as u64).map(jti).collect(), ..Filter::default() };
    assert!(view.count(&many(FILTER_TERMS_MAX), 10).is_ok());
    assert!(matches!(view.count(&many(FILTER_TERMS_MAX + 1), 10), Err(SearchError::TooManyTerms { .. })));
}

#[test]
fn rows_come_in_order_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_index, search) = open(dir.path());
    let all = rows::rows(0..100, 1, search.identifier_key());
    for wrong in
        [all[1..].to_vec(), vec![all[0].clone(), all[2].clone()], vec![all[0].clone(), all[0].clone()]]
    {
        assert!(matches!(search.absorb(wrong), Err(SearchError::Rows { .. })));
        assert_eq!(search.size(), 0);
    }
    search.absorb(all.clone()).expect("taken in");
    assert!(matches!(search.rewrite(0, all[..63].to_vec()), Err(SearchError::Rows { .. })));
    assert!(matches!(search.rewrite(0, all[1..65].to_vec()), Err(SearchError::Rows { .. })));
    assert!(matches!(search.rewrite(2, Vec::new()), Err(SearchError::Rows { .. })));
    assert_eq!(search.view().count(&Filter::default(), 100).expect("a count"), 100);
}

#[test]
fn an_answer_for_a_size_does_not_change_while_entries_come() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_index, search) = open(dir.path());
    let key = search.identifier_key().clone();
    let rows = rows::rows(0..1_500, 3, &key);
    search.absorb(rows[..100].to_vec()).expect("taken in");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            absorb_in_batches(&search, &rows, &mut Draw(9));
            done.store(true, Ordering::Release);
        });
        let mut draw = Draw(4);
        while !done.load(Ordering::Acquire) {
            let view = search.view();
            let below = if draw.chance(2) { 100 } else { view.size() };
            assert_as_scan(&view, &rows, &filter(&mut draw, below, &key), below, 50);
        }
    });
    assert_eq!(search.size(), 1_500);
}

#[test]
fn what_is_of_another_ledger_secret_zone_or_size_is_made_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let fill = || {
        let (_index, search) = open(dir.path());
        let rows = rows::rows(search.size()..200, 1, search.identifier_key());
        search.absorb(rows).expect("taken in");
    };
    fill();
    assert_eq!(open(dir.path()).1.size(), 192);
    let other_zone = SearchOptions { zone: "America/Chicago".into(), ..options() };
    let other_size = SearchOptions { segment_entries: 32, ..options() };
    for (byte, options) in [(8, options()), (7, other_zone), (7, other_size)] {
        fill();
        assert_eq!(open_with(dir.path(), "index.example/ledger", byte, &options).1.size(), 0);
        assert_eq!(open(dir.path()).1.size(), 0, "it was cleared");
    }
    fill();
    assert_eq!(open_with(dir.path(), "other.example/ledger", 7, &options()).1.size(), 0);
}

#[test]
fn a_damaged_or_missing_file_of_keys_means_an_empty_index() {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = dir.path().join("search.keys");
    let fill = || {
        let (_index, search) = open(dir.path());
        let rows = rows::rows(search.size()..130, 1, search.identifier_key());
        search.absorb(rows).expect("taken in");
    };
    fill();
    let len = std::fs::read(&keys).expect("the file").len();
    for at in (0..len).step_by(5).map(Some).chain([None]) {
        fill();
        let mut bytes = std::fs::read(&keys).expect("the file");
        match at {
            Some(at) => bytes[at] ^= 1,
            None => bytes.truncate(len - 1),
        }
        std::fs::write(&keys, bytes).expect("written");
        assert_eq!(open(dir.path()).1.size(), 0, "byte {at:?}");
    }
    fill();
    std::fs::remove_file(&keys).expect("removed");
    assert_eq!(open(dir.path()).1.size(), 0);
}

#[test]
fn damage_in_sled_is_found_and_mended_and_never_gives_a_wrong_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let size = 3 * SEGMENT;
    {
        let (_index, search) = open(dir.path());
        search.absorb(rows::rows(0..size, 2, search.identifier_key())).expect("taken in");
    }
    let mut draw = Draw(11);
    let mut found = 0;
    for round in 0..48 {
        {
            let db = open_sled(dir.path());
            let tree = db.open_tree("search").expect("opened");
            let pages: Vec<_> = tree.iter().collect::<Result<_, _>>().expect("read");
            assert_eq!(pages.len(), 3 * 8, "a head and seven parts each");
            let (page, value) = &pages[round % pages.len()];
            let mut value = value.to_vec();
            let at = draw.below(value.len() as u64) as usize;
            value[at] ^= 1 << draw.below(8);
            tree.insert(page, value).expect("written");
        }
        let (_index, search) = open(dir.path());
        let key = search.identifier_key().clone();
        let rows = rows::rows(0..size, 2, &key);
        if search.size() == 0 {
            search.absorb(rows.clone()).expect("taken in");
            found += 1;
        }
        for _ in 0..20 {
            let filter = filter(&mut draw, size, &key);
            let expected = scan(&rows, &filter, size).count() as u64;
            match search.view().count(&filter, size) {
                Ok(count) => assert_eq!(count, expected),
                Err(error) => assert!(matches!(error, SearchError::Damaged { .. }), "{error}"),
            }
        }
        for (number, rows) in (0..).zip(rows.chunks(SEGMENT as usize)) {
            if !search.check(number, rows).expect("compared") {
                assert_eq!(search.damaged(), [number]);
                search.rewrite(number, rows.to_vec()).expect("written again");
                found += 1;
            }
        }
        assert!(search.damaged().is_empty());
        assert_as_scan(&search.view(), &rows, &Filter::default(), size, 100);
    }
    assert_eq!(found, 48);
}

#[test]
fn what_was_erased_is_not_found_any_more_in_full_segments_and_in_the_tail() {
    let dir = tempfile::tempdir().expect("a directory");
    let (index, search) = open(dir.path());
    let mut rows = rows::rows(0..150, 6, search.identifier_key());
    search.absorb(rows.clone()).expect("taken in");
    let before = search.view();
    for from in [70, 130] {
        let at = (from..).find(|&at| rows[at].matter.is_some()).expect("a row with a matter");
        let matter = rows[at].matter.expect("a matter");
        assert!(search.view().matter(&matter, 150).expect("looked up").contains(&(at as u64)));
        rows[at].identifiers.clear();
        rows[at].matter = None;
        let segment = at / SEGMENT as usize;
        let own = segment * SEGMENT as usize..((segment + 1) * SEGMENT as usize).min(150);
        search.rewrite(segment as u64, rows[own].to_vec()).expect("written again");
        assert!(!search.view().matter(&matter, 150).expect("looked up").contains(&(at as u64)));
        if from == 70 {
            let old = before.matter(&matter, 150).expect("an older view goes on");
            assert!(!old.contains(&(at as u64)), "and does not show it either");
        }
    }
    drop((search, index, before));
    let (_index, search) = open(dir.path());
    assert_eq!(search.size(), 128);
    assert!(search.check(1, &rows[64..128]).expect("compared"));
}

//! Tests of what is on the disk: sealed pages, and that old ones open no more.

use daybook_event::Jti;
use zeroize::Zeroizing;

use super::blobs::{SegmentKey, Stored, sealed_batch, unseal};
use super::keyfile::{FILE, KeyFile};
use super::row::Row;
use super::segment::{Part, Segment, decode_head};
use super::*;
use crate::Index;

const SEGMENT: u64 = 40;

fn secret() -> IndexSecret {
    IndexSecret::new(Zeroizing::new([9; 32]))
}

fn rows(range: std::ops::Range<u64>) -> Vec<Row> {
    let key = secret().identifier_key();
    let row = |index: u64| Row {
        index,
        event: "request.received".parse().expect("a type"),
        issuer: "sheriff/jail-records".parse().expect("an issuer"),
        period: "2026-11".parse().expect("a month"),
        jti: Jti::from_random(
            *daybook_event::hash::sha256(index.to_be_bytes()).first_chunk().expect("32 bytes"),
        ),
        seq: index,
        occurred: Some((index as i64, index as i64 + 59)),
        recorded: None,
        received: Some(index as i64),
        codes: vec![("outcome", if index.is_multiple_of(3) { "declined" } else { "complied" }.into())],
        links: Vec::new(),
        matter: Some(key.matter(&(index / 8).to_string())),
        identifiers: vec![key.matter(&(index / 8).to_string())],
    };
    range.map(row).collect()
}

fn open(path: &std::path::Path) -> (Index, SearchIndex) {
    let index = Index::open(path, &"index.example/ledger".parse().expect("an origin")).expect("opened");
    let options = SearchOptions { segment_entries: SEGMENT, ..SearchOptions::new("America/Denver") };
    let search = SearchIndex::open(&index, &secret(), &options).expect("opened");
    (index, search)
}

fn key_file(directory: &std::path::Path) -> KeyFile {
    let about = format!("{FORMAT}\nindex.example/ledger\nAmerica/Denver\n{SEGMENT}\n");
    KeyFile::new(directory, secret().file_key(), about.into_bytes())
}

fn pages(index: &Index) -> Vec<([u8; 19], Vec<u8>)> {
    let tree = index.parts().0.open_tree("search").expect("opened");
    let page = |page: Result<(sled::IVec, sled::IVec), _>| {
        let (place, sealed) = page.expect("read");
        (place[..].try_into().expect("19 bytes"), sealed.to_vec())
    };
    tree.iter().map(page).collect()
}

#[test]
fn after_a_segment_was_written_again_no_key_on_the_disk_opens_its_old_pages() {
    let dir = tempfile::tempdir().expect("a directory");
    let (index, search) = open(dir.path());
    search.absorb(rows(0..2 * SEGMENT)).expect("taken in");
    let old: Vec<_> = pages(&index).into_iter().filter(|(place, _)| place[..8] == [0; 8]).collect();
    assert_eq!(old.len(), 8, "a head and seven parts");
    let opens = |place: &[u8; 19], sealed: &[u8]| {
        let keys = key_file(dir.path()).read().expect("the keys");
        keys.iter().any(|key| unseal(key, place, sealed).is_some())
    };
    assert!(old.iter().all(|(place, sealed)| opens(place, sealed)), "before, every page opens");
    let mut fewer = rows(0..SEGMENT);
    fewer[3].identifiers.clear();
    search.rewrite(0, fewer).expect("written again");
    assert!(old.iter().all(|(place, sealed)| !opens(place, sealed)), "after, none does");
    let now = pages(&index);
    assert!(
        old.iter().all(|(place, _)| now.iter().all(|(other, _)| other != place)),
        "and sled was told to forget them"
    );
    assert!(now.iter().all(|(place, sealed)| opens(place, sealed)));
    let files: Vec<_> =
        std::fs::read_dir(dir.path()).expect("a directory").map(|e| e.expect("a file").file_name()).collect();
    assert_eq!(
        files.iter().filter(|name| name.to_string_lossy().starts_with("search")).count(),
        1,
        "one file of keys: {FILE}"
    );
}

#[test]
fn pages_that_no_key_opens_are_removed_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a directory");
    {
        let (index, search) = open(dir.path());
        search.absorb(rows(0..2 * SEGMENT)).expect("taken in");
        // What dying between the pages and the file of keys leaves behind, before, between and after the segments.
        let tree = index.parts().0.open_tree("search").expect("opened");
        for (segment, revision) in [(0, 7), (1, 0), (1, 9), (2, 3)] {
            let key = SegmentKey { revision, secret: Zeroizing::new([1; 32]) };
            let encoded = Segment::new(0, &rows(0..SEGMENT)).encode();
            tree.apply_batch(sealed_batch(segment, &key, &encoded).expect("sealed")).expect("written");
        }
        assert_eq!(pages(&index).len(), 6 * 8);
    }
    let (index, search) = open(dir.path());
    assert_eq!((pages(&index).len(), search.size()), (2 * 8, 2 * SEGMENT));
    assert!(search.check(0, &rows(0..SEGMENT)).expect("compared"));
    assert!(search.check(1, &rows(SEGMENT..2 * SEGMENT)).expect("compared"));
}

#[test]
fn a_page_opens_only_whole_in_its_place_and_under_its_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let (index, search) = open(dir.path());
    search.absorb(rows(0..SEGMENT)).expect("taken in");
    let key = key_file(dir.path()).read().expect("the keys").remove(0);
    for (place, sealed) in pages(&index) {
        let plain = unseal(&key, &place, &sealed).expect("it opens");
        assert_eq!(plain.len() + 16, sealed.len());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 4;
            assert!(unseal(&key, &place, &changed).is_none(), "byte {at}");
        }
        assert!(unseal(&key, &place, &sealed[..sealed.len() - 1]).is_none());
        let mut elsewhere = place;
        elsewhere[7] ^= 1;
        assert!(unseal(&key, &elsewhere, &sealed).is_none());
    }
}

#[test]
fn the_same_rows_give_the_same_bytes_and_read_back() {
    let made = Segment::new(80, &rows(80..120));
    let encoded = made.encode();
    assert_eq!(Segment::new(80, &rows(80..120)).encode(), encoded);
    assert_ne!(Segment::new(80, &rows(80..119)).encode(), encoded);
    let (head, layout) = decode_head(&encoded.head).expect("a head");
    assert_eq!(head, made.head);
    for part in Part::ALL {
        let bytes: Vec<u8> =
            encoded.pages().filter(|(of, ..)| *of == part).flat_map(|(_, _, bytes)| bytes.to_vec()).collect();
        assert_eq!(bytes.len(), layout.len(part));
        match part {
            Part::Codes | Part::Envelope => {
                let (codes, others) = head.facets.0.split_at(head.facets.codes());
                let (values, expected) =
                    if part == Part::Codes { (codes, &made.codes) } else { (others, &made.envelope) };
                assert_eq!(facets::decode_bitmaps(&bytes, values).as_ref(), Some(&**expected));
            }
            Part::Times => assert_eq!(times::Times::decode(&bytes).as_ref(), Some(&*made.times)),
            Part::IdentifierFilter | Part::JtiFilter => assert!(identifiers::is_filter(&bytes)),
            Part::Identifiers => assert_eq!(bytes, made.identifiers.encode()),
            Part::Jtis => assert_eq!(bytes, made.jtis.encode()),
        }
    }
    for at in 0..encoded.head.len() {
        assert!(decode_head(&encoded.head[..at]).is_none(), "{at} bytes of a head");
    }
}

#[test]
fn a_segment_with_another_revision_has_other_bytes_and_no_open_text() {
    let dir = tempfile::tempdir().expect("a directory");
    let (index, search) = open(dir.path());
    search.absorb(rows(0..SEGMENT)).expect("taken in");
    let before = pages(&index);
    search.rewrite(0, rows(0..SEGMENT)).expect("written again");
    for ((_, old), (_, new)) in before.iter().zip(pages(&index)) {
        assert_ne!(*old, new);
        assert!(!new.windows(8).any(|text| text == b"declined"));
    }
    let keys = key_file(dir.path()).read().expect("the keys");
    let tree = index.parts().0.open_tree("search").expect("opened");
    assert!(Stored::open(&tree, 0, keys[0].clone()).expect("read").is_some());
}

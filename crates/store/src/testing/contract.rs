//! The suite that every provider of [`Storage`] passes.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::storage::Storage;

/// Checks the visible half of the contract; `fresh` makes an empty storage each time it is called.
///
/// # Panics
/// Where the provider breaks the contract, saying which line of it.
pub fn storage_contract<S: Storage>(fresh: &dyn Fn() -> S) {
    appends_in_order_and_creates_on_demand(&fresh());
    reads_neither_beyond_the_end_nor_what_is_not_there(&fresh());
    cuts_but_never_lengthens(&fresh());
    replaces_whole_files(&fresh());
    tidying_touches_only_what_was_left_behind(&fresh());
    lists_files_of_one_directory_sorted(&fresh());
    locks_exclude_each_other(&fresh());
    readers_see_whole_appends_below_the_length_they_saw(&fresh());
}

fn appends_in_order_and_creates_on_demand<S: Storage>(s: &S) {
    s.create_dir("a/b").expect("make a directory with its parent");
    s.create_dir("a/b").expect("making it again is nothing");
    assert_eq!(s.len("a/b/f").expect("ask for a length"), None);
    s.append("a/b/f", &[b"one", b"", b"two"]).expect("append several slices");
    s.append("a/b/f", &[]).expect("append nothing");
    s.append("a/b/f", &[b"three"]).expect("append again");
    s.sync(&["a/b/f"]).expect("sync");
    s.sync(&[]).expect("sync nothing");
    assert_eq!(s.len("a/b/f").expect("ask for a length"), Some(11));
    let mut middle = [0; 5];
    s.read_at("a/b/f", 2, &mut middle).expect("read in the middle");
    assert_eq!(&middle, b"etwot");
    assert!(s.append("no/such/dir", &[b"x"]).is_err(), "a missing directory is not made by an append");
}

fn reads_neither_beyond_the_end_nor_what_is_not_there<S: Storage>(s: &S) {
    let mut four = [0; 4];
    let missing = s.read_at("f", 0, &mut four).expect_err("there is no such file");
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    s.append("f", &[b"abc"]).expect("append");
    let short = s.read_at("f", 0, &mut four).expect_err("the file is shorter");
    assert_eq!(short.kind(), ErrorKind::UnexpectedEof);
    s.read_at("f", 3, &mut []).expect("nothing can be read at the very end");
    assert_eq!(s.read("none", 10).expect("read what is not there"), None);
    assert_eq!(s.read("f", 3).expect("read the whole"), Some(b"abc".to_vec()));
    assert_eq!(s.read("f", 2).expect_err("longer than allowed").kind(), ErrorKind::InvalidData);
}

fn cuts_but_never_lengthens<S: Storage>(s: &S) {
    s.append("f", &[b"abcdef"]).expect("append");
    s.truncate("f", 2).expect("cut");
    s.append("f", &[b"XY"]).expect("append after a cut");
    s.sync(&["f"]).expect("sync");
    assert_eq!(s.read("f", 10).expect("read"), Some(b"abXY".to_vec()));
    assert!(s.truncate("f", 5).is_err(), "a cut must not lengthen");
    assert!(s.truncate("none", 0).is_err(), "a cut must not create");
    assert_eq!(s.len("f").expect("length"), Some(4));
}

fn replaces_whole_files<S: Storage>(s: &S) {
    s.replace("f", b"first").expect("replace what is not there");
    let mut five = [0; 5];
    s.read_at("f", 0, &mut five).expect("read");
    s.replace_unsynced("f", b"2nd").expect("replace without waiting");
    assert_eq!(s.read("f", 10).expect("read"), Some(b"2nd".to_vec()));
    assert!(s.read_at("f", 0, &mut five).is_err(), "a handle of the old file is still in use");
    s.append("f", &[b"+"]).expect("append to what was replaced");
    s.sync(&["f"]).expect("sync");
    assert_eq!(s.read("f", 10).expect("read"), Some(b"2nd+".to_vec()));
    assert_eq!(s.list("").unwrap_or_default().iter().filter(|n| n.as_str() != "f").count(), 0, "left-overs");
}

fn tidying_touches_only_what_was_left_behind<S: Storage>(s: &S) {
    s.tidy("f").expect("tidy where nothing is");
    s.create_dir("d").expect("make a directory");
    s.replace("d/f", b"kept").expect("replace");
    s.append("d/f.new", &[b"left behind"]).expect("what an interrupted replacement leaves");
    s.tidy("d/f").expect("tidy");
    assert_eq!(s.read("d/f", 10).expect("read"), Some(b"kept".to_vec()));
    assert_eq!(s.list("d").expect("list"), ["f"]);
}

fn lists_files_of_one_directory_sorted<S: Storage>(s: &S) {
    assert!(s.list("d").expect("list what is not there").is_empty());
    s.create_dir("d/e").expect("make directories");
    for path in ["d/2", "d/1", "d/e/3"] {
        s.append(path, &[b"x"]).expect("append");
    }
    assert_eq!(s.list("d").expect("list"), ["1", "2"]);
}

fn locks_exclude_each_other<S: Storage>(s: &S) {
    let held = s.lock("l").expect("take the lock");
    assert_eq!(s.lock("l").err().map(|e| e.kind()), Some(ErrorKind::WouldBlock));
    drop(held);
    drop(s.lock("l").expect("take it once it is free"));
}

fn readers_see_whole_appends_below_the_length_they_saw<S: Storage>(s: &S) {
    const RECORD: [u8; 32] = [7; 32];
    s.append("f", &[&RECORD]).expect("append");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..500 {
                s.append("f", &[&RECORD[..16], &RECORD[16..]]).expect("append");
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            let len = s.len("f").expect("length").expect("the file is there");
            let mut all = vec![0; usize::try_from(len).expect("a small file")];
            s.read_at("f", 0, &mut all).expect("read what is visible");
            assert!(all.iter().all(|&b| b == 7), "a reader saw bytes that nobody wrote");
        }
    });
    assert_eq!(s.len("f").expect("length"), Some(501 * 32));
}

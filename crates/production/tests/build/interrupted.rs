//! A build that was interrupted begins again and gives the same bytes.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use daybook_production::build::{Progress, Step};

use crate::desk::Desk;

#[test]
fn a_build_that_dies_anywhere_is_made_good_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    let whole = fs::read(desk.build(folder.path()).unwrap().packed.path).unwrap();
    for step in Step::ALL {
        for behind in [1, 3] {
            let folder = tempfile::tempdir().unwrap();
            let die = |progress: Progress| {
                assert!(
                    progress.step != step || progress.done < behind.min(progress.all),
                    "the power is gone"
                );
            };
            let died = catch_unwind(AssertUnwindSafe(|| desk.build_telling(folder.path(), &die).is_ok()));
            assert!(died.is_err(), "{step:?} {behind}");
            assert!(!folder.path().join("made.zip").exists());
            let again = desk.build(folder.path()).unwrap();
            assert!(fs::read(again.packed.path).unwrap() == whole, "{step:?} {behind}");
        }
    }
}

#[test]
fn what_stands_in_the_bags_folder_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    let whole = fs::read(desk.build(folder.path()).unwrap().packed.path).unwrap();
    let bag = folder.path().join("bag/data/VOL001");
    for (path, bytes) in
        [("TEXT/TEXT001/stray.txt", "stray"), ("NATIVES/NATIVE001/DAYB-26CR1187-00000001.json", "torn")]
    {
        fs::write(bag.join(path), bytes).unwrap();
    }
    let again = desk.build(folder.path()).unwrap();
    assert!(fs::read(again.packed.path).unwrap() == whole);
}

#[test]
fn materials_that_were_cut_anywhere_are_refused_and_whole_ones_are_taken_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    let whole = fs::read(desk.build(folder.path()).unwrap().packed.path).unwrap();
    let materials = folder.path().join("materials.jsonl");
    let bytes = fs::read(&materials).unwrap();
    let lines: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let last = bytes.len();
    for cut in [0, 1, lines[0], lines[0] + 5, lines[3], lines[lines.len() - 2], last - 1] {
        let torn = folder.path().join("torn.jsonl");
        fs::write(&torn, &bytes[..cut]).unwrap();
        let refused =
            desk.build_from(&torn, folder.path(), &|_| {}).map(|done| done.pages).unwrap_err().to_string();
        assert!(
            refused.contains("materials") && refused.contains("fetch it from the ledger again"),
            "{cut}: {refused}"
        );
    }
    let again = desk.build_from(&materials, folder.path(), &|_| {}).unwrap();
    assert!(fs::read(again.packed.path).unwrap() == whole);
}

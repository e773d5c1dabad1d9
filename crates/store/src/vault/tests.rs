use super::*;
use crate::ggm::{Nodes, Secret};
use crate::keyring::Target;

/// From an implementation of the format page in another language: entry 5, root secret 0, 1, …, 31, nonce 100, 101, …. One block
/// each; one of two blocks and one of one; none.
const RECORDS: [(Class, &[&str], &str); 3] = [
    (
        Class::R,
        &["aW50YWtl", "cm9vbQ"],
        "000000b8a64b269298a7b5e56465666768696a6b6c6d6e6f000170a9f66a27cee91f5150b6fc79d66b0bbcecfcf85654d20c0808b759ba7d1ac8861c6ab81e5738ce9d376d71b1801f979e7437d8d7c8cefd3500a8402297bfa431ff59a029a83fc26376879a653cc3a90001acb51aa7b09f4120a1bb28d947d62c1f5eb91e3ac53f415eb2174100494b46714594c05645c53a24319faa685270ef8ddd826694a0caed4de2f8b7f679cd08f39db872144d76397fcd58c16767439484",
    ),
    (
        Class::W,
        &[LONG, "cm9vbQ"],
        "000000f8ef5e807c9b4425be6465666768696a6b6c6d6e6f0002f4a92f6da5a2e3a018a5c8670f55cf2b10247d739ee66f7a1047091123add3dff6d211486ef7d4cd559ba5a0209ec4689183b56c5dc82e77eb554855b663023031ee6f7abe19fae86684ba3a09c2330d738e71ae1ba5acd3ecb253d29a03b9e47d5129a4232ffc78625b32477c00aed81f13ffdb3bd20135c8dc7980a142fcc391e88649c54c045f164106dd6e5e247a00011c956889f34c522b3b4cb329626a7ba625d92ae7536c9439c09b055c5fede5c443ebe446525fa83a729c6637deff67872d8fe45c4b0a84ade90921cb25428df4808592dcf7ebbd39abffca9fbfafa95a",
    ),
    (
        Class::W,
        &[],
        "000000662bde742c4831cbad6465666768696a6b6c6d6e6f0001ebfe1a5dfcf597cc79f2fd575602bb4771734843c7b11b1671103c217afaa7b39785247837a0a0a134cc909079c9b004f0d4805c049f5a1b8a027d65ef34765c27b640c4448ed30a086c6e460fa3332d",
    ),
];
/// As long as a block, so that its end is in the next.
const LONG: &str = "aW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtl";

fn keyring() -> Keyring {
    Keyring::from_nodes(Nodes::whole(Secret::new(std::array::from_fn(|i| i as u8))))
}

fn entry<'e>(class: Class, texts: &[&'e str]) -> NewEntry<'e> {
    match (class, texts) {
        (Class::R, [intake, r @ ..]) => NewEntry { jwt: "", intake, r: r.to_vec(), w: vec![] },
        (_, texts) => NewEntry { jwt: "", intake: "i", r: vec![], w: texts.to_vec() },
    }
}

/// The stored record, without its length, of the first entry of a ledger with origin `o`.
fn sealed(keyring: &Keyring, class: Class, texts: &[&str]) -> Vec<u8> {
    let [r, w] = seal_batch(keyring, "o", 0, &[entry(class, texts)]).ok().unwrap();
    let records = if class == Class::R { r } else { w };
    records.bytes[LENGTH_BYTES..].to_vec()
}

fn first(class: Class) -> Place<'static> {
    Place { class, index: 0, origin: "o" }
}

#[test]
fn records_are_those_of_the_published_format() {
    let nonce = std::array::from_fn(|i| 100 + i as u8);
    for (class, texts, golden) in RECORDS {
        let place = Place { class, index: 5, origin: "ledger.example/sample" };
        let mut out = [0; 400];
        let used = seal(&mut keyring().walk(), &nonce, place, &entry(class, texts), &mut out).ok().unwrap();
        let hex: String = out[..used].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        let opened = open(out[LENGTH_BYTES..used].to_vec(), place, &mut keyring().walk()).unwrap();
        assert_eq!(opened.iter().map(|text| text.as_deref().unwrap()).collect::<Vec<_>>(), texts);
    }
}

#[test]
fn a_record_opens_only_whole_and_only_in_its_place() {
    let keyring = keyring();
    let record = sealed(&keyring, Class::R, &["i", "r"]);
    let place = |class, index, origin| Place { class, index, origin };
    let try_open = |record: &[u8], at| open(record.to_vec(), at, &mut keyring.walk());
    let here = place(Class::R, 0, "o");
    assert_eq!(try_open(&record, here).unwrap(), [Some("i".to_owned()), Some("r".to_owned())]);
    for other in [place(Class::W, 0, "o"), place(Class::R, 1, "o")] {
        assert_eq!(try_open(&record, other), Err(RecordFault::Damaged));
    }
    assert_eq!(try_open(&record, place(Class::R, 0, "another")), Err(RecordFault::WrongKey));
    for at in 0..record.len() {
        let mut changed = record.clone();
        changed[at] ^= 1;
        assert_eq!(try_open(&changed, here), Err(RecordFault::Damaged), "byte {at}");
        assert_eq!(try_open(&record[..at], here), Err(RecordFault::Damaged), "cut at {at}");
    }
}

/// The check needs no key, so whoever changes a record can make it fit; then the keys find it.
#[test]
fn a_piece_that_was_changed_moved_or_taken_out_is_found_although_the_check_was_mended() {
    let keyring = keyring();
    let record = sealed(&keyring, Class::W, &["one", "two", "six"]);
    let piece = piece_bytes("one");
    let mend = |mut record: Vec<u8>| {
        let check = first(Class::W).check(&record[CHECK_BYTES..]);
        record[..CHECK_BYTES].copy_from_slice(&check);
        open(record, first(Class::W), &mut keyring.walk())
    };
    assert!(mend(record.clone()).is_ok());
    for at in CHECK_BYTES..record.len() {
        let mut changed = record.clone();
        changed[at] ^= 1;
        let fault = mend(changed).expect_err("changed");
        assert!(matches!(fault, RecordFault::WrongKey | RecordFault::Damaged), "byte {at}");
    }
    let mut swapped = record.clone();
    let (left, right) = swapped[HEAD_BYTES..].split_at_mut(piece);
    left.swap_with_slice(&mut right[..piece]);
    assert_eq!(mend(swapped), Err(RecordFault::WrongKey));
    for kept in 0..3 {
        assert!(mend(record[..HEAD_BYTES + kept * piece].to_vec()).is_err(), "{kept} of three pieces");
    }
}

#[test]
fn one_erased_disclosure_leaves_the_others_and_the_last_one_leaves_nothing() {
    let keyring = keyring();
    let texts = ["one", "two", "six"];
    let record = sealed(&keyring, Class::W, &texts);
    for erased in 1..8_u8 {
        let gone = |position: &usize| erased >> position & 1 == 1;
        let targets: Vec<Target> =
            (0..3).filter(gone).map(|position| Target::disclosure(0, Class::W, position)).collect();
        let left = keyring.without(&targets);
        let opened = open(record.clone(), first(Class::W), &mut left.walk());
        let kept: Vec<Option<String>> =
            (0..3).map(|position| (!gone(&position)).then(|| texts[position].to_owned())).collect();
        let expected = if erased == 7 { Err(RecordFault::Erased) } else { Ok(kept) };
        assert_eq!(opened, expected, "positions {erased:03b}");
    }
    let nothing = sealed(&keyring, Class::W, &[]);
    assert_eq!(open(nothing.clone(), first(Class::W), &mut keyring.walk()), Ok(vec![]));
    let left = keyring.without(&[Target::record(0, Class::W)]);
    assert_eq!(open(nothing, first(Class::W), &mut left.walk()), Err(RecordFault::Erased));
}

#[test]
fn the_length_of_a_piece_tells_blocks_only_and_padding_has_one_form() {
    let keyring = keyring();
    let length = |text: &str| sealed(&keyring, Class::W, &[text]).len();
    let text = "x".repeat(200);
    for bytes in 1..=200 {
        let blocks = bytes / BLOCK_BYTES + 1;
        assert_eq!(length(&text[..bytes]), HEAD_BYTES + BLOCKS_BYTES + blocks * BLOCK_BYTES + TAG_BYTES);
        assert_eq!(length(&text[..bytes]), length(&text[..bytes / BLOCK_BYTES * BLOCK_BYTES + 1]), "{bytes}");
    }
    let mut plain = [0; 2 * BLOCK_BYTES];
    assert_eq!(unpadded(&plain), None, "no end");
    plain[BLOCK_BYTES] = END;
    assert_eq!(unpadded(&plain).map(str::len), Some(BLOCK_BYTES));
    assert_eq!(unpadded(&plain[..BLOCK_BYTES]), None);
    plain[2 * BLOCK_BYTES - 1] = 1;
    assert_eq!(unpadded(&plain), None, "something behind the end");
    plain = [0; 2 * BLOCK_BYTES];
    plain[BLOCK_BYTES - 1] = END;
    assert_eq!(unpadded(&plain), None, "a block too many");
}

#[test]
fn a_record_of_too_many_disclosures_is_refused_by_name_and_the_limit_is_not() {
    let texts = vec!["w"; MAX_DISCLOSURES + 1];
    let seal = |count: usize| seal_batch(&keyring(), "o", 0, &[entry(Class::W, &texts[..count])]);
    assert!(seal(MAX_DISCLOSURES).is_ok());
    let found = MAX_DISCLOSURES + 1;
    assert_eq!(seal(found).err(), Some(SealFault::TooMany { at: 0, found }));
    let empty = seal_batch(&keyring(), "o", 0, &[entry(Class::W, &[""])]);
    assert_eq!(empty.err(), Some(SealFault::Malformed { at: 0 }));
}

//! Enough shares give the passphrase, and nothing else does.
#![allow(clippy::unwrap_used)]

use super::*;
use daybook_event::OsEntropy;

fn made(of: u8, threshold: u8) -> Vec<Share> {
    split(b"correct horse", "ledger.example", "2026-11-22", of, threshold, &mut OsEntropy).unwrap()
}

/// What went wrong; `Share` cannot be printed.
fn fault<T>(result: Result<T, ShareFault>) -> Option<ShareFault> {
    result.err()
}

#[test]
fn every_choice_of_enough_shares_gives_the_passphrase_and_none_of_fewer_does() {
    for (of, threshold) in [(2, 2), (3, 2), (5, 3), (4, 4)] {
        let shares = made(of, threshold);
        for choice in 0_u32..1 << of {
            let chosen: Vec<Share> =
                (0..usize::from(of)).filter(|n| choice >> n & 1 == 1).map(|n| shares[n].clone()).collect();
            let combined = combine(&chosen);
            if chosen.len() >= usize::from(threshold) {
                assert_eq!(
                    **combined.as_ref().ok().unwrap(),
                    *b"correct horse",
                    "{of} {threshold} {choice:b}"
                );
            } else {
                assert!(matches!(fault(combined), Some(ShareFault::TooFew { .. })), "{choice:b}");
            }
        }
    }
}

/// One share says nothing: a holder who lowers the threshold in it gets nowhere.
#[test]
fn fewer_shares_do_not_give_it_even_if_the_threshold_in_them_is_changed() {
    let shares = made(3, 3);
    let lowered: Vec<Share> =
        shares[..2].iter().map(|share| Share { threshold: 2, ..share.clone() }).collect();
    assert_eq!(fault(combine(&lowered)), Some(ShareFault::Forged));
}

#[test]
fn shares_of_different_sets_do_not_fit_together() {
    let (one, two) = (made(3, 2), made(3, 2));
    assert_eq!(fault(combine(&[one[0].clone(), two[1].clone()])), Some(ShareFault::OtherSet(2)));
    assert_eq!(fault(combine(&[one[0].clone(), one[0].clone()])), Some(ShareFault::Twice(1)));
    let passed_off = Share { set: one[0].set.clone(), ..two[1].clone() };
    assert_eq!(fault(combine(&[one[0].clone(), passed_off])), Some(ShareFault::Forged));
}

#[test]
fn a_share_is_read_back_from_its_text_however_it_is_spaced() {
    for share in made(3, 2) {
        let text = share.to_text();
        assert!(text.len() as u64 <= MAX_SHARE_FILE_BYTES);
        assert!(Share::parse(&text).ok().unwrap() == share);
        let typed = text.split("\n\n").next().unwrap().replace("part: ", "part:").to_owned();
        let typed: String =
            typed.lines().map(|line| format!("  {}\r\n", line.replace("part:", "part:  "))).collect();
        assert!(Share::parse(&typed).ok().unwrap() == share, "{typed}");
    }
}

#[test]
fn a_wrong_letter_anywhere_in_a_share_is_found() {
    let text = made(3, 2)[1].to_text();
    let end = text.find("\n\n").unwrap();
    for at in 0..end {
        let mut changed = text.as_bytes().to_vec();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            Share::parse(&changed).is_err() || changed.as_bytes()[at] == text.as_bytes()[at],
            "byte {at}"
        );
    }
    for cut in 0..end {
        assert!(Share::parse(&text[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn all_shares_have_one_length_whatever_the_passphrase() {
    let lengths =
        |passphrase: &[u8]| split(passphrase, "l", "d", 2, 2, &mut OsEntropy).unwrap()[0].part.len();
    assert_eq!(lengths(b"x"), lengths(&[b'y'; 43]));
    let long = vec![b'z'; MAX_PASSPHRASE_BYTES];
    let shares = split(&long, "l", "d", 2, 2, &mut OsEntropy).unwrap();
    assert_eq!(*combine(&shares).unwrap(), long);
    let too_long = vec![b'z'; MAX_PASSPHRASE_BYTES + 1];
    assert_eq!(fault(split(&too_long, "l", "d", 2, 2, &mut OsEntropy)), Some(ShareFault::TooLong));
}

#[test]
fn bounds_are_kept() {
    for (of, threshold) in [(1, 1), (2, 1), (2, 3), (MAX_SHARES + 1, 2), (0, 0)] {
        assert!(split(b"x", "l", "d", of, threshold, &mut OsEntropy).is_err(), "{threshold} of {of}");
    }
    assert!(split(b"x", "l", "d", MAX_SHARES, MAX_SHARES, &mut OsEntropy).is_ok());
}

//! Notes, checkpoints, policies and carried proofs: what is said is what was signed, byte for byte.
#![allow(clippy::unwrap_used)]

use daybook_tlog::{
    BatchProver, Checkpoint, CheckpointError, Cosigner, Frontier, Hash, MAX_NOTE_BYTES, NoteError,
    NoteSigner, Policy, PolicyError, SignedNote, TlogProof, Vkey, VkeyError, leaf_hash,
};
use proptest::prelude::*;

const ORIGIN: &str = "city.example/ledger";

fn signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN.parse().unwrap(), [1; 32])
}

fn witness(n: u8) -> Cosigner {
    Cosigner::from_seed(format!("w{n}.example").parse().unwrap(), [100 + n; 32])
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 70_000, root: leaf_hash(b"root") }
}

fn policy(rest: &str) -> Policy {
    format!("log {}\n{rest}", signer().vkey()).parse().unwrap()
}

#[test]
fn the_example_of_the_standard_verifies() {
    let vkey: Vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap();
    let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let parsed = SignedNote::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.text(), "This is an example message.\n");
    assert_eq!(parsed.verify(std::slice::from_ref(&vkey)).unwrap(), [&vkey]);
    let changed = note.replace("example message", "exbmple message");
    let refused =
        SignedNote::parse(changed.as_bytes()).unwrap().verify(std::slice::from_ref(&vkey)).map(drop);
    assert_eq!(refused, Err(NoteError::BadSignature { name: "example.com/foo".into() }));
}

#[test]
fn no_single_byte_of_a_signed_checkpoint_can_change() {
    let policy = policy("quorum none\n");
    let note = checkpoint().sign(&signer()).into_bytes();
    assert_eq!(policy.open_checkpoint(&note), Ok(checkpoint()));
    for at in 0..note.len() {
        for value in 0..=255_u8 {
            let mut changed = note.clone();
            changed[at] = value;
            assert_eq!(
                policy.open_checkpoint(&changed).is_ok(),
                changed == note,
                "byte {at} as {value:#04x}"
            );
        }
        let without = [&note[..at], &note[at + 1..]].concat();
        assert!(policy.open_checkpoint(&without).is_err(), "without byte {at}");
        assert!(policy.open_checkpoint(&note[..at]).is_err(), "cut at byte {at}");
        let doubled = [&note[..=at], &note[at..]].concat();
        assert!(policy.open_checkpoint(&doubled).is_err(), "with byte {at} twice");
    }
    for more in ["\n", " ", "x", "\n\n", "— a AAAA\n"] {
        assert!(
            policy.open_checkpoint(&[&note[..], more.as_bytes()].concat()).is_err(),
            "with {more:?} behind"
        );
    }
}

#[test]
fn the_last_empty_line_ends_the_text() {
    let signer = signer();
    let text = "one\n\ntwo\n\n\nthree\n";
    let note = signer.sign(text);
    let parsed = SignedNote::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.text(), text);
    assert!(parsed.verify(&[signer.vkey()]).is_ok());
}

#[test]
fn malformed_notes_are_refused() {
    let line = "— a AAAAAAE=\n";
    assert!(SignedNote::parse(format!("t\n\n{line}").as_bytes()).is_ok());
    for note in [
        String::new(),
        "\n".into(),
        "\n\n".into(),
        "t\n".into(),
        "t\n\n".into(),
        format!("t\n{line}"),
        format!("\n{line}"),
        format!("t\r\n\n{line}"),
        format!("t\t\n\n{line}"),
        format!("t\0\n\n{line}"),
        "t\n\n— a AAAAAAE=".into(),
        "t\n\n-- a AAAAAAE=\n".into(),
        "t\n\n—a AAAAAAE=\n".into(),
        "t\n\n—  AAAAAAE=\n".into(),
        "t\n\n— a b AAAAAAE=\n".into(),
        "t\n\n— a+b AAAAAAE=\n".into(),
        "t\n\n— a\u{a0}b AAAAAAE=\n".into(),
        "t\n\n— a\u{2003}b AAAAAAE=\n".into(),
        "t\n\n— a AAAAAAF=\n".into(),
        "t\n\n— a AAAAAAE\n".into(),
        "t\n\n— a AAAA\n".into(),
        "t\n\n— a AAAAAA==\n".into(),
        format!("t\n\n{line}\n"),
        format!("t\n\n{line} "),
        format!("t\n\n{}", line.repeat(101)),
    ] {
        assert!(SignedNote::parse(note.as_bytes()).is_err(), "{note:?}");
    }
    assert!(SignedNote::parse(format!("t\n\n{}", line.repeat(100)).as_bytes()).is_ok());
    assert_eq!(SignedNote::parse(b"\xff\n\n"), Err(NoteError::NotText));
    let large = vec![b'a'; MAX_NOTE_BYTES + 1];
    assert_eq!(SignedNote::parse(&large), Err(NoteError::TooLarge(MAX_NOTE_BYTES + 1)));
}

#[test]
fn unknown_signatures_are_passed_over_and_false_ones_are_not() {
    let policy = policy("quorum none\n");
    let note = checkpoint().sign(&signer());
    let stranger =
        NoteSigner::from_seed("stranger.example".parse().unwrap(), [9; 32]).sign(&checkpoint().text());
    let line = stranger.rsplit("\n\n").next().unwrap();
    assert_eq!(policy.open_checkpoint(format!("{note}{line}").as_bytes()), Ok(checkpoint()));
    // Only a stranger signed.
    let refused = policy.open_checkpoint(stranger.as_bytes());
    assert_eq!(refused, Err(PolicyError::Note(NoteError::NoKnownSignature)));
    // Same name, other key: another id, so unknown.
    let other = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [2; 32]).sign(&checkpoint().text());
    assert!(policy.open_checkpoint(other.as_bytes()).is_err());
    // A second line of the log's key over something else, behind the good one.
    let elsewhere = Checkpoint { size: 5, ..checkpoint() }.sign(&signer());
    let line = elsewhere.rsplit("\n\n").next().unwrap();
    let refused = policy.open_checkpoint(format!("{note}{line}").as_bytes());
    assert_eq!(refused, Err(PolicyError::Note(NoteError::BadSignature { name: ORIGIN.into() })));
}

#[test]
fn a_checkpoint_has_three_lines_and_one_spelling() {
    let root = leaf_hash(b"root");
    let good = format!("{ORIGIN}\n7\n{root}\n");
    assert!(Checkpoint::parse_text(&good).is_ok());
    for (text, error) in [
        (format!("{good}extension\n"), CheckpointError::NotThreeLines),
        (format!("{ORIGIN}\n7\n{root}"), CheckpointError::NotThreeLines),
        (format!("{ORIGIN}\n7\n{root}\n\n"), CheckpointError::NotThreeLines),
        (format!("\n7\n{root}\n"), CheckpointError::BadOrigin),
        (format!("a b\n7\n{root}\n"), CheckpointError::BadOrigin),
        (format!("{ORIGIN}\n07\n{root}\n"), CheckpointError::BadSize),
        (format!("{ORIGIN}\n+7\n{root}\n"), CheckpointError::BadSize),
        (format!("{ORIGIN}\n-7\n{root}\n"), CheckpointError::BadSize),
        (format!("{ORIGIN}\n\n{root}\n"), CheckpointError::BadSize),
        (format!("{ORIGIN}\n18446744073709551616\n{root}\n"), CheckpointError::BadSize),
        (format!("{ORIGIN}\n7\n{}\n", &root.to_string()[..43]), CheckpointError::BadRoot),
        (format!("{ORIGIN}\n7\nAAAA\n"), CheckpointError::BadRoot),
        (format!("{ORIGIN}\n0\n{root}\n"), CheckpointError::BadRoot),
    ] {
        assert_eq!(Checkpoint::parse_text(&text), Err(error), "{text:?}");
    }
    let empty = Checkpoint { origin: ORIGIN.into(), size: 0, root: Hash::EMPTY_ROOT };
    assert_eq!(Checkpoint::parse_text(&empty.text()), Ok(empty));
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let policy = policy("quorum none\n");
    let foreign = Checkpoint { origin: "other.example".into(), ..checkpoint() };
    // Even with the trusted key's own signature under it.
    let refused = policy.open_checkpoint(foreign.sign(&signer()).as_bytes());
    assert!(matches!(refused, Err(PolicyError::WrongOrigin { .. })), "{refused:?}");
}

#[test]
fn a_vkey_has_one_spelling_and_belongs_to_its_key() {
    let text = signer().vkey().to_string();
    assert_eq!(text.parse::<Vkey>().unwrap().to_string(), text);
    for at in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(changed.parse::<Vkey>().is_err(), "{changed}");
            }
        }
    }
    assert_eq!("a+00000000".parse::<Vkey>(), Err(VkeyError::Malformed));
    assert_eq!("a+00000000+Ag==".parse::<Vkey>(), Err(VkeyError::UnsupportedType(2)));
    assert_eq!("a+00000000+AQ==".parse::<Vkey>(), Err(VkeyError::BadKey));
    // The neutral element is a point, and a key that signs everything.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(Vkey::new("a".parse().unwrap(), daybook_tlog::Algorithm::Ed25519, &neutral).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?} {:?}", signer(), witness(1));
    assert!(!shown.contains("1, 1, 1") && !shown.contains("01010101"), "{shown}");
}

#[test]
fn the_quorum_decides() {
    let rest = format!(
        "# two organisations\nwitness X1 {} https://x1.example/\nwitness X2 {}\n\twitness X3 {}  \ngroup X 2 X1 X2 X3\n\
         witness Y1 {}\ngroup both all X Y1\nquorum both\n",
        witness(1).vkey(),
        witness(2).vkey(),
        witness(3).vkey(),
        witness(4).vkey()
    );
    let policy = policy(&rest);
    let note = checkpoint().sign(&signer());
    let with = |ns: &[u8]| {
        let lines: String =
            ns.iter().map(|n| witness(*n).cosign(&checkpoint().text(), 1_700_000_000)).collect();
        policy.open_checkpoint(format!("{note}{lines}").as_bytes())
    };
    assert_eq!(with(&[1, 2, 4]), Ok(checkpoint()));
    assert_eq!(with(&[4, 3, 1, 9]), Ok(checkpoint()));
    assert_eq!(with(&[1, 2, 3]), Err(PolicyError::NoQuorum { cosigned: 3 }));
    assert_eq!(with(&[1, 4]), Err(PolicyError::NoQuorum { cosigned: 2 }));
    assert_eq!(
        with(&[1, 1, 4]),
        Err(PolicyError::NoQuorum { cosigned: 2 }),
        "one witness twice is one witness"
    );
    assert_eq!(with(&[]), Err(PolicyError::NoQuorum { cosigned: 0 }));
    assert_eq!(policy.open_log_signed(note.as_bytes()), Ok(checkpoint()));
    // Witnesses alone are no log.
    let lines: String = [1, 2, 4].iter().map(|n| witness(*n).cosign(&checkpoint().text(), 1)).collect();
    let refused = policy.open_checkpoint(format!("{}\n{lines}", checkpoint().text()).as_bytes());
    assert_eq!(refused, Err(PolicyError::NotSignedByLog));
}

#[test]
fn a_cosignature_covers_its_time_and_text() {
    let policy = policy(&format!("witness W {}\nquorum W\n", witness(1).vkey()));
    let note = checkpoint().sign(&signer());
    let line = witness(1).cosign(&checkpoint().text(), 1_700_000_000);
    let cosigned = format!("{note}{line}").into_bytes();
    assert!(policy.open_checkpoint(&cosigned).is_ok());
    for at in note.len()..cosigned.len() {
        for bit in 0..8 {
            let mut changed = cosigned.clone();
            changed[at] ^= 1 << bit;
            assert!(policy.open_checkpoint(&changed).is_err(), "byte {at} bit {bit}");
        }
    }
    let late = witness(1).cosign(&checkpoint().text(), u64::MAX);
    assert!(policy.open_checkpoint(format!("{note}{late}").as_bytes()).is_err(), "a time beyond 2^63");
    let other = witness(1).cosign("other\n1\nx\n", 1);
    assert!(policy.open_checkpoint(format!("{note}{other}").as_bytes()).is_err());
}

#[test]
fn policies_that_could_be_misread_are_refused() {
    let log = format!("log {}\n", signer().vkey());
    let w = |n| format!("witness W{n} {}\n", witness(n).vkey());
    for (text, line) in [
        (String::new(), 0),
        (log.clone(), 0),
        ("quorum none\n".into(), 0),
        (format!("{log}quorum none\nquorum none\n"), 3),
        (format!("{log}{log}quorum none\n"), 2),
        (format!("{log}quorum W1\n{}", w(1)), 2),
        (format!("{log}{}{}quorum W1\n", w(1), w(1)), 3),
        (format!("{log}{}witness again {}\nquorum W1\n", w(1), witness(1).vkey()), 3),
        (format!("{log}witness none {}\nquorum none\n", witness(1).vkey()), 2),
        (format!("{log}witness W {}\nquorum W\n", signer().vkey()), 2),
        (format!("log {}\nquorum none\n", witness(1).vkey()), 1),
        (format!("{log}{}group g any\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g 0 W1\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g 2 W1\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g 01 W1\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g any W1 W1\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g any W1\ngroup h any W1\nquorum h\n", w(1)), 4),
        (format!("{log}{}group g any none\nquorum g\n", w(1)), 3),
        (format!("{log}{}group g any g\nquorum g\n", w(1)), 3),
        (format!("{log}quorum none # why not\n"), 2),
        (format!("{log}quorum none\r\n"), 2),
        (format!("{log}witnes W x\nquorum none\n"), 2),
        (format!("log {} url more\nquorum none\n", signer().vkey()), 1),
    ] {
        let error = text.parse::<Policy>().expect_err(&text);
        assert_eq!(error.line, line, "{text}: {error}");
    }
}

#[test]
fn a_carried_proof_proves_its_leaf_alone() {
    let leaves: Vec<Hash> = (0..11_u8).map(|i| leaf_hash(&[i])).collect();
    let batch = BatchProver::new(&Frontier::new(), &leaves);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: batch.size(), root: batch.root() };
    let policy = policy("quorum none\n");
    for extra in [None, Some(vec![]), Some(b"context".to_vec())] {
        let proof =
            TlogProof { extra, index: 6, path: batch.path(6), checkpoint: checkpoint.sign(&signer()) };
        assert_eq!(TlogProof::parse(&proof.format()), Ok(proof.clone()));
        assert_eq!(proof.verify(&policy, &leaves[6]), Ok(checkpoint.clone()));
        assert!(proof.verify(&policy, &leaves[5]).is_err());
    }
    let text =
        TlogProof { extra: None, index: 6, path: batch.path(6), checkpoint: checkpoint.sign(&signer()) }
            .format();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let accepted = TlogProof::parse(&changed).and_then(|proof| proof.verify(&policy, &leaves[6]));
            assert!(accepted.is_err(), "byte {at} bit {bit}: {changed}");
        }
    }
}

proptest! {
    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = SignedNote::parse(&bytes);
        let _ = Checkpoint::parse_text(&text);
        let _ = TlogProof::parse(&text);
        let _ = text.parse::<Policy>();
        let _ = text.parse::<Vkey>();
        let _ = text.parse::<daybook_tlog::TilePath>();
    }
}

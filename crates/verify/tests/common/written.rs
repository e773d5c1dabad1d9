//! A ledger that the real writer writes.

use std::sync::Arc;

use daybook_event::entry::intake_disclosure;
use daybook_event::{Catalogue, OsEntropy, Signed, Token, check_content};
use daybook_store::{Disk, KEYRING, Keyring, NewEntry, Passphrase, PassphraseCost, Writer};

use super::{ORIGIN, signer};

/// Commits events, each list in one batch; the first event is the genesis.
pub(crate) fn write(dir: &std::path::Path, genesis: &Signed, batches: &[Vec<Signed>]) {
    let disk: Arc<Disk> = Arc::new(Disk::open(dir).unwrap());
    let keyring = Keyring::create(&mut OsEntropy).unwrap();
    let cost = PassphraseCost { memory_kib: 64, passes: 1, lanes: 1 };
    let passphrase = Passphrase::with_cost(zeroize::Zeroizing::new(b"correct horse".to_vec()), cost).unwrap();
    keyring.save(&*disk, KEYRING, &passphrase, &mut OsEntropy).unwrap();
    let intake = intake_disclosure("2026-11-22T16:38:12.000Z", None, &mut OsEntropy).unwrap();
    with_entries(std::slice::from_ref(genesis), &intake, |entries| {
        let genesis = entries.into_iter().next().unwrap();
        Writer::create(disk.clone(), ORIGIN, &keyring, &signer(), genesis).unwrap();
    });
    let (mut writer, _) = Writer::open(disk, signer(), Arc::new(keyring)).unwrap();
    for batch in batches {
        let intake = intake_disclosure("2026-11-22T16:38:12.000Z", Some(("S", 1)), &mut OsEntropy).unwrap();
        with_entries(batch, &intake, |entries| drop(writer.commit(&entries).unwrap()));
    }
}

fn with_entries(events: &[Signed], intake: &str, then: impl FnOnce(Vec<NewEntry<'_>>)) {
    let tokens: Vec<Token<'_>> =
        events.iter().map(|signed| Token::parse(signed.compact.as_bytes()).unwrap()).collect();
    let entries = tokens.iter().map(|token| {
        let content = check_content(token, Catalogue::builtin()).unwrap();
        NewEntry { jwt: token.jwt(), intake, r: content.r, w: content.w }
    });
    then(entries.collect());
}

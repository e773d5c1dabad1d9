//! Making a new ledger: keys, keyring, the first entry and the trust policy.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::entry::{EntryRef, intake_digest, write_entry};
use daybook_event::{
    Catalogue, Draft, Entropy, EntropyError, Issuer, Origin, PublicKey, Refusal, SigningKey, Token, b64,
    check_content,
};
use daybook_producer::outbox::{ReceiptGroup, VerifiedReceipt};
use daybook_producer::{Home, HomeError, OutboxError, Passphrase as KeyPassphrase, ProducerConfig};
use daybook_store::{
    CHECKPOINT, CommitError, CreateError, Disk, KEYRING, Keyring, KeyringError, NewEntry, OpenError,
    Passphrase, ReadError, Storage, Writer,
};
use daybook_tlog::{KeyName, NoteSigner, Vkey};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::config::Config;
use crate::intake;
use crate::open::{Layout, LedgerError, write_private};

/// Why a ledger could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something is there already.
    #[error("{} is not empty; a ledger is made in a new or empty directory", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] LedgerError),
    /// The governance key's home.
    #[error("the governance key: {0}")]
    Governance(#[from] HomeError),
    /// The governance key's outbox.
    #[error("the governance key's outbox: {0}")]
    Outbox(#[from] OutboxError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The log.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The log that was just made could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The entries after the first could not be appended.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The first entry could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The first event is not one that the ledger would take: a fault of this program.
    #[error("the first event was not well formed: {0}")]
    Genesis(#[from] Refusal),
    /// The origin cannot name a key.
    #[error("the origin cannot name a key: {0}")]
    Origin(String),
}

/// What was made.
#[derive(Debug)]
pub struct NewLedger {
    /// The verifier key of the log, to be published.
    pub vkey: Vkey,
    /// Identifier of the governance key.
    pub governance_kid: String,
    /// The trust policy that verifiers and producers need.
    pub policy: PathBuf,
}

/// Makes a ledger in a new or empty directory.
///
/// `ledger.toml` is written last: a directory without it is no ledger, and can be removed and made again.
///
/// # Errors
/// [`InitError`] naming the file.
pub fn create(
    dir: &Path,
    origin: &Origin,
    governance_passphrase: Option<&KeyPassphrase>,
    clock: &dyn Clock,
    entropy: &mut dyn Entropy,
) -> Result<NewLedger, InitError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| LedgerError::Io { path, source }
    };
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(InitError::NotEmpty { dir: dir.to_owned() });
    }
    let layout = Layout::new(dir);
    let config = Config::new(origin);
    private_dir(dir).map_err(io(dir))?;
    private_dir(&dir.join("keys")).map_err(io(dir))?;

    let signer = new_signer(&dir.join(&config.keys.log), origin, entropy)?;
    write_private(&dir.join(&config.http.entries_token_file), secret_line(entropy)?.as_bytes())?;
    let vkey = signer.vkey();
    let policy = format!("# Whom to believe about the ledger {origin}\nlog {vkey}\nquorum none\n");
    fs::write(layout.policy(), policy).map_err(io(&layout.policy()))?;

    let storage = Arc::new(Disk::open(dir).map_err(io(dir))?);
    let keyring = new_keyring(storage.as_ref(), &dir.join(&config.keys.keyring_passphrase_file), entropy)?;

    let governance =
        ProducerConfig::new(Issuer::governance(), origin.clone(), String::new(), "../../trust.policy");
    let key = SigningKey::generate(entropy)?;
    let public = key.public();
    let home = Home::create_with_key(&layout.governance(), governance, key, governance_passphrase, entropy)?;
    open_log(&home, public, Arc::clone(&storage), &signer, &keyring, clock, entropy)?;
    let mut own = Vec::new();
    for (producer, path) in [("ledger/rules", &config.keys.rules), ("ledger/access", &config.keys.access)] {
        let key = SigningKey::generate(entropy)?;
        write_private(&dir.join(path), Zeroizing::new(b64::encode(*key.seed())).as_bytes())?;
        own.push((producer, key.public()));
    }
    register_own(&home, &own, storage, signer, keyring, clock, entropy)?;

    let text = toml::to_string_pretty(&config).map_err(|e| InitError::Origin(e.to_string()))?;
    fs::write(layout.config(), text).map_err(io(&layout.config()))?;
    Ok(NewLedger { vkey, governance_kid: home.kid().to_string(), policy: layout.policy() })
}

fn new_signer(path: &Path, origin: &Origin, entropy: &mut dyn Entropy) -> Result<NoteSigner, InitError> {
    let name: KeyName =
        origin.as_str().parse().map_err(|e: daybook_tlog::KeyNameError| InitError::Origin(e.to_string()))?;
    let seed = SigningKey::generate(entropy)?.seed();
    write_private(path, Zeroizing::new(b64::encode(*seed)).as_bytes())?;
    Ok(NoteSigner::from_seed(name, *seed))
}

fn new_keyring(storage: &Disk, passphrase: &Path, entropy: &mut dyn Entropy) -> Result<Keyring, InitError> {
    write_private(passphrase, secret_line(entropy)?.as_bytes())?;
    let keyring = Keyring::create(entropy)?;
    let lock = Passphrase::from_file(passphrase).map_err(KeyringError::from)?;
    keyring.save(storage, KEYRING, &lock, entropy)?;
    Ok(keyring)
}

/// A random secret as one line of text.
fn secret_line(entropy: &mut dyn Entropy) -> Result<Zeroizing<String>, InitError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut())?;
    Ok(Zeroizing::new(b64::encode(*bytes)))
}

/// Signs `ledger.opened` and makes it the first entry. It goes through the governance key's outbox like every later
/// event, so that its sequence begins there.
fn open_log(
    home: &Home,
    key: PublicKey,
    storage: Arc<Disk>,
    signer: &NoteSigner,
    keyring: &Keyring,
    clock: &dyn Clock,
    entropy: &mut dyn Entropy,
) -> Result<(), InitError> {
    let origin = &home.config().origin;
    let now = clock.now();
    let draft = Draft::new(
        "ledger.opened".parse().expect("a type name"),
        fields([
            ("origin", origin.as_str().into()),
            ("log_vkey", signer.vkey().to_string().into()),
            ("kid", home.kid().to_string().into()),
            ("x", key.x().into()),
            ("occurred_at", format!("{now:.0}").into()),
            ("recorded_at", format!("{now:.0}").into()),
        ]),
    );
    home.enqueue(&[draft], entropy)?;
    let event = home.outbox().pending_from(0, 1)?.remove(0);
    let token = Token::parse(&event.compact)?;
    let content = check_content(&token, Catalogue::builtin())?;
    let intake = intake::genesis_disclosure(now, entropy)?;
    let genesis = NewEntry { jwt: token.jwt(), intake: &intake, r: content.r, w: content.w };
    Writer::create(Arc::clone(&storage) as Arc<dyn Storage>, origin.as_str(), keyring, signer, genesis)?;
    settle(home, storage.as_ref(), token.jwt(), &intake)
}

/// Registers the keys with which the ledger signs events of its own: entries 1 and 2, each committed by itself, so that its receipt is
/// one checkpoint and one path.
fn register_own(
    home: &Home,
    keys: &[(&str, PublicKey)],
    storage: Arc<Disk>,
    signer: NoteSigner,
    keyring: Keyring,
    clock: &dyn Clock,
    entropy: &mut dyn Entropy,
) -> Result<(), InitError> {
    let now = clock.now();
    let (mut writer, _) = Writer::open(storage as Arc<dyn Storage>, signer, Arc::new(keyring))?;
    for ((producer, key), seq) in keys.iter().zip(1..) {
        let draft = Draft::new(
            "key.registered".parse().expect("a type name"),
            fields([
                ("producer", (*producer).into()),
                ("kid", key.kid().to_string().into()),
                ("x", key.x().into()),
                ("occurred_at", format!("{now:.0}").into()),
                ("recorded_at", format!("{now:.0}").into()),
            ]),
        );
        home.enqueue(&[draft], entropy)?;
        let event = home.outbox().pending_from(seq, 1)?.remove(0);
        let token = Token::parse(&event.compact)?;
        let content = check_content(&token, Catalogue::builtin())?;
        let intake = intake::genesis_disclosure(now, entropy)?;
        let commit =
            writer.commit(&[NewEntry { jwt: token.jwt(), intake: &intake, r: content.r, w: content.w }])?;
        let entry = String::from_utf8(writer.reader().entry(seq)?).expect("entries are text");
        let path = commit.prover.path(seq);
        let receipt = VerifiedReceipt { seq, index: seq, entry, path };
        home.outbox().accept(&[ReceiptGroup { checkpoint: commit.checkpoint, receipts: vec![receipt] }])?;
    }
    Ok(())
}

/// The receipt of the first entry. It needs no proof beyond its checkpoint: its leaf is the root.
fn settle(home: &Home, storage: &dyn Storage, jwt: &str, intake: &str) -> Result<(), InitError> {
    let entry =
        EntryRef { prev: home.config().origin.first_prev(), intake: &intake_digest(intake), event: jwt };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("entries and notes are text");
    let entry = text(write_entry(&entry));
    let io = |source| LedgerError::Io { path: CHECKPOINT.into(), source };
    let length = storage.len(CHECKPOINT).map_err(io)?.unwrap_or(0);
    let mut note = vec![0; usize::try_from(length).unwrap_or(0)];
    storage.read_at(CHECKPOINT, 0, &mut note).map_err(io)?;
    let receipt = VerifiedReceipt { seq: 0, index: 0, entry, path: Vec::new() };
    home.outbox().accept(&[ReceiptGroup { checkpoint: text(note), receipts: vec![receipt] }])?;
    Ok(())
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

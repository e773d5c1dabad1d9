//! A ledger's directory: where things are, and opening it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::{Catalogue, SigningKey};
use daybook_index::search::{IndexSecret, SearchError, SearchIndex, SearchOptions};
use daybook_index::{Index, IndexError, Progress, State};
use daybook_rules::ruleset::Ruleset;
use daybook_store::{
    Disk, KEYRING, Keyring, KeyringError, KeyringLock, OpenError, Passphrase, Reader, Recovery, Storage,
    Writer,
};
use daybook_tlog::{KeyName, NoteSigner, Policy};
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError};
use crate::findings;

/// Where things are in a ledger's directory.
#[derive(Debug, Clone)]
pub struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The layout of the ledger in `dir`.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The directory itself.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// `ledger.toml`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("ledger.toml")
    }

    /// The trust policy that verifiers and producers need.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.dir.join("trust.policy")
    }

    /// The governance key and its outbox.
    #[must_use]
    pub fn governance(&self) -> PathBuf {
        self.dir.join("keys/governance")
    }

    /// The derived index.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// What belongs to the private bus of `daybook up`.
    #[must_use]
    pub fn bus(&self) -> PathBuf {
        self.dir.join("bus")
    }
}

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file with a secret.
    #[error("{path}: {reason}")]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right; never the content.
        reason: String,
    },
    /// The directory or a file in it.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The log or the vault.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The auditors' index.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The rule packs.
    #[error(transparent)]
    Packs(#[from] findings::PackError),
}

/// A ledger that this process owns, recovered and ready.
pub struct OpenLedger {
    /// The configuration.
    pub config: Config,
    /// Where things are.
    pub layout: Layout,
    /// The types of event.
    pub catalogue: &'static Catalogue,
    /// The keys of the vault.
    pub keyring: Arc<Keyring>,
    /// What guards the keyring's file, for when it is written anew.
    pub keyring_lock: Arc<dyn KeyringLock>,
    /// The ledger's directory as a store.
    pub disk: Arc<Disk>,
    /// The rules that are applied; none where they are switched off.
    pub ruleset: Option<Arc<Ruleset>>,
    /// The key of `ledger/rules`, where there is one.
    pub rules_key: Option<SigningKey>,
    /// The key of `ledger/access`, where there is one.
    pub access_key: Option<SigningKey>,
    /// The writer of the log.
    pub writer: Writer,
    /// The derived index.
    pub index: Index,
    /// The auditors' index; it is caught up while the service runs. None where there is no key to record readers with.
    pub search: Option<SearchIndex>,
    /// The state that admission decides on, up to date with the log.
    pub state: State,
    /// What recovery found and did.
    pub recovery: Recovery,
}

/// Opens a ledger: takes the lock, recovers the log, brings the index up to date.
///
/// # Errors
/// [`LedgerError`]: what is wrong, where, and what to do.
pub fn open(dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<OpenLedger, LedgerError> {
    let layout = Layout::new(dir);
    let config = Config::read(&layout.config())?;
    let origin = config.origin();
    let signer = read_signer(&dir.join(&config.keys.log), origin.as_str())?;
    let storage = Arc::new(Disk::open(dir).map_err(|source| LedgerError::Io { path: dir.into(), source })?);
    let (keyring, keyring_lock) = open_keyring(storage.as_ref(), &layout, &config)?;
    let (keyring, keyring_lock) = (Arc::new(keyring), Arc::new(keyring_lock));
    let ruleset =
        config.rules.enabled.then(|| findings::ruleset(dir, &config.rules)).transpose()?.map(Arc::new);
    let rules_key = read_own_key(&dir.join(&config.keys.rules))?;
    let access_key = read_own_key(&dir.join(&config.keys.access))?;
    let disk = Arc::clone(&storage);
    let (writer, recovery) = Writer::open(storage, signer, Arc::clone(&keyring))?;
    let index = Index::open(&layout.index(), &origin)?;
    let state = index.load(&writer.reader(), progress)?;
    let search = match (&access_key, keyring.index_key()) {
        (Some(_), Some(secret)) => {
            let segment_entries = config.index.segment_entries;
            let options = SearchOptions { segment_entries, ..SearchOptions::new(&config.time_zone) };
            Some(SearchIndex::open(&index, &IndexSecret::new(secret), &options)?)
        }
        _ => None,
    };
    let catalogue = Catalogue::builtin();
    Ok(OpenLedger {
        config,
        layout,
        catalogue,
        keyring,
        keyring_lock,
        disk,
        ruleset,
        rules_key,
        access_key,
        writer,
        index,
        search,
        state,
        recovery,
    })
}

/// Reads and opens the keyring of a ledger.
///
/// # Errors
/// The passphrase file or the keyring cannot be read or do not fit.
pub fn read_keyring(storage: &dyn Storage, layout: &Layout, config: &Config) -> Result<Keyring, LedgerError> {
    Ok(open_keyring(storage, layout, config)?.0)
}

fn open_keyring(
    storage: &dyn Storage,
    layout: &Layout,
    config: &Config,
) -> Result<(Keyring, Passphrase), LedgerError> {
    let passphrase = layout.dir().join(&config.keys.keyring_passphrase_file);
    check_private(&passphrase)?;
    let lock = Passphrase::from_file(&passphrase).map_err(KeyringError::from)?;
    Ok((Keyring::load(storage, KEYRING, &lock)?, lock))
}

/// Opens a ledger for reading only, beside a service that may be running.
///
/// # Errors
/// [`LedgerError`]: what is wrong, where, and what to do.
pub fn read_only(dir: &Path) -> Result<(Config, Reader, Arc<Keyring>), LedgerError> {
    let layout = Layout::new(dir);
    let config = Config::read(&layout.config())?;
    let policy = std::fs::read_to_string(layout.policy())
        .map_err(|source| LedgerError::Io { path: layout.policy(), source })?;
    let policy: Policy = policy.parse().map_err(|error| LedgerError::Secret {
        path: layout.policy(),
        reason: format!("it is no trust policy: {error}"),
    })?;
    let storage = Arc::new(Disk::open(dir).map_err(|source| LedgerError::Io { path: dir.into(), source })?);
    let keyring = Arc::new(read_keyring(storage.as_ref(), &layout, &config)?);
    let reader = Reader::open(storage, policy.log_vkey())?;
    Ok((config, reader, keyring))
}

/// Reads a key with which the ledger signs events of its own; a ledger that was made without it has none.
fn read_own_key(path: &Path) -> Result<Option<SigningKey>, LedgerError> {
    if !path.exists() {
        return Ok(None);
    }
    check_private(path)?;
    Ok(Some(SigningKey::from_seed(*read_seed(path)?)))
}

/// Reads the key that signs checkpoints.
///
/// # Errors
/// The file is missing, readable by others, or not a key.
pub fn read_signer(path: &Path, origin: &str) -> Result<NoteSigner, LedgerError> {
    let secret = |reason: &str| LedgerError::Secret { path: path.into(), reason: reason.into() };
    check_private(path)?;
    let seed = read_seed(path)?;
    let name: KeyName =
        origin.parse().map_err(|error| secret(&format!("the origin cannot name a key: {error}")))?;
    Ok(NoteSigner::from_seed(name, *seed))
}

fn read_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, LedgerError> {
    let text = Zeroizing::new(
        std::fs::read_to_string(path).map_err(|source| LedgerError::Io { path: path.into(), source })?,
    );
    let seed = daybook_event::b64::decode_array::<32>(text.trim()).ok_or_else(|| LedgerError::Secret {
        path: path.into(),
        reason: "it should hold one line: base64url of a 32-byte Ed25519 seed".into(),
    })?;
    Ok(Zeroizing::new(seed))
}

/// Refuses a file with a secret that others than its owner can read.
///
/// # Errors
/// [`LedgerError::Secret`] with the command that mends it.
pub fn check_private(path: &Path) -> Result<(), LedgerError> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = std::fs::metadata(path).map_err(|source| LedgerError::Io { path: path.into(), source })?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(LedgerError::Secret {
            path: path.into(),
            reason: format!("others than its owner can read it; run: chmod 600 {}", path.display()),
        });
    }
    Ok(())
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// The file exists or cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), LedgerError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let io = |source| LedgerError::Io { path: path.into(), source };
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(io)
}

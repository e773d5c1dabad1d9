//! The directory of one producer.
//!
//! ```text
//! producer.toml       who this is, which ledger, where the bus is            mode 0600
//! key                 the signing key (see `keyfile`)                        mode 0600
//! key.next            during a rotation only
//! outbox.redb         sequence, events waiting, receipts, refusals, imports
//! registration.jws    the request to register the key, signed by it; give it to the ledger's governance
//! rotation.jws        the same for the latest rotation
//! ```

mod config;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::{Catalogue, Draft, Entropy, KeyRequest, Kid, Rotation, Signed, SigningKey};
use daybook_tlog::Policy;

use config::CONFIG_FILE;
pub use config::ProducerConfig;

use crate::bus::BusConfig;
use crate::keyfile::{self, KeyFileError, Passphrase};
use crate::outbox::{BATCH_MAX, Outbox, OutboxError, Signer};

const KEY_FILE: &str = "key";
const NEXT_KEY_FILE: &str = "key.next";
const OUTBOX_FILE: &str = "outbox.redb";
const REGISTRATION_FILE: &str = "registration.jws";
const ROTATION_FILE: &str = "rotation.jws";

/// Why a home could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The directory holds a producer already.
    #[error("{} is a producer's home already. Choose another directory with --home", dir.display())]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// There is no producer in the directory.
    #[error("{} is not a producer's home. Make one with `daybook producer init --home {}`", dir.display(), dir.display())]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// producer.toml cannot be understood.
    #[error("{}: {what}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The trust policy cannot be understood, or is for another ledger.
    #[error("trust policy {}: {what}. Get the policy from the ledger's operator and check it against the published one", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The key in the home is not the one that the outbox was signed with.
    #[error("the key in {} is {found}, the outbox expects {wanted}. Restore key and outbox from the same backup", dir.display())]
    WrongKey {
        /// The directory.
        dir: PathBuf,
        /// Key id of the file.
        found: Kid,
        /// Key id in the outbox.
        wanted: String,
    },
    /// No randomness.
    #[error("no randomness: {0}")]
    Entropy(String),
}

/// One producer: its configuration, key and outbox. While it exists no other process can open the same home.
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    config: ProducerConfig,
    key: SigningKey,
    outbox: Arc<Outbox>,
}

impl Home {
    /// Makes a home with a new key. The directory may exist but must not hold a producer.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn create(
        dir: &Path,
        config: ProducerConfig,
        passphrase: Option<&Passphrase>,
        rng: &mut dyn Entropy,
    ) -> Result<Self, HomeError> {
        let key = SigningKey::generate(rng).map_err(|error| HomeError::Entropy(error.to_string()))?;
        Self::create_with_key(dir, config, key, passphrase, rng)
    }

    /// Makes a home around a key that exists already (the ledger's own governance key).
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn create_with_key(
        dir: &Path,
        config: ProducerConfig,
        key: SigningKey,
        passphrase: Option<&Passphrase>,
        rng: &mut dyn Entropy,
    ) -> Result<Self, HomeError> {
        if dir.join(CONFIG_FILE).exists() || dir.join(KEY_FILE).exists() || dir.join(OUTBOX_FILE).exists() {
            return Err(HomeError::Exists { dir: dir.to_owned() });
        }
        create_private_dir(dir).map_err(|source| HomeError::Io { path: dir.to_owned(), source })?;
        keyfile::write(&dir.join(KEY_FILE), &key, passphrase, rng)?;
        let outbox = Outbox::open(&dir.join(OUTBOX_FILE), &config.issuer, &config.origin)?;
        outbox.set_signing_kid(&key.public().kid().to_string())?;
        let home = Self { dir: dir.to_owned(), config, key, outbox: Arc::new(outbox) };
        keyfile::write_private(&dir.join(REGISTRATION_FILE), home.registration_request().as_bytes())?;
        // The configuration comes last: a home that was half made is not taken for one.
        let text = home
            .config
            .to_toml()
            .map_err(|error| HomeError::Config { path: dir.join(CONFIG_FILE), what: error.to_string() })?;
        keyfile::write_private(&dir.join(CONFIG_FILE), text.as_bytes())?;
        Ok(home)
    }

    /// Opens a home; ends a rotation that was cut short.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn open(dir: &Path, passphrase: Option<&Passphrase>) -> Result<Self, HomeError> {
        let config = ProducerConfig::read(dir)?;
        let outbox = Outbox::open(&dir.join(OUTBOX_FILE), &config.issuer, &config.origin)?;
        let key = settle_rotation(dir, &outbox, passphrase)?;
        Ok(Self { dir: dir.to_owned(), config, key, outbox: Arc::new(outbox) })
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ProducerConfig {
        &self.config
    }

    /// The identifier of the key in use.
    #[must_use]
    pub fn kid(&self) -> Kid {
        self.key.public().kid()
    }

    /// The outbox.
    #[must_use]
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The trust policy.
    ///
    /// # Errors
    /// [`HomeError::Io`] or [`HomeError::Policy`].
    pub fn policy(&self) -> Result<Policy, HomeError> {
        self.config.policy(&self.dir)
    }

    /// Where the bus is.
    #[must_use]
    pub fn bus(&self) -> BusConfig {
        let place = |path: &Option<PathBuf>| path.as_ref().map(|path| self.dir.join(path));
        BusConfig {
            url: self.config.bus_url.clone(),
            ca: place(&self.config.bus_ca),
            cert: place(&self.config.bus_cert),
            key: place(&self.config.bus_key),
        }
    }

    /// Signs for this producer.
    pub fn signer<'a>(&'a self, rng: &'a mut dyn Entropy) -> Signer<'a> {
        Signer {
            issuer: &self.config.issuer,
            origin: &self.config.origin,
            key: &self.key,
            catalogue: Catalogue::builtin(),
            rng,
        }
    }

    /// Signs events and puts them into the outbox in one transaction, on disk and synced when this returns. All of
    /// them or none.
    ///
    /// # Errors
    /// [`OutboxError::NotIssued`] with the place of the first draft that may not be signed, or another of its kinds.
    pub fn enqueue(&self, drafts: &[Draft], rng: &mut dyn Entropy) -> Result<Vec<Signed>, OutboxError> {
        Ok(self.record(drafts, rng)?.into_iter().map(|(_, signed)| signed).collect())
    }

    /// [`Home::enqueue`], with the number of each event.
    ///
    /// # Errors
    /// As [`Home::enqueue`].
    pub fn record(&self, drafts: &[Draft], rng: &mut dyn Entropy) -> Result<Vec<(u64, Signed)>, OutboxError> {
        if drafts.len() > BATCH_MAX {
            return Err(OutboxError::BatchTooLarge { given: drafts.len(), bound: BATCH_MAX });
        }
        self.outbox.write(&mut self.signer(rng), |batch| {
            let sign = |(place, draft)| {
                let seq = batch.next_seq();
                let signed = batch.sign(draft)?.map_err(|source| OutboxError::NotIssued { place, source })?;
                Ok((seq, signed))
            };
            drafts.iter().enumerate().map(sign).collect()
        })
    }

    /// The request to register this producer's key, signed by it.
    #[must_use]
    pub fn registration_request(&self) -> String {
        self.key_request(&self.key, None)
    }

    /// Makes a new key that signs everything from the next number on, and returns the request to register it.
    ///
    /// The switch happens now: events in the outbox keep their old signatures, which stay good, and new ones are
    /// signed with the new key. The ledger does not know that key until the request is carried out; till then it puts
    /// new events off, and the outbox keeps and sends them again. The old key is destroyed.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn rotate(
        &mut self,
        passphrase: Option<&Passphrase>,
        rng: &mut dyn Entropy,
    ) -> Result<String, HomeError> {
        let new = SigningKey::generate(rng).map_err(|error| HomeError::Entropy(error.to_string()))?;
        let (from_seq, old_kid) = (self.outbox.position()?.seq, self.key.public().kid());
        let request = self.key_request(&new, Some(Rotation { from_seq, old_kid }));
        // 1. The request and the new key are on disk. 2. The outbox names the key: from here on the rotation has
        // happened. 3. It takes the place of the old one. `settle_rotation` ends or undoes what was cut short.
        let path = self.dir.join(ROTATION_FILE);
        fs::write(&path, &request).map_err(|source| HomeError::Io { path: path.clone(), source })?;
        keyfile::write(&self.dir.join(NEXT_KEY_FILE), &new, passphrase, rng)?;
        self.outbox.set_signing_kid(&new.public().kid().to_string())?;
        replace_key(&self.dir)?;
        self.key = new;
        Ok(request)
    }

    fn key_request(&self, key: &SigningKey, rotation: Option<Rotation>) -> String {
        let (origin, issuer) = (self.config.origin.clone(), self.config.issuer.clone());
        KeyRequest { origin, issuer, key: key.public(), rotation }.sign(key)
    }
}

/// The key that the outbox expects, after finishing or undoing a rotation that was cut short.
fn settle_rotation(
    dir: &Path,
    outbox: &Outbox,
    passphrase: Option<&Passphrase>,
) -> Result<SigningKey, HomeError> {
    let wanted = outbox.signing_kid()?;
    let next = dir.join(NEXT_KEY_FILE);
    if next.exists() {
        // Unreadable means that it was cut short while being written, so that the outbox cannot name it.
        let kid = keyfile::read(&next, passphrase).ok().map(|key| key.public().kid().to_string());
        if kid.is_some() && kid == wanted {
            replace_key(dir)?;
        } else if keyfile::read(&dir.join(KEY_FILE), passphrase)
            .is_ok_and(|key| Some(key.public().kid().to_string()) == wanted)
        {
            for path in [&next, &dir.join(ROTATION_FILE)] {
                fs::remove_file(path).map_err(|source| HomeError::Io { path: path.clone(), source })?;
            }
        }
    }
    let key = keyfile::read(&dir.join(KEY_FILE), passphrase)?;
    let found = key.public().kid();
    match wanted {
        Some(wanted) if wanted != found.to_string() => {
            Err(HomeError::WrongKey { dir: dir.to_owned(), found, wanted })
        }
        _ => Ok(key),
    }
}

fn replace_key(dir: &Path) -> Result<(), HomeError> {
    let path = dir.join(KEY_FILE);
    let io = |source| HomeError::Io { path: path.clone(), source };
    fs::rename(dir.join(NEXT_KEY_FILE), &path).map_err(io)?;
    keyfile::sync_parent(&path).map_err(io)
}

fn create_private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

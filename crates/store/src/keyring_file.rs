//! The keyring at rest: encrypted under a key that comes from the operator, and replaced as a whole.

use std::io;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::{Entropy, EntropyError};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ggm::{Nodes, Secret};
use crate::keyring::Keyring;
use crate::storage::Storage;

/// A keyring file is refused above this many bytes. It is room for some 27,000 erasures far apart from each other.
pub const MAX_KEYRING_FILE_BYTES: u64 = 64 << 20;

const FIRST_LINE: &str = "daybook-keyring v1\n";
const SUM_LABEL: &str = "sha256 ";
const NODE_BYTES: usize = 1 + 8 + 32;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;

/// What guards the keyring file: a passphrase ([`Passphrase`](crate::Passphrase)), or a key service.
pub trait KeyringLock: Send + Sync {
    /// A key for a file about to be written, and the parameters from which [`open_key`](KeyringLock::open_key) finds it
    /// again. They stand in the file in the clear, in this order. The name `nonce` is taken.
    ///
    /// # Errors
    /// Where the guard cannot be asked, or randomness fails.
    fn seal_key(&self, rng: &mut dyn Entropy) -> Result<(Vec<(String, Value)>, FileKey), LockError>;

    /// The key of a file with these parameters. A wrong passphrase shows only when the key does not open the file.
    ///
    /// # Errors
    /// Where the guard cannot be asked, or the parameters are not its own.
    fn open_key(&self, parameters: &Map<String, Value>) -> Result<FileKey, LockError>;
}

/// The key of one keyring file; wiped when dropped.
pub type FileKey = Zeroizing<[u8; 32]>;

/// A [`KeyringLock`] could not give a key.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The file was written by a lock of another kind, or out of bounds.
    #[error("the keyring's key derivation parameters are not usable: {0}; use the lock that wrote the file")]
    Parameters(String),
    /// The guard itself failed.
    #[error("the keyring's guard did not answer: {0}; try again once it does")]
    Unavailable(String),
}

/// A keyring file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no keyring file.
    #[error("there is no keyring at {path}; restore the newest copy that erasures allow")]
    Missing {
        /// The file.
        path: String,
    },
    /// The bytes are not those that were written.
    #[error("the keyring file is damaged ({0}); restore the newest copy that erasures allow")]
    Damaged(&'static str),
    /// The file is whole, but the key that the lock gave does not open it.
    #[error("the keyring does not open: the passphrase is not the one it was sealed with")]
    WrongKey,
    /// The lock gave no key.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// More than one step takes.
    #[error(
        "{found} records and disclosures are too many to destroy in one step; at most {limit}: do it in several"
    )]
    TooManyTargets {
        /// How many were asked for.
        found: usize,
        /// [`MAX_ERASE_TARGETS`](crate::MAX_ERASE_TARGETS).
        limit: usize,
    },
    /// No keyring has keys for such an entry or position, or it is the intake disclosure without its record.
    #[error(
        "nothing of entry {entry} can be destroyed like that: there is no such entry or disclosure, or it goes with its record only"
    )]
    NoSuchTarget {
        /// The number of the entry.
        entry: u64,
    },
    /// Too many erasures for one file.
    #[error("the keyring would be longer than {MAX_KEYRING_FILE_BYTES} bytes; it was not written")]
    TooLarge,
    /// The disk failed.
    #[error("the keyring file could not be read or written: {0}")]
    Io(#[from] io::Error),
}

impl Keyring {
    /// The bytes of the keyring file.
    ///
    /// # Errors
    /// Where the lock gives no key or randomness fails.
    pub fn seal_to(&self, lock: &dyn KeyringLock, rng: &mut dyn Entropy) -> Result<Vec<u8>, KeyringError> {
        seal_nodes(write_nodes(&self.read()), lock, rng)
    }

    /// Reads the bytes of a keyring file.
    ///
    /// # Errors
    /// [`KeyringError::Damaged`] where the bytes are not as written, [`KeyringError::WrongKey`] where they are and do not open.
    pub fn open_from(bytes: &[u8], lock: &dyn KeyringLock) -> Result<Keyring, KeyringError> {
        let text = std::str::from_utf8(bytes).map_err(|_| KeyringError::Damaged("not text"))?;
        let (summed, sum) = text.rsplit_once(SUM_LABEL).ok_or(KeyringError::Damaged("no sum"))?;
        if sum.strip_suffix('\n') != Some(&hex(&Sha256::digest(summed))) {
            return Err(KeyringError::Damaged("the sum differs"));
        }
        let rest = summed.strip_prefix(FIRST_LINE).ok_or(KeyringError::Damaged("another version"))?;
        let (line, sealed) = rest.split_once('\n').ok_or(KeyringError::Damaged("too short"))?;
        let (parameters, nonce) = read_parameters(line).ok_or(KeyringError::Damaged("parameters"))?;
        let sealed = sealed.strip_suffix('\n').ok_or(KeyringError::Damaged("too short"))?;
        let mut nodes =
            Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).map_err(|_| KeyringError::Damaged("base64url"))?);
        let clear = nodes.len().checked_sub(TAG_BYTES).ok_or(KeyringError::Damaged("too short"))?;
        let key = lock.open_key(&parameters)?;
        let (body, tag) = nodes.split_at_mut(clear);
        let tag = Tag::try_from(&*tag).map_err(|_| KeyringError::Damaged("too short"))?;
        let head = &text.as_bytes()[..FIRST_LINE.len() + line.len() + 1];
        Aes256Gcm::new((&*key).into())
            .decrypt_inout_detached((&nonce).into(), head, (&mut *body).into(), &tag)
            .map_err(|_| KeyringError::WrongKey)?;
        read_nodes(body).map(Keyring::from_nodes).ok_or(KeyringError::Damaged("nodes"))
    }

    /// Writes the keyring file, atomically and durably.
    ///
    /// # Errors
    /// As [`seal_to`](Keyring::seal_to), and where the disk fails; then the old or the new file is there, whole.
    pub fn save(
        &self,
        storage: &dyn Storage,
        path: &str,
        lock: &dyn KeyringLock,
        rng: &mut dyn Entropy,
    ) -> Result<(), KeyringError> {
        Ok(storage.replace(path, &self.seal_to(lock, rng)?)?)
    }

    /// Reads the keyring file.
    ///
    /// # Errors
    /// As [`open_from`](Keyring::open_from), and where the file is missing or the disk fails.
    pub fn load(storage: &dyn Storage, path: &str, lock: &dyn KeyringLock) -> Result<Keyring, KeyringError> {
        let bytes = storage.read(path, MAX_KEYRING_FILE_BYTES)?;
        Keyring::open_from(&bytes.ok_or_else(|| KeyringError::Missing { path: path.to_owned() })?, lock)
    }
}

/// The bytes of a keyring file over a node list in the clear.
pub(crate) fn seal_nodes(
    mut nodes: Zeroizing<Vec<u8>>,
    lock: &dyn KeyringLock,
    rng: &mut dyn Entropy,
) -> Result<Vec<u8>, KeyringError> {
    let (parameters, key) = lock.seal_key(rng)?;
    let mut nonce = [0; NONCE_BYTES];
    rng.fill(&mut nonce)?;
    let mut text = head(&parameters, &nonce);
    let tag = Aes256Gcm::new((&*key).into())
        .encrypt_inout_detached((&nonce).into(), text.as_bytes(), nodes.as_mut_slice().into())
        .map_err(|_| KeyringError::TooLarge)?;
    nodes.extend_from_slice(&tag);
    URL_SAFE_NO_PAD.encode_string(&*nodes, &mut text);
    text.push('\n');
    let sum = hex(&Sha256::digest(&text));
    text.push_str(SUM_LABEL);
    text.push_str(&sum);
    text.push('\n');
    if text.len() as u64 > MAX_KEYRING_FILE_BYTES {
        return Err(KeyringError::TooLarge);
    }
    Ok(text.into_bytes())
}

/// The node list in the clear, with room for the tag so that no copy is left behind by growing.
pub(crate) fn write_nodes(nodes: &Nodes) -> Zeroizing<Vec<u8>> {
    let count = nodes.iter().len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 + count * NODE_BYTES + TAG_BYTES));
    bytes.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
    for (depth, prefix, secret) in nodes.iter() {
        bytes.push(depth);
        bytes.extend_from_slice(&prefix.to_be_bytes());
        bytes.extend_from_slice(&secret[..]);
    }
    bytes
}

fn head(parameters: &[(String, Value)], nonce: &[u8; NONCE_BYTES]) -> String {
    // Member by member: the order is part of the authenticated bytes and stays as the format page shows it.
    let members = parameters.iter().map(|(name, value)| format!("{}:{value},", Value::from(name.as_str())));
    format!(
        "{FIRST_LINE}{{{}\"nonce\":\"{}\"}}\n",
        members.collect::<String>(),
        URL_SAFE_NO_PAD.encode(nonce)
    )
}

fn read_parameters(line: &str) -> Option<(Map<String, Value>, [u8; NONCE_BYTES])> {
    let mut parameters: Map<String, Value> = serde_json::from_str(line).ok()?;
    let nonce = parameters.remove("nonce")?;
    let nonce = URL_SAFE_NO_PAD.decode(nonce.as_str()?).ok()?;
    Some((parameters, nonce.try_into().ok()?))
}

fn read_nodes(bytes: &[u8]) -> Option<Nodes> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let (listed, excess) = rest.as_chunks::<NODE_BYTES>();
    if !excess.is_empty() || u32::try_from(listed.len()).ok()? != u32::from_be_bytes(*count) {
        return None;
    }
    let mut nodes = Nodes::none();
    for node in listed {
        let (depth, rest) = node.split_first()?;
        let (prefix, bytes) = rest.split_first_chunk::<8>()?;
        let mut secret = Secret::new([0; 32]);
        secret.copy_from_slice(bytes);
        if !nodes.push(*depth, u64::from_be_bytes(*prefix), secret) {
            return None;
        }
    }
    Some(nodes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The file that holds a producer's signing key.
//!
//! ```text
//! daybook-key v1
//! kid <RFC 7638 thumbprint of the public key>
//! seed <base64url of the 32-byte Ed25519 seed>
//! ```
//!
//! or, under a passphrase, instead of the third line
//!
//! ```text
//! {"kdf":"argon2id","m_kib":65536,"t":3,"p":1,"salt":"…","nonce":"…"}
//! sealed <base64url of AES-256-GCM over the seed, additional data = the first three lines>
//! ```
//!
//! The file must be readable by its owner only; anything else is refused rather than repaired, since a key that
//! others could read may have been read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::{Entropy, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

const MAGIC: &str = "daybook-key v1";
/// Largest key file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 4_096;
/// Memory of the key derivation, in KiB (RFC 9106, second recommended option).
const KDF_M_KIB: u32 = 65_536;
/// Passes of the key derivation.
const KDF_T: u32 = 3;
/// Lanes of the key derivation.
const KDF_P: u32 = 1;
/// Bounds of what a key file may ask of the machine that opens it.
const KDF_M_KIB_MAX: u32 = 1_048_576;
const KDF_T_MAX: u32 = 16;
const KDF_P_MAX: u32 = 8;

/// A passphrase; wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes the bytes as they are.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a passphrase file: its first line, without the line end.
    ///
    /// # Errors
    /// The file cannot be read, is open to others, or its first line is empty.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        refuse_if_open_to_others(path)?;
        let mut bytes = read_bounded(path)?;
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
        let line = bytes[..end].to_vec();
        bytes.zeroize();
        if line.is_empty() {
            return Err(KeyFileError::EmptyPassphrase { path: path.to_owned() });
        }
        Ok(Self::new(line))
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Why a key file could not be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is readable or writable by someone other than its owner.
    #[error("{} is open to others (mode {mode:03o}). Take the access away with `chmod 600 {}`; if someone else can have read it, rotate the key (`daybook producer rotate`)", path.display(), path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key is there already and is never overwritten.
    #[error("{} exists already; a key is never overwritten. Choose another directory", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a key file of version 1.
    #[error("{} is not a daybook key file: {what}. Restore it from a backup, or make a new home with `daybook producer init`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The key is sealed and no passphrase was given.
    #[error("{} is under a passphrase. Give it with --passphrase-file", path.display())]
    PassphraseNeeded {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open the file.
    #[error("{} does not open with this passphrase, or was altered. Check the passphrase file", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase file without a passphrase.
    #[error("{} has an empty first line. Write the passphrase there", path.display())]
    EmptyPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The key could not be sealed.
    #[error("the key could not be sealed: {what}")]
    Seal {
        /// Which step failed.
        what: &'static str,
    },
    /// The source of randomness failed.
    #[error("no randomness: {0}")]
    Entropy(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    kdf: String,
    m_kib: u32,
    t: u32,
    p: u32,
    salt: String,
    nonce: String,
}

/// Writes a key file and syncs it and its directory. The file must not exist.
///
/// # Errors
/// See [`KeyFileError`].
pub fn write(
    path: &Path,
    key: &SigningKey,
    passphrase: Option<&Passphrase>,
    rng: &mut dyn Entropy,
) -> Result<(), KeyFileError> {
    let mut text = Zeroizing::new(format!("{MAGIC}\nkid {}\n", key.public().kid()));
    match passphrase {
        None => {
            let seed = Zeroizing::new(URL_SAFE_NO_PAD.encode(*key.seed()));
            text.push_str("seed ");
            text.push_str(&seed);
        }
        Some(passphrase) => seal_into(&mut text, key, passphrase, rng)?,
    }
    text.push('\n');
    write_private(path, text.as_bytes())
}

fn seal_into(
    text: &mut String,
    key: &SigningKey,
    passphrase: &Passphrase,
    rng: &mut dyn Entropy,
) -> Result<(), KeyFileError> {
    let (mut salt, mut nonce) = ([0_u8; 16], [0_u8; 12]);
    for buffer in [salt.as_mut_slice(), nonce.as_mut_slice()] {
        rng.fill(buffer).map_err(|error| KeyFileError::Entropy(error.to_string()))?;
    }
    let kdf = Kdf {
        kdf: "argon2id".into(),
        m_kib: KDF_M_KIB,
        t: KDF_T,
        p: KDF_P,
        salt: URL_SAFE_NO_PAD.encode(salt),
        nonce: URL_SAFE_NO_PAD.encode(nonce),
    };
    let line = serde_json::to_string(&kdf).map_err(|_| KeyFileError::Seal { what: "parameters" })?;
    text.push_str(&line);
    text.push('\n');
    let secret = derive(&kdf, passphrase, &salt).ok_or(KeyFileError::Seal { what: "derivation" })?;
    let cipher = Aes256Gcm::new_from_slice(&*secret).map_err(|_| KeyFileError::Seal { what: "cipher" })?;
    let seed = key.seed();
    let payload = Payload { msg: &*seed, aad: text.as_bytes() };
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| KeyFileError::Seal { what: "encryption" })?;
    text.push_str("sealed ");
    text.push_str(&URL_SAFE_NO_PAD.encode(sealed));
    Ok(())
}

/// Opens a key file.
///
/// # Errors
/// See [`KeyFileError`].
pub fn read(path: &Path, passphrase: Option<&Passphrase>) -> Result<SigningKey, KeyFileError> {
    let malformed = |what| KeyFileError::Malformed { path: path.to_owned(), what };
    refuse_if_open_to_others(path)?;
    let bytes = Zeroizing::new(read_bounded(path)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("it is not text"))?;
    let text = text.strip_suffix('\n').ok_or_else(|| malformed("its last line is cut off"))?;
    let lines: Vec<&str> = text.split('\n').collect();
    let (kid, seed) = match lines.as_slice() {
        [MAGIC, kid, seed] => {
            let seed = seed.strip_prefix("seed ").ok_or_else(|| malformed("no seed line"))?;
            (
                kid,
                Zeroizing::new(
                    URL_SAFE_NO_PAD.decode(seed).map_err(|_| malformed("the seed is not base64url"))?,
                ),
            )
        }
        [MAGIC, kid, kdf, sealed] => {
            let passphrase =
                passphrase.ok_or_else(|| KeyFileError::PassphraseNeeded { path: path.to_owned() })?;
            let aad = text.len() - sealed.len();
            (kid, unseal(path, kdf, sealed, &text.as_bytes()[..aad], passphrase)?)
        }
        _ => return Err(malformed("unknown first line or number of lines")),
    };
    let mut fixed: [u8; 32] =
        seed.as_slice().try_into().map_err(|_| malformed("the seed is not 32 bytes"))?;
    let key = SigningKey::from_seed(fixed);
    fixed.zeroize();
    if kid.strip_prefix("kid ") != Some(key.public().kid().to_string().as_str()) {
        return Err(malformed("the seed does not belong to the kid"));
    }
    Ok(key)
}

fn unseal(
    path: &Path,
    kdf: &str,
    sealed: &str,
    aad: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let malformed = |what| KeyFileError::Malformed { path: path.to_owned(), what };
    let kdf: Kdf = serde_json::from_str(kdf).map_err(|_| malformed("bad key derivation line"))?;
    let bounded = kdf.kdf == "argon2id"
        && (8..=KDF_M_KIB_MAX).contains(&kdf.m_kib)
        && (1..=KDF_T_MAX).contains(&kdf.t)
        && (1..=KDF_P_MAX).contains(&kdf.p);
    if !bounded {
        return Err(malformed("key derivation out of bounds"));
    }
    let salt = URL_SAFE_NO_PAD.decode(&kdf.salt).map_err(|_| malformed("bad salt"))?;
    let nonce = URL_SAFE_NO_PAD.decode(&kdf.nonce).map_err(|_| malformed("bad nonce"))?;
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| malformed("bad nonce"))?;
    let sealed = sealed.strip_prefix("sealed ").ok_or_else(|| malformed("no sealed line"))?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| malformed("the sealed key is not base64url"))?;
    let secret = derive(&kdf, passphrase, &salt).ok_or_else(|| malformed("key derivation failed"))?;
    let cipher = Aes256Gcm::new_from_slice(&*secret).map_err(|_| malformed("key derivation failed"))?;
    cipher
        .decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad })
        .map(Zeroizing::new)
        .map_err(|_| KeyFileError::WrongPassphrase { path: path.to_owned() })
}

fn derive(kdf: &Kdf, passphrase: &Passphrase, salt: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let params = argon2::Params::new(kdf.m_kib, kdf.t, kdf.p, Some(32)).ok()?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut secret = Zeroizing::new([0_u8; 32]);
    argon2.hash_password_into(&passphrase.0, salt, secret.as_mut_slice()).ok()?;
    Some(secret)
}

/// Writes a new file of mode 0600, synced with its directory before this returns.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => io(source),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    sync_parent(path).map_err(io)
}

/// Makes creations and renames in a file's directory durable.
pub(crate) fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(io)?.len() > FILE_MAX_BYTES {
        return Err(KeyFileError::Malformed { path: path.to_owned(), what: "it is too long" });
    }
    fs::read(path).map_err(io)
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|source| KeyFileError::Io { path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_path: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_event::OsEntropy;

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    #[test]
    fn a_key_comes_back_as_it_was_written_with_and_without_a_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let phrase = Passphrase::new(b"three brown hens".to_vec());
        for (name, phrase) in [("plain", None), ("sealed", Some(&phrase))] {
            let path = dir.path().join(name);
            write(&path, &key(), phrase, &mut OsEntropy).unwrap();
            assert_eq!(read(&path, phrase).unwrap().public(), key().public());
        }
    }

    #[test]
    fn a_sealed_key_holds_no_seed_and_opens_for_its_passphrase_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, &key(), Some(&Passphrase::new(b"right".to_vec())), &mut OsEntropy).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&URL_SAFE_NO_PAD.encode([7_u8; 32])));
        assert!(matches!(read(&path, None), Err(KeyFileError::PassphraseNeeded { .. })));
        let wrong = Passphrase::new(b"wrong".to_vec());
        assert!(matches!(read(&path, Some(&wrong)), Err(KeyFileError::WrongPassphrase { .. })));
        fs::write(&path, text.replace("\"t\":3", "\"t\":4")).unwrap();
        let right = Passphrase::new(b"right".to_vec());
        assert!(matches!(read(&path, Some(&right)), Err(KeyFileError::WrongPassphrase { .. })));
        fs::write(&path, text.replace("65536", "99999999")).unwrap();
        assert!(matches!(read(&path, Some(&right)), Err(KeyFileError::Malformed { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused_and_the_remedy_named() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, &key(), None, &mut OsEntropy).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&path, None).err().unwrap();
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_damaged_or_foreign_file_is_refused_without_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, &key(), None, &mut OsEntropy).unwrap();
        let good = fs::read(&path).unwrap();
        for cut in 0..good.len() {
            fs::write(&path, &good[..cut]).unwrap();
            assert!(read(&path, None).is_err(), "cut at {cut}");
        }
        fs::write(&path, String::from_utf8(good).unwrap().replace("seed Bw", "seed Cw")).unwrap();
        assert!(matches!(read(&path, None), Err(KeyFileError::Malformed { .. })));
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, &key(), None, &mut OsEntropy).unwrap();
        assert!(matches!(write(&path, &key(), None, &mut OsEntropy), Err(KeyFileError::Exists { .. })));
    }
}

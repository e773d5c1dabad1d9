//! The keyring's lock where the operator gives a passphrase: Argon2id (RFC 9106).

use std::io;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::Entropy;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::keyring_file::{FileKey, KeyringLock, LockError};

/// Memory, in KiB, that a file may ask for: a forged file must not exhaust the machine.
const MAX_MEMORY_KIB: u64 = 1 << 20;
/// Passes, and lanes, that a file may ask for.
const MAX_PASSES: u64 = 16;
const MAX_LANES: u64 = 16;
const SALT_BYTES: usize = 16;
const KIND: &str = "argon2id";

/// How much work one guess at the passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassphraseCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl PassphraseCost {
    /// RFC 9106 section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
    pub const STANDARD: PassphraseCost = PassphraseCost { memory_kib: 1 << 16, passes: 3, lanes: 4 };
}

/// A passphrase; wiped from memory when dropped.
pub struct Passphrase {
    text: Zeroizing<Vec<u8>>,
    cost: PassphraseCost,
}

impl Passphrase {
    /// A passphrase at the standard cost.
    ///
    /// # Errors
    /// [`LockError::Parameters`] where it is empty.
    pub fn new(text: Zeroizing<Vec<u8>>) -> Result<Passphrase, LockError> {
        Passphrase::with_cost(text, PassphraseCost::STANDARD)
    }

    /// A passphrase at another cost for files that it seals. What a file says governs opening it.
    ///
    /// # Errors
    /// [`LockError::Parameters`] where the passphrase is empty.
    pub fn with_cost(text: Zeroizing<Vec<u8>>, cost: PassphraseCost) -> Result<Passphrase, LockError> {
        if text.is_empty() {
            return Err(LockError::Parameters("the passphrase is empty".to_owned()));
        }
        Ok(Passphrase { text, cost })
    }

    /// Reads a passphrase from a file of the operator's, without the line end that editors put there.
    ///
    /// # Errors
    /// [`LockError::Unavailable`] where the file cannot be read, [`LockError::Parameters`] where it is empty.
    pub fn from_file(path: &Path) -> Result<Passphrase, LockError> {
        let told = |e: io::Error| LockError::Unavailable(format!("{}: {e}", path.display()));
        let mut text = Zeroizing::new(std::fs::read(path).map_err(told)?);
        while text.last().is_some_and(|&b| b == b'\n' || b == b'\r') {
            text.pop();
        }
        Passphrase::new(text)
    }

    fn derive(&self, cost: PassphraseCost, salt: &[u8]) -> Result<FileKey, LockError> {
        let refuse = |e: argon2::Error| LockError::Parameters(e.to_string());
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(refuse)?;
        let mut key = FileKey::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&self.text, salt, &mut key[..])
            .map_err(refuse)?;
        Ok(key)
    }
}

impl KeyringLock for Passphrase {
    fn seal_key(&self, rng: &mut dyn Entropy) -> Result<(Vec<(String, Value)>, FileKey), LockError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill(&mut salt)?;
        let parameters = [
            ("kdf", KIND.into()),
            ("m_kib", self.cost.memory_kib.into()),
            ("t", self.cost.passes.into()),
            ("p", self.cost.lanes.into()),
            ("salt", URL_SAFE_NO_PAD.encode(salt).into()),
        ];
        let parameters = parameters.map(|(name, value): (&str, Value)| (name.to_owned(), value)).to_vec();
        Ok((parameters, self.derive(self.cost, &salt)?))
    }

    fn open_key(&self, parameters: &Map<String, Value>) -> Result<FileKey, LockError> {
        let number = |name: &str, limit: u64| {
            let value = parameters.get(name).and_then(Value::as_u64).filter(|&n| (1..=limit).contains(&n));
            let value = value.and_then(|n| u32::try_from(n).ok());
            value.ok_or_else(|| LockError::Parameters(format!("{name} is missing or above {limit}")))
        };
        if parameters.get("kdf").and_then(Value::as_str) != Some(KIND) || parameters.len() != 5 {
            return Err(LockError::Parameters(format!("not those of {KIND}")));
        }
        let cost = PassphraseCost {
            memory_kib: number("m_kib", MAX_MEMORY_KIB)?,
            passes: number("t", MAX_PASSES)?,
            lanes: number("p", MAX_LANES)?,
        };
        let salt = parameters.get("salt").and_then(Value::as_str);
        let salt = salt.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).filter(|s| s.len() == SALT_BYTES);
        self.derive(cost, &salt.ok_or_else(|| LockError::Parameters("salt".to_owned()))?)
    }
}

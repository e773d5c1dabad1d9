//! Passwords: what is kept of one, and the work it takes to try one.

use argon2::{Algorithm, Argon2, Params, Version};
use daybook_event::Origin;
use sha2::{Digest, Sha256};

/// Memory for one password, in KiB: RFC 9106 section 4, the second recommended option.
pub const MEMORY_KIB: u32 = 65_536;
/// Passes over the memory.
pub const PASSES: u32 = 3;
/// Lanes.
pub const LANES: u32 = 4;
/// Longest password, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 1_024;
/// Shortest password that an account should be granted with, in bytes (NIST SP 800-63B-4 section 3.1.1.2: 15 characters where it stands alone).
pub const PASSWORD_MIN_BYTES: usize = 15;
const SALT_BYTES: usize = 16;

/// No digest could be computed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be worked on: {0}")]
pub struct PasswordError(argon2::Error);

/// The digest by which an account is granted with a password: Argon2id, salted with the ledger's name and the account, so that the same password
/// looks different for each of them. The bytes count as they come; nothing is folded or trimmed.
///
/// # Errors
/// There is no memory for it, or the password is longer than Argon2 takes.
pub fn password_digest(origin: &Origin, account: &str, password: &[u8]) -> Result<[u8; 32], PasswordError> {
    let salt = Sha256::digest(format!("daybook password\n{origin}\n{account}"));
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(PasswordError)?;
    let mut digest = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, &salt[..SALT_BYTES], &mut digest)
        .map_err(PasswordError)?;
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_looks_different_for_each_account_and_ledger() {
        let digest = |origin: &str, account: &str, password: &[u8]| {
            password_digest(&origin.parse().expect("an origin"), account, password).expect("a digest")
        };
        let known = digest("a.example/daybook", "a-0001", b"correct horse battery");
        assert_eq!(known, digest("a.example/daybook", "a-0001", b"correct horse battery"));
        assert_ne!(known, digest("b.example/daybook", "a-0001", b"correct horse battery"));
        assert_ne!(known, digest("a.example/daybook", "a-0002", b"correct horse battery"));
        assert_ne!(known, digest("a.example/daybook", "a-0001", b"correct horse batterY"));
    }
}

//! Randomness as a capability, so that tests can make it fail and can repeat a run.

/// The source of randomness failed. Nothing was signed or sent; trying again later is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed; check the operating system's random device and try again")]
pub struct EntropyError;

/// A source of bytes that nobody can predict. Salts, identifiers and keys rest on it.
pub trait Entropy {
    /// Fills `buf` with fresh random bytes.
    ///
    /// # Errors
    /// Where the source fails; `buf` must then not be used.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}

/// An array of fresh random bytes.
pub(crate) fn random<const N: usize>(rng: &mut dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    rng.fill(&mut bytes)?;
    Ok(bytes)
}

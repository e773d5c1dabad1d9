//! Signed events: catalogue, SD-JWT issuing and verifying, producer keys and sequences. Pure: no I/O.
#![forbid(unsafe_code)]

pub mod b64;
pub mod claims;
pub mod entropy;
pub mod entry;
pub mod hash;
pub mod json;
pub mod keys;
pub mod names;
pub mod refusal;
pub mod token;
pub mod xscan;

pub use claims::{Claims, SlotDigest};
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use keys::{KeyError, PublicKey, SigningKey};
pub use names::{Issuer, Jti, Kid, NameError, Origin, Period, TypeName};
pub use refusal::{Code, Refusal};
pub use token::Token;

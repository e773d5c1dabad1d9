//! Signed events: catalogue, SD-JWT issuing and verifying, producer keys and sequences. Pure: no I/O.
#![forbid(unsafe_code)]

pub mod b64;
pub mod batch;
pub mod catalogue;
pub mod claims;
pub mod content;
pub mod continuity;
pub mod disclose;
pub mod entropy;
pub mod entry;
pub mod hash;
pub mod issue;
pub mod json;
pub mod key_request;
pub mod keys;
pub mod names;
pub mod refusal;
pub mod registry;
pub mod schema;
pub mod time;
pub mod token;
pub mod xscan;

pub use batch::{SignatureItem, verify_batch};
pub use catalogue::{Catalogue, CatalogueError, Class, EventType, Field, SchemaFault, Slot};
pub use claims::{Claims, SlotDigest};
pub use content::{Content, Shown, check_content, check_public, show};
pub use continuity::{Anomaly, Continuity, Head, Place};
pub use disclose::{DiscloseFault, disclose, withhold};
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use issue::{Draft, IssueError, Position, Signed, issue};
pub use key_request::{KeyRequest, KeyRequestFault, Rotation};
pub use keys::{KeyError, PublicKey, SigningKey};
pub use names::{Issuer, Jti, Kid, NameError, Origin, Period, TypeName};
pub use refusal::{Code, Refusal};
pub use registry::{KeyRecord, Registry, RegistryFault, Standing};
pub use token::Token;

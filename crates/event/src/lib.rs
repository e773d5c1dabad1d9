//! Signed events: what a department records, in a form that anyone can check and that can be shown in part.
//!
//! An event is an SD-JWT (RFC 9901) signed with Ed25519; the byte formats are in `schemas/formats.md`, the types of event in `schemas/events`.
//! This crate knows no clock, disk, network or runtime: bytes come in and verdicts go out, and randomness comes through [`Entropy`].
//!
//! | module | what it holds |
//! |---|---|
//! | [`names`], [`keys`], [`time`] | values that exist only in their one valid form |
//! | [`json`], [`b64`] | strict readers: one spelling, no repeated member, bounded depth |
//! | [`catalogue`], [`schema`] | the types of event, read from their schema files |
//! | [`token`], [`claims`] | an event as it came: well formed, not verified |
//! | [`content`], [`xscan`] | what it says, checked: slots, disclosures, fields, nothing forbidden |
//! | [`batch`] | many signatures at once, with the answers of strict verification |
//! | [`issue`](mod@issue), [`disclose`](mod@disclose) | making an event; showing a part of one |
//! | [`registry`], [`continuity`] | folds over the log: who may sign what, and whose sequence is whole |
//! | [`sealing`] | what was sealed, erased and unsealed, and by which events |
//! | [`refusal`] | why an event is refused: stable codes |
//! | [`entry`], [`key_request`] | the ledger's entry; a producer's request for a key |
//!
//! A department signs an event, and a ledger looks at it:
//!
//! ```
//! use daybook_event::{Catalogue, Draft, OsEntropy, Position, SigningKey, Token, check_content, issue};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let draft: Draft = serde_json::from_str(
//!     r#"{
//!         "event": "release.completed",
//!         "fields": {
//!             "outcome": "released_public",
//!             "exit_point": "public_lobby",
//!             "occurred_at": "2026-11-22T12:31-07:00",
//!             "recorded_at": "2026-11-22T12:40-07:00",
//!             "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja"
//!         }
//!     }"#,
//! )?;
//! let (issuer, origin) = ("sheriff/jail-records".parse()?, "ledger.example/daybook".parse()?);
//! let key = SigningKey::generate(&mut OsEntropy)?;
//! let at = Position::first(&origin);
//! let signed = issue(&draft, &issuer, &origin, at, &key, Catalogue::builtin(), &mut OsEntropy)?;
//!
//! let token = Token::parse(signed.compact.as_bytes())?;
//! assert!(key.public().verify_strict(token.signing_input(), token.signature()));
//! let content = check_content(&token, Catalogue::builtin())?;
//! assert_eq!(content.fields["exit_point"], "public_lobby");
//! // What everyone sees names the slots, but not what is in them.
//! assert!(token.claims().data.contains_key("outcome") && !token.claims().data.contains_key("matter_ref"));
//! # Ok(())
//! # }
//! ```
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
pub mod said;
pub mod schema;
pub mod sealing;
pub mod time;
pub mod token;
pub mod xscan;

pub use batch::{SignatureItem, verify_batch};
pub use catalogue::{Catalogue, CatalogueError, Class, EventType, Field, SchemaFault, Slot};
pub use claims::{Claims, SlotDigest};
pub use content::{Content, Shown, check_content, check_public, check_said, show};
pub use continuity::{Anomaly, Continuity, Head, Place};
pub use disclose::{DiscloseFault, disclose, withhold};
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use issue::{Draft, IssueError, Position, Signed, issue};
pub use key_request::{KeyRequest, KeyRequestFault, Rotation};
pub use keys::{KeyError, PublicKey, SigningKey};
pub use names::{Issuer, Jti, Kid, NameError, Origin, Period, TypeName};
pub use refusal::{Code, Refusal};
pub use registry::{KeyRecord, Registry, RegistryFault, Standing};
pub use said::Said;
pub use schema::Mistake;
pub use sealing::{EntrySpan, Part, SealKind, Sealing, SealingFault};
pub use time::{EventTime, Precision};
pub use token::Token;

//! What an event says: read once, and enough for everybody behind admission.

use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::claims::Claims;
use crate::content;
use crate::names::{Issuer, Jti, Period, TypeName};
use crate::refusal::Refusal;
use crate::token::Token;

/// An event as it was understood, whether admission read it or somebody who opened it again. Holds whatever was disclosed, withheld values too, so it
/// is not for keeping.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The producer.
    pub iss: Issuer,
    /// The event's identifier.
    pub jti: Jti,
    /// The type of event.
    pub event: TypeName,
    /// Version of the type's schema.
    pub v: u32,
    /// The month in which it happened.
    pub period: Period,
    /// Its number in the producer's sequence.
    pub seq: u64,
    /// The flat event: the public fields and those of the slots that are disclosed.
    pub fields: Map<String, Value>,
    /// The fields of the slots that are not.
    pub hidden: Vec<String>,
}

impl Said {
    pub(crate) fn new(claims: Claims, fields: Map<String, Value>, hidden: Vec<String>) -> Self {
        let Claims { iss, jti, event, v, period, seq, .. } = claims;
        Self { iss, jti, event, v, period, seq, fields, hidden }
    }

    /// Reads an issuer-signed JWT with the disclosures that are at hand, which may be any part of them: [`content::show`] says what is checked.
    ///
    /// # Errors
    /// As [`Token::parse`] and [`content::show`].
    pub fn read(jwt: &str, disclosures: Vec<&str>, catalogue: &Catalogue) -> Result<Self, Refusal> {
        content::said(Token::parse_parts(jwt, disclosures)?, catalogue)
    }
}

//! An event as it came: split, decoded and read, but neither its signature nor its disclosures checked yet.
//!
//! [`Token::parse`] takes the whole compact form, [`Token::parse_jwt`] the issuer-signed JWT alone, as entries keep it. What comes next is
//! the key's standing ([`crate::registry`]), the signature ([`crate::batch`]) and the content ([`crate::content`]).

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::b64;
use crate::claims::{Claims, Known};
use crate::hash::sha256;
use crate::json::{JsonFault, JsonFaultKind, Text, Watch, read};
use crate::keys::SIGNATURE_BYTES;
use crate::names::Kid;
use crate::refusal::{Code, Refusal};

/// Longest event with its disclosures, bytes.
pub const MAX_EVENT_BYTES: usize = 65_536;
/// Longest issuer-signed JWT, bytes.
pub const MAX_JWT_BYTES: usize = 49_152;
/// Most disclosures of one event.
pub const MAX_DISCLOSURES: usize = 64;
/// `alg` of every event (RFC 9864).
pub const ALG: &str = "Ed25519";
/// `typ` of every event.
pub const TYP: &str = "daybook-event+sd-jwt";

/// A well-formed event, not verified.
#[derive(Debug, Clone)]
pub struct Token<'a> {
    jwt: &'a str,
    signing_len: usize,
    kid: Kid,
    claims: Claims,
    signature: [u8; SIGNATURE_BYTES],
    disclosures: Vec<&'a str>,
}

impl<'a> Token<'a> {
    /// Reads a compact event with whatever disclosures it carries.
    ///
    /// # Errors
    /// `too-large`, `not-sd-jwt`, `bad-encoding`, `bad-header`, `bad-claims`, `bad-json`, `duplicate-key` or `too-deep`.
    pub fn parse(compact: &'a [u8]) -> Result<Self, Refusal> {
        if compact.len() > MAX_EVENT_BYTES {
            return Err(Refusal::new(Code::TooLarge));
        }
        let text = std::str::from_utf8(compact).map_err(|_| Refusal::new(Code::NotSdJwt))?;
        let (jwt, rest) = text.split_once('~').ok_or_else(|| Refusal::new(Code::NotSdJwt))?;
        let mut disclosures = Vec::with_capacity(16);
        if !rest.is_empty() {
            // The tilde at the end is part of the form; text after it would be a key-binding JWT, which events do not have.
            let rest = rest.strip_suffix('~').ok_or_else(|| Refusal::new(Code::NotSdJwt))?;
            for disclosure in rest.split('~') {
                if disclosure.is_empty() {
                    return Err(Refusal::new(Code::NotSdJwt));
                }
                if disclosures.len() == MAX_DISCLOSURES {
                    return Err(Refusal::new(Code::TooLarge).at("disclosures"));
                }
                disclosures.push(disclosure);
            }
        }
        Self::with_disclosures(jwt, disclosures)
    }

    /// Reads an issuer-signed JWT without disclosures, as an entry keeps it.
    ///
    /// # Errors
    /// Like [`Self::parse`].
    pub fn parse_jwt(jwt: &'a str) -> Result<Self, Refusal> {
        Self::with_disclosures(jwt, Vec::new())
    }

    /// Reads an issuer-signed JWT and disclosures that are kept apart from it, as the vault keeps them.
    ///
    /// # Errors
    /// Like [`Self::parse`] of the two put together.
    pub fn parse_parts(jwt: &'a str, disclosures: Vec<&'a str>) -> Result<Self, Refusal> {
        let whole = disclosures.iter().map(|part| part.len() + 1).sum::<usize>() + jwt.len() + 1;
        if whole > MAX_EVENT_BYTES {
            return Err(Refusal::new(Code::TooLarge));
        }
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(Refusal::new(Code::TooLarge).at("disclosures"));
        }
        if disclosures.iter().any(|part| part.is_empty() || part.contains('~')) {
            return Err(Refusal::new(Code::NotSdJwt));
        }
        Self::with_disclosures(jwt, disclosures)
    }

    fn with_disclosures(jwt: &'a str, disclosures: Vec<&'a str>) -> Result<Self, Refusal> {
        if jwt.len() > MAX_JWT_BYTES {
            return Err(Refusal::new(Code::TooLarge).at("jwt"));
        }
        let mut parts = jwt.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::new(Code::NotSdJwt));
        };
        let encoding = |part: &str| Refusal::new(Code::BadEncoding).at(part);
        let mut json = Vec::with_capacity(payload.len());
        b64::decode_into(header, &mut json).ok_or_else(|| encoding("header"))?;
        let kid = read_header(&json)?;
        b64::decode_into(payload, &mut json).ok_or_else(|| encoding("payload"))?;
        let claims = read_claims(&json)?;
        let signature =
            b64::decode_array(signature).ok_or_else(|| encoding("signature").of(claims.jti, claims.seq))?;
        let signing_len = header.len() + 1 + payload.len();
        Ok(Self { jwt, signing_len, kid, claims, signature, disclosures })
    }

    /// The signed payload.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The signed payload, by itself.
    pub(crate) fn into_claims(self) -> Claims {
        self.claims
    }

    /// The key that the header names.
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// The issuer-signed JWT, which an entry keeps to the byte.
    pub fn jwt(&self) -> &'a str {
        self.jwt
    }

    /// SHA-256 of the ASCII of the issuer-signed JWT: `prev` of the producer's next event.
    pub fn jwt_hash(&self) -> [u8; 32] {
        sha256(self.jwt)
    }

    /// What the signature is over.
    pub fn signing_input(&self) -> &'a [u8] {
        self.jwt.as_bytes().get(..self.signing_len).unwrap_or_default()
    }

    /// The signature.
    pub fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// The disclosures as they came, each without its tilde.
    pub fn disclosures(&self) -> &[&'a str] {
        &self.disclosures
    }

    /// A refusal of this event.
    pub fn refusal(&self, code: Code) -> Refusal {
        Refusal::new(code).of(self.claims.jti, self.claims.seq)
    }
}

/// A JSON fault as a refusal: `shape` is the code for JSON that is not of the expected shape.
pub(crate) fn json_refusal(fault: &JsonFault, part: &str, shape: Code) -> Refusal {
    let code = match fault.kind {
        JsonFaultKind::DuplicateKey => Code::DuplicateKey,
        JsonFaultKind::TooDeep => Code::TooDeep,
        JsonFaultKind::Syntax => Code::BadJson,
        JsonFaultKind::NotWhole if part != "header" => Code::BadJson,
        _ => shape,
    };
    Refusal::new(code).at(format!("{part}{}", fault.place))
}

fn read_header(json: &[u8]) -> Result<Kid, Refusal> {
    let watch = Watch::default();
    read(json, &watch, Header { watch: &watch })
        .map_err(|fault| json_refusal(&fault, "header", Code::BadHeader))
}

fn read_claims(json: &[u8]) -> Result<Claims, Refusal> {
    let known = Known::default();
    Claims::parse(json, &known).map_err(|fault| {
        let mut refusal = json_refusal(&fault, "payload", Code::BadClaims);
        refusal.jti = known.jti.get();
        refusal.seq = known.seq.get();
        refusal
    })
}

/// The protected header: exactly `alg`, `kid` and `typ`.
struct Header<'w> {
    watch: &'w Watch,
}

impl<'de> DeserializeSeed<'de> for Header<'_> {
    type Value = Kid;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Kid, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Header<'_> {
    type Value = Kid;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the header of an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kid, A::Error> {
        let (mut alg, mut kid, mut typ) = (None, None, None);
        while let Some(name) = map.next_key_seed(Text)? {
            let value = map.next_value_seed(Text).map_err(|e| self.watch.inside(&name)(e))?;
            let (repeated, good) = match &*name {
                "alg" => (alg.replace(()).is_some(), value == ALG),
                "typ" => (typ.replace(()).is_some(), value == TYP),
                "kid" => {
                    let parsed = value.parse::<Kid>().ok();
                    (std::mem::replace(&mut kid, parsed).is_some(), parsed.is_some())
                }
                _ => (false, false),
            };
            if repeated || !good {
                let kind = if repeated { JsonFaultKind::DuplicateKey } else { JsonFaultKind::Shape };
                return Err(self.watch.inside(&name)(self.watch.fail(kind)));
            }
        }
        match (alg, kid, typ) {
            (Some(()), Some(kid), Some(())) => Ok(kid),
            _ => Err(self.watch.fail(JsonFaultKind::Shape)),
        }
    }
}

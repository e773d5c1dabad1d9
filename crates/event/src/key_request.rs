//! A producer's request to have its key registered or rotated: a compact JWS, signed by the key that it asks for, which proves that
//! whoever asks holds the key. Whether the producer may have it is for the ledger's governance to decide.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::b64;
use crate::claims::MAX_SEQ;
use crate::json::{self, JsonFault};
use crate::keys::{KeyError, PublicKey, SigningKey};
use crate::names::{Issuer, Kid, Origin};
use crate::token::ALG;

/// `typ` of every request.
pub const TYP: &str = "daybook-key-request+jwt";
/// Longest request, bytes.
pub const MAX_REQUEST_BYTES: usize = 4_096;

/// What a producer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The ledger that is asked.
    pub origin: Origin,
    /// The producer that asks.
    pub issuer: Issuer,
    /// The key that is to be put in force.
    pub key: PublicKey,
    /// For a rotation, what it replaces.
    pub rotation: Option<Rotation>,
}

/// The rest of a request to rotate a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The first sequence number that the new key signs.
    pub from_seq: u64,
    /// The key that is replaced.
    pub old_kid: Kid,
}

/// Why a text is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRequestFault {
    /// Too long, or not three parts of canonical base64url.
    #[error("not a compact JWS of at most 4,096 bytes; send the request file as it was made")]
    Form,
    /// Not strict JSON.
    #[error("the request is {0}")]
    Json(#[from] JsonFault),
    /// The header or payload has other members than a request has.
    #[error("the {0} of the request does not have the members of a key request; make the request anew")]
    Members(&'static str),
    /// The key is not one that a ledger takes.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The header names another key than the payload.
    #[error("the header names another key than the payload; make the request anew")]
    OtherKey,
    /// The signature does not verify, so whoever asks may not hold the key.
    #[error(
        "the signature does not verify: the request was changed, or was not made by the holder of the key"
    )]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Kid,
    typ: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    aud: Origin,
    iss: Issuer,
    jwk: Jwk,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_kid: Option<Kid>,
}

impl KeyRequest {
    /// Writes the request and signs it with `key`, which must be the key that it asks for; [`Self::parse`] refuses it otherwise.
    pub fn sign(&self, key: &SigningKey) -> String {
        let header = Header { alg: ALG.to_owned(), kid: self.key.kid(), typ: TYP.to_owned() };
        let payload = Payload {
            aud: self.origin.clone(),
            iss: self.issuer.clone(),
            jwk: Jwk { crv: "Ed25519".to_owned(), kty: "OKP".to_owned(), x: self.key.x() },
            from_seq: self.rotation.map(|rotation| rotation.from_seq),
            old_kid: self.rotation.map(|rotation| rotation.old_kid),
        };
        let text =
            |value: serde_json::Result<String>| b64::encode(value.expect("plain members can be written"));
        let mut jws = text(serde_json::to_string(&header));
        jws.push('.');
        jws.push_str(&text(serde_json::to_string(&payload)));
        let signature = key.sign(jws.as_bytes());
        jws.push('.');
        b64::encode_into(signature, &mut jws);
        jws
    }

    /// Reads a request and checks that it is signed by the key that it asks for.
    ///
    /// # Errors
    /// See [`KeyRequestFault`].
    pub fn parse(jws: &str) -> Result<Self, KeyRequestFault> {
        let parts: Vec<&str> = jws.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else { return Err(KeyRequestFault::Form) };
        if jws.len() > MAX_REQUEST_BYTES {
            return Err(KeyRequestFault::Form);
        }
        let signature = b64::decode_array(signature).ok_or(KeyRequestFault::Form)?;
        let signed = header.len() + 1 + payload.len();
        let header: Header = members(header, "header")?;
        let payload: Payload = members(payload, "payload")?;
        if header.alg != ALG || header.typ != TYP {
            return Err(KeyRequestFault::Members("header"));
        }
        if payload.jwk.crv != "Ed25519" || payload.jwk.kty != "OKP" {
            return Err(KeyRequestFault::Members("payload"));
        }
        let rotation = match (payload.from_seq, payload.old_kid) {
            (None, None) => None,
            (Some(from_seq), Some(old_kid)) if from_seq <= MAX_SEQ => Some(Rotation { from_seq, old_kid }),
            _ => return Err(KeyRequestFault::Members("payload")),
        };
        let key = PublicKey::from_x(&payload.jwk.x)?;
        if key.kid() != header.kid {
            return Err(KeyRequestFault::OtherKey);
        }
        if !key.verify_strict(jws.as_bytes().get(..signed).unwrap_or_default(), &signature) {
            return Err(KeyRequestFault::Signature);
        }
        Ok(Self { origin: payload.aud, issuer: payload.iss, key, rotation })
    }
}

fn members<T: serde::de::DeserializeOwned>(part: &str, name: &'static str) -> Result<T, KeyRequestFault> {
    let json = b64::decode(part).ok_or(KeyRequestFault::Form)?;
    let value: Value = json::parse(&json)?;
    // serde reads a struct from an array as well; a request is made of objects.
    if !value.is_object() || value.get("jwk").is_some_and(|jwk| !jwk.is_object()) {
        return Err(KeyRequestFault::Members(name));
    }
    serde_json::from_value(value).map_err(|_| KeyRequestFault::Members(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &SigningKey) -> KeyRequest {
        KeyRequest {
            origin: "ledger.example/daybook".parse().unwrap(),
            issuer: "sheriff/jail-records".parse().unwrap(),
            key: key.public(),
            rotation: Some(Rotation { from_seq: 4, old_kid: Kid::from_bytes([3; 32]) }),
        }
    }

    fn resigned(header: &str, payload: &str, key: &SigningKey) -> String {
        let signed = format!("{}.{}", b64::encode(header), b64::encode(payload));
        format!("{signed}.{}", b64::encode(key.sign(signed.as_bytes())))
    }

    #[test]
    fn a_request_reads_back() {
        let key = SigningKey::from_seed([1; 32]);
        let rotation = request(&key);
        assert_eq!(KeyRequest::parse(&rotation.sign(&key)), Ok(rotation.clone()));
        let first = KeyRequest { rotation: None, ..rotation };
        assert_eq!(KeyRequest::parse(&first.sign(&key)), Ok(first));
    }

    #[test]
    fn a_request_by_another_than_the_holder_is_refused() {
        let key = SigningKey::from_seed([1; 32]);
        let forged = request(&key).sign(&SigningKey::from_seed([2; 32]));
        assert_eq!(KeyRequest::parse(&forged), Err(KeyRequestFault::Signature));
    }

    #[test]
    fn a_changed_request_is_refused() {
        let key = SigningKey::from_seed([1; 32]);
        let jws = request(&key).sign(&key);
        for at in 0..jws.len() {
            let mut changed = jws.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(KeyRequest::parse(std::str::from_utf8(&changed).unwrap()).is_err(), "byte {at}");
        }
        assert_eq!(KeyRequest::parse(&"a".repeat(5_000)), Err(KeyRequestFault::Form));
    }

    #[test]
    fn odd_members_are_refused_even_when_signed() {
        let key = SigningKey::from_seed([1; 32]);
        let (kid, x) = (key.public().kid(), key.public().x());
        let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{TYP}"}}"#);
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let payload = format!(r#"{{"aud":"o","iss":"a/b","jwk":{jwk}}}"#);
        assert!(KeyRequest::parse(&resigned(&header, &payload, &key)).is_ok());
        for (header, payload) in [
            (header.replace("Ed25519", "EdDSA"), payload.clone()),
            (header.replace(TYP, "JWT"), payload.clone()),
            (header.replace('}', r#","crit":[]}"#), payload.clone()),
            (header.clone(), payload.replacen('{', r#"{"aud":"p","#, 1)),
            (header.clone(), payload.replacen('{', r#"{"from_seq":1,"#, 1)),
            (header.clone(), payload.replacen('{', r#"{"more":1,"#, 1)),
            (header.clone(), payload.replace("OKP", "EC")),
            (header.clone(), payload.replace(&jwk, &format!(r#"["Ed25519","OKP","{x}"]"#))),
        ] {
            assert!(KeyRequest::parse(&resigned(&header, &payload, &key)).is_err(), "{header} {payload}");
        }
        let other =
            header.replace(&kid.to_string(), &SigningKey::from_seed([2; 32]).public().kid().to_string());
        assert_eq!(KeyRequest::parse(&resigned(&other, &payload, &key)), Err(KeyRequestFault::OtherKey));
    }
}

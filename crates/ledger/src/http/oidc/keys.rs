//! The issuer's keys (JWKS, RFC 7517) and signatures under them (RFC 7518, RFC 8037).

use std::sync::Arc;

use daybook_event::b64;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// Keys that are taken from one set.
const KEYS_MAX: usize = 64;
/// Longest modulus, in bytes: RSA with 8,192 bits.
const RSA_MAX_BYTES: usize = 1_024;

/// How tokens may be signed. There is no other way: neither `none` nor a shared secret has a place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A public key, good for one algorithm.
pub(super) struct Key {
    kid: Option<String>,
    material: Material,
}

enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point.
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

impl Key {
    /// The algorithm follows from the key, never from the token.
    fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether `signature` is one of `message` under this key.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Material::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
            }
        }
    }
}

/// The keys of an issuer.
pub(super) struct Keys(Vec<Arc<Key>>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// The keys of a set that can check tokens. Others are passed over, as RFC 7517 section 5 asks; `None` where none is left.
    pub(super) fn parse(set: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(set).ok()?;
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let keys: Vec<Arc<Key>> = jwks.filter_map(|jwk| jwk.key()).map(Arc::new).take(KEYS_MAX).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key for a token. One without a key's name is only checked where there is no choice (OpenID Connect Core 1.0 section 10.1).
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Arc<Key>> {
        let fits =
            |key: &&Arc<Key>| key.algorithm() == algorithm && (kid.is_none() || key.kid.as_deref() == kid);
        let mut fitting = self.0.iter().filter(fits);
        fitting.next().filter(|_| kid.is_some() || fitting.next().is_none())
    }
}

impl Jwk {
    fn key(self) -> Option<Key> {
        let signs = self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !signs {
            return None;
        }
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Material::Rsa { n: integer(&self.n?)?, e: integer(&self.e?)? },
            ("EC", Some("P-256")) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&b64::decode_array::<32>(self.x?)?);
                point[33..].copy_from_slice(&b64::decode_array::<32>(self.y?)?);
                Material::P256(point)
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(b64::decode_array(self.x?)?),
            _ => return None,
        };
        let key = Key { kid: self.kid, material };
        let meant = self.alg.as_deref().is_none_or(|alg| Algorithm::parse(alg) == Some(key.algorithm()));
        meant.then_some(key)
    }
}

/// A whole number as RFC 7518 section 6.3.1 writes it. Some issuers put a zero in front, which the arithmetic does not take.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = b64::decode(text)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    (bytes.len() - first <= RSA_MAX_BYTES).then(|| bytes[first..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 appendix A.3 and RFC 8037 appendix A.4.
    const PUBLISHED: [(&str, &str, &str); 2] = [
        (
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];

    fn set(keys: &[&str]) -> Option<Keys> {
        Keys::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    #[test]
    fn the_published_signatures_verify_and_no_other_does() {
        for (jwk, message, signature) in PUBLISHED {
            let keys = set(&[jwk]).expect("a key");
            let algorithm = keys.0[0].algorithm();
            let key = keys.find(None, algorithm).expect("the only key");
            let mut signature = b64::decode(signature).expect("base64url");
            assert!(key.signed(message.as_bytes(), &signature));
            for at in 0..signature.len() {
                signature[at] ^= 1;
                assert!(!key.signed(message.as_bytes(), &signature), "byte {at}");
                signature[at] ^= 1;
            }
            assert!(
                !key.signed(&message.as_bytes()[1..], &signature) && !key.signed(message.as_bytes(), b"")
            );
        }
    }

    #[test]
    fn only_keys_that_check_signatures_are_taken() {
        let ed = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
        for (more, taken) in [
            ("", true),
            (r#","use":"sig","alg":"EdDSA","key_ops":["verify"],"x5c":["AA"]"#, true),
            (r#","use":"enc""#, false),
            (r#","alg":"RS256""#, false),
            (r#","key_ops":["deriveKey"]"#, false),
        ] {
            assert_eq!(set(&[&format!("{{{ed}{more}}}")]).is_some(), taken, "{more}");
        }
        for other in [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#,
            "{}",
            "7",
        ] {
            assert!(set(&[other]).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_that_names_no_key_is_checked_only_where_there_is_no_choice() {
        let key = |kid: &str| {
            format!(
                r#"{{"kid":"{kid}","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#
            )
        };
        let one = set(&[&key("a")]).expect("a key");
        assert!(one.find(None, Algorithm::EdDsa).is_some() && one.find(None, Algorithm::Rs256).is_none());
        assert!(
            one.find(Some("a"), Algorithm::EdDsa).is_some()
                && one.find(Some("b"), Algorithm::EdDsa).is_none()
        );
        assert!(set(&[&key("a"), &key("b")]).expect("keys").find(None, Algorithm::EdDsa).is_none());
    }
}

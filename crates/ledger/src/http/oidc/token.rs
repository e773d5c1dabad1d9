//! A token: a JWT (RFC 7519) in the compact form of JWS (RFC 7515), read strictly, and what its claims must say.

use daybook_event::b64;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::OidcFault;
use super::keys::Algorithm;

/// Longest token, in bytes.
pub(super) const TOKEN_MAX_BYTES: usize = 16_384;
/// Longest subject, in bytes: OpenID Connect Core 1.0 section 2.
const SUBJECT_MAX_BYTES: usize = 255;
/// Latest time that is read, in seconds of Unix time: the year 9999.
const TIME_MAX: f64 = 253_402_300_799.0;

/// What a header says. Keys that it brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: NumericDate,
    iat: NumericDate,
    nbf: Option<NumericDate>,
    cnf: Option<IgnoredAny>,
    events: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// RFC 7519 section 2: seconds, with or without a fraction.
#[derive(Clone, Copy, Deserialize)]
struct NumericDate(f64);

impl NumericDate {
    fn seconds(self) -> Result<i64, OidcFault> {
        if (0.0..=TIME_MAX).contains(&self.0) {
            #[allow(clippy::cast_possible_truncation)] // bounded above, and the fraction is meant to go
            return Ok(self.0 as i64);
        }
        Err(OidcFault::Malformed("a time in it is none"))
    }
}

/// A token that was read and not believed yet.
pub(super) struct Parsed<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// What was signed.
    pub(super) message: &'a [u8],
    pub(super) signature: Vec<u8>,
    claims: Claims,
}

impl<'a> Parsed<'a> {
    pub(super) fn of(token: &'a str) -> Result<Self, OidcFault> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(OidcFault::Malformed("it is too long"));
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(OidcFault::Malformed("it does not have three parts"));
        };
        let header: Header = read(header).ok_or(OidcFault::Malformed("its header cannot be read"))?;
        let algorithm = header.algorithm()?;
        let claims = read(payload).ok_or(OidcFault::Malformed(
            "its claims cannot be read, or one of iss, sub, aud, exp and iat is missing",
        ))?;
        Ok(Self {
            algorithm,
            kid: header.kid,
            message: &token.as_bytes()[..token.len() - signature.len() - 1],
            signature: b64::decode(signature).ok_or(OidcFault::Signature("it is not base64url"))?,
            claims,
        })
    }

    pub(super) fn check_issuer(&self, issuer: &str) -> Result<(), OidcFault> {
        if self.claims.iss == issuer { Ok(()) } else { Err(OidcFault::Issuer) }
    }

    /// The subject, where everything else is as it must be. Call it on a token whose signature was checked.
    pub(super) fn check_claims(&self, audience: &str, skew: i64, now: i64) -> Result<&str, OidcFault> {
        let claims = &self.claims;
        if !claims.aud.names(audience) {
            return Err(OidcFault::Audience);
        }
        if claims.exp.seconds()? <= now - skew {
            return Err(OidcFault::Expired);
        }
        let begins = claims.nbf.map_or(Ok(0), NumericDate::seconds)?.max(claims.iat.seconds()?);
        if begins > now + skew {
            return Err(OidcFault::NotYet);
        }
        if claims.events.is_some() {
            return Err(OidcFault::Malformed("it tells about events, such as the end of a session"));
        }
        if claims.cnf.is_some() {
            // RFC 7800: whoever shows it must prove to hold a key, which nobody here asks for.
            return Err(OidcFault::Malformed("it is bound to a key of its holder"));
        }
        if !(1..=SUBJECT_MAX_BYTES).contains(&claims.sub.len()) {
            return Err(OidcFault::Malformed("its subject is empty or too long"));
        }
        Ok(&claims.sub)
    }
}

impl Header {
    fn algorithm(&self) -> Result<Algorithm, OidcFault> {
        // RFC 7515 section 4.1.11: what is critical and not understood must be refused; nothing of the kind is understood.
        if self.crit.is_some() {
            return Err(OidcFault::Malformed("it has critical parts that the ledger does not know"));
        }
        let typ = self.typ.as_deref().unwrap_or("JWT");
        // RFC 8725 section 3.11: other kinds of token carry the same claims and mean something else.
        if !["JWT", "at+jwt", "application/at+jwt"].iter().any(|known| known.eq_ignore_ascii_case(typ)) {
            return Err(OidcFault::Malformed("it is of another type"));
        }
        Algorithm::parse(&self.alg).ok_or(OidcFault::Signature("it is none of RS256, ES256 and EdDSA"))
    }
}

/// A part of a token: JSON in base64url. A member that is read and stands there twice makes it unreadable.
fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&b64::decode(part)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_305_600;

    fn checked(changes: &serde_json::Value, skew: i64) -> Result<(), OidcFault> {
        let mut claims = json!({ "iss": "i", "sub": "s", "aud": "a", "iat": NOW - 10, "exp": NOW + 10 });
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let header = b64::encode(r#"{"alg":"ES256"}"#);
        let token = format!("{header}.{}.AAAA", b64::encode(claims.to_string()));
        Parsed::of(&token)?.check_claims("a", skew, NOW).map(|_| ())
    }

    #[test]
    fn the_skew_counts_to_the_second() {
        for (changes, skew, expected) in [
            (json!({ "exp": NOW }), 0, Err(OidcFault::Expired)),
            (json!({ "exp": NOW + 1 }), 0, Ok(())),
            (json!({ "exp": NOW - 60 }), 60, Err(OidcFault::Expired)),
            (json!({ "exp": NOW - 59 }), 60, Ok(())),
            (json!({ "nbf": NOW }), 0, Ok(())),
            (json!({ "nbf": NOW + 1 }), 0, Err(OidcFault::NotYet)),
            (json!({ "nbf": NOW + 60 }), 60, Ok(())),
            (json!({ "iat": NOW + 61 }), 60, Err(OidcFault::NotYet)),
            (json!({ "iat": NOW as f64 + 0.5 }), 0, Ok(())),
        ] {
            assert_eq!(checked(&changes, skew), expected, "{changes} {skew}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_a_panic() {
        let (header, claims) = (b64::encode(r#"{"alg":"ES256"}"#), b64::encode("{}"));
        for text in [
            "..",
            "a.b.c",
            ".",
            "",
            "Ä.Ä.Ä",
            &format!("{header}.{claims}."),
            &format!("{header}.{claims}.a.b"),
        ] {
            assert!(matches!(Parsed::of(text), Err(OidcFault::Malformed(_))), "{text}");
        }
    }
}

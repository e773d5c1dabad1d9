//! Showing less: a compact event with only some of its disclosures. The signature holds whatever is left out, and what is left out stays
//! visible as a named slot.

use crate::b64;
use crate::hash::sha256;
use crate::token::Token;

/// An event in compact form: its issuer-signed JWT with these disclosures, in their order.
pub fn assemble<'d>(jwt: &str, disclosures: impl IntoIterator<Item = &'d str>) -> String {
    let mut compact = String::with_capacity(jwt.len() + 2_048);
    compact.push_str(jwt);
    compact.push('~');
    for disclosure in disclosures {
        compact.push_str(disclosure);
        compact.push('~');
    }
    compact
}

/// Why an event cannot be shown that way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscloseFault {
    /// The event has no slot of this name.
    #[error("the event has no slot {0:?}")]
    NoSuchSlot(String),
    /// The slot's disclosure is not among those at hand.
    #[error("the disclosure of slot {0:?} is not at hand; it is withheld or erased")]
    NotAtHand(String),
}

/// The compact form that shows exactly the slots in `keep`, and the public fields.
///
/// # Errors
/// Where a slot does not exist or its disclosure is not at hand.
pub fn disclose(t: &Token<'_>, keep: &[&str]) -> Result<String, DiscloseFault> {
    let digests: Vec<[u8; 32]> = t.disclosures().iter().map(sha256).collect();
    let mut out = String::from(t.jwt());
    for name in keep {
        let slot = t.claims().slots.iter().find(|slot| slot.name == *name);
        let slot = slot.ok_or_else(|| DiscloseFault::NoSuchSlot((*name).to_owned()))?;
        let at = digests.iter().position(|digest| *digest == slot.digest);
        let disclosure = at.and_then(|at| t.disclosures().get(at));
        out.push('~');
        out.push_str(disclosure.ok_or_else(|| DiscloseFault::NotAtHand((*name).to_owned()))?);
    }
    out.push('~');
    Ok(out)
}

/// The compact form with everything that is at hand except the slots in `hide`.
///
/// # Errors
/// Where a slot does not exist.
pub fn withhold(t: &Token<'_>, hide: &[&str]) -> Result<String, DiscloseFault> {
    let slots = &t.claims().slots;
    if let Some(name) = hide.iter().find(|name| !slots.iter().any(|slot| slot.name == **name)) {
        return Err(DiscloseFault::NoSuchSlot((*name).to_owned()));
    }
    let hidden = |digest: &[u8; 32]| {
        slots.iter().any(|slot| slot.digest == *digest && hide.contains(&slot.name.as_str()))
    };
    let mut out = String::from(t.jwt());
    for disclosure in t.disclosures() {
        if !hidden(&sha256(disclosure)) {
            out.push('~');
            out.push_str(disclosure);
        }
    }
    out.push('~');
    Ok(out)
}

/// The digest by which a payload names a disclosure, base64url.
pub fn disclosure_digest(disclosure: &str) -> String {
    b64::encode(sha256(disclosure))
}

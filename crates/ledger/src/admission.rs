//! Admission: a pure function of the state so far and a message. Accept, duplicate or refuse.
//!
//! It has two halves. [`examine`] looks at messages on their own and runs on every core: size, form, audience, the key's
//! standing, signatures (as one batch that accepts exactly the strict set), disclosures, schema, forbidden data, and what
//! the headers and the subject claim. [`place`] then takes the survivors one after the other in the order of the bus and
//! decides with the producers' sequences whether each is new.
//!
//! Sequence and `prev` are never a reason to refuse a signed event: a gap is accepted and recorded as a gap, a fork is
//! accepted and raised as equivocation.

use std::ops::Range;
use std::sync::Arc;

use daybook_event::{
    Anomaly, Catalogue, Code, Issuer, Jti, Origin, Place, PublicKey, Refusal, Registry, Said, SignatureItem,
    Standing, Token, check_said, verify_batch,
};
use daybook_index::{IndexError, State};

use crate::bus::Inbound;

/// What admission knows without the state: the ledger's name and the types of event.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The only audience that is accepted.
    pub origin: &'a Origin,
    /// The types of event.
    pub catalogue: &'a Catalogue,
    /// What is kept of a message that passes.
    pub keep: Keep,
}

/// What is kept of a message that passes [`examine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Where its parts are in its body.
    Places,
    /// What it says, too.
    Said,
}

/// A message that passed [`examine`]: what is needed of it from there on, as places in its body.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Who signed it.
    pub iss: Issuer,
    /// Its identifier.
    pub jti: Jti,
    /// The producer's sequence number.
    pub seq: u64,
    /// Hash of the event before it.
    pub prev: [u8; 32],
    /// SHA-256 of its issuer-signed JWT.
    pub hash: [u8; 32],
    /// The issuer-signed JWT.
    pub jwt: Range<usize>,
    /// Disclosures of class R.
    pub restricted: Vec<Range<usize>>,
    /// Disclosures of class W.
    pub withheld: Vec<Range<usize>>,
    /// What it says, where that is to be kept.
    pub said: Option<Arc<Said>>,
}

/// What becomes of an examined message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It becomes the entry with this index. What its sequence number tells is worth recording, not refusing.
    Accept {
        /// The new entry's index.
        index: u64,
        /// Gaps and forks that it opened or closed.
        anomalies: Vec<Anomaly>,
    },
    /// It is this entry already.
    Duplicate {
        /// The entry's index.
        index: u64,
    },
    /// It is not let in.
    Refuse(Refusal),
}

/// Whether an event may change what the events after it are judged by. Such an event must be placed before the next
/// one is examined.
#[must_use]
pub fn is_administrative(message: &Inbound) -> bool {
    message.subject.starts_with("daybook.events.ledger.")
}

/// Examines messages on their own. One result per message, in order.
#[must_use]
pub fn examine(
    messages: &[Inbound],
    registry: &Registry,
    rules: Rules<'_>,
) -> Vec<Result<Examined, Refusal>> {
    let parsed: Vec<_> = messages.iter().map(|message| parse(message, registry, rules)).collect();
    let items: Vec<_> = parsed
        .iter()
        .flatten()
        .map(|(token, key)| SignatureItem {
            key,
            message: token.signing_input(),
            signature: token.signature(),
        })
        .collect();
    let mut verdicts = verify_batch(&items).into_iter();
    messages
        .iter()
        .zip(parsed)
        .map(|(message, parsed)| {
            let (token, _) = parsed?;
            if verdicts.next() != Some(true) {
                return Err(about(&token, Code::BadSignature));
            }
            content(message, token, rules)
        })
        .collect()
}

/// Size, form, audience, subject and the key's standing: all that can be said before the signature is known to be good.
fn parse<'a>(
    message: &'a Inbound,
    registry: &Registry,
    rules: Rules<'_>,
) -> Result<(Token<'a>, PublicKey), Refusal> {
    let token = Token::parse(&message.payload)?;
    let claims = token.claims();
    if claims.aud != *rules.origin {
        return Err(about(&token, Code::WrongAudience));
    }
    if message.subject != claims.iss.events_subject() {
        return Err(about(&token, Code::SubjectMismatch));
    }
    match registry.standing(&claims.iss, token.kid(), claims.seq) {
        Standing::InForce(key) => Ok((token, key)),
        Standing::UnknownProducer => Err(about(&token, Code::UnknownProducer)),
        Standing::UnknownKey => Err(about(&token, Code::UnknownKey)),
        Standing::Revoked { .. } => Err(about(&token, Code::KeyRevoked)),
        Standing::NotForSequence => Err(about(&token, Code::KeyNotForSequence)),
    }
}

/// Headers, disclosures, schema and forbidden data.
fn content(message: &Inbound, token: Token<'_>, rules: Rules<'_>) -> Result<Examined, Refusal> {
    headers(message, &token)?;
    let base = message.payload.as_ptr() as usize;
    let place = |part: &str| {
        let start = part.as_ptr() as usize - base;
        start..start + part.len()
    };
    let (jwt, prev, hash) = (place(token.jwt()), token.claims().prev, token.jwt_hash());
    let (content, said) = check_said(token, rules.catalogue)?;
    Ok(Examined {
        iss: said.iss.clone(),
        jti: said.jti,
        seq: said.seq,
        prev,
        hash,
        jwt,
        restricted: content.r.iter().map(|part| place(part)).collect(),
        withheld: content.w.iter().map(|part| place(part)).collect(),
        said: (rules.keep == Keep::Said).then(|| Arc::new(said)),
    })
}

/// Headers are copies of signed claims: where present, they must agree.
fn headers(message: &Inbound, token: &Token<'_>) -> Result<(), Refusal> {
    let claims = token.claims();
    let jti = claims.jti.to_string();
    let check = |name: &str, value: &Option<String>, good: &dyn Fn(&str) -> bool| match value {
        Some(value) if !good(value) => Err(about(token, Code::HeaderMismatch).at(format!("header {name}"))),
        _ => Ok(()),
    };
    let resent = |value: &str| {
        value.strip_prefix(&jti).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('/')
                    .is_some_and(|n| (1..=10).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let headers = &message.headers;
    check("Nats-Msg-Id", &headers.msg_id, &resent)?;
    check("ce-id", &headers.ce_id, &|value| value == jti)?;
    check("ce-source", &headers.ce_source, &|value| value == claims.iss.to_string())?;
    check("ce-type", &headers.ce_type, &|value| value == claims.event.to_string())?;
    check("Content-Type", &headers.content_type, &|value| value == "application/daybook-event+sd-jwt")
}

fn about(token: &Token<'_>, code: Code) -> Refusal {
    Refusal::new(code).of(token.claims().jti, token.claims().seq)
}

/// Places an examined message: decides whether it is new and, if so, folds it into the state.
///
/// # Errors
/// The index could not be read; nothing has changed then.
pub fn place(message: &Inbound, examined: &Examined, state: &mut State) -> Result<Decision, IndexError> {
    let continuity = state.continuity();
    let known = match continuity.place(&examined.iss, examined.seq) {
        Place::Next | Place::Ahead { .. } => false,
        Place::Behind => !continuity.is_open_gap(&examined.iss, examined.seq),
    };
    if known {
        let recorded = state.recorded(&examined.iss, examined.seq)?;
        if let Some(same) = recorded.iter().find(|recorded| recorded.hash == examined.hash) {
            return Ok(Decision::Duplicate { index: same.index });
        }
    }
    let index = state.next_index();
    if !is_administrative(message) {
        let anomalies = state.apply_ordinary(&examined.iss, examined.seq, &examined.prev, &examined.hash);
        return Ok(Decision::Accept { index, anomalies });
    }
    // Rare: an administrative event is parsed again rather than kept parsed for every ordinary one.
    let applied = Token::parse(&message.payload)
        .and_then(|token| state.apply(&token).map_err(|_| about(&token, Code::Authority)));
    Ok(match applied {
        Ok(anomalies) => Decision::Accept { index, anomalies },
        Err(refusal) => Decision::Refuse(refusal),
    })
}

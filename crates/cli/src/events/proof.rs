//! The proof of one event: kept in files, and checked on the spot against a trust policy.

use std::path::{Path, PathBuf};

use daybook_event::entry::parse_entry;
use daybook_event::{Catalogue, Token, show};
use daybook_tlog::{Policy, TlogProof, leaf_hash};

use crate::output;
use crate::remote::{Trouble, failed};
use crate::shown::{Event, plain};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Proof")]
pub(super) struct Proof {
    /// Write the proof (a C2SP tlog-proof) to this file
    #[arg(long, value_name = "FILE")]
    proof_out: Option<PathBuf>,
    /// Write the entry, the bytes that are hashed, to this file
    #[arg(long, value_name = "FILE")]
    entry_out: Option<PathBuf>,
    /// Check the proof under this trust policy (C2SP tlog-policy); take it from somewhere else than the ledger
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// What an answer says that the log holds.
pub(super) struct Claimed<'a> {
    /// The identifier that was asked for.
    pub(super) jti: &'a str,
    pub(super) event: &'a Event,
    pub(super) entry: &'a str,
    pub(super) proof: &'a str,
}

impl Proof {
    /// Whether anything is to be done.
    pub(super) fn is_wanted(&self) -> bool {
        self.proof_out.is_some() || self.entry_out.is_some() || self.policy.is_some()
    }

    /// Writes and checks what is wanted. What comes back says what was found.
    pub(super) fn carry_out(&self, claimed: &Claimed<'_>) -> Result<Vec<String>, Trouble> {
        let mut said = Vec::new();
        for (path, text, what) in
            [(&self.proof_out, claimed.proof, "the proof"), (&self.entry_out, claimed.entry, "the entry")]
        {
            if let Some(path) = path {
                output::write(path, text.as_bytes()).map_err(failed)?;
                said.push(format!("{what} is in {}", path.display()));
            }
        }
        match &self.policy {
            None => said.push("the proof was not checked; --policy trust.policy checks it".into()),
            Some(path) => said.push(verified(claimed, &policy(path)?)?),
        }
        Ok(said)
    }
}

fn policy(path: &Path) -> Result<Policy, Trouble> {
    let fault =
        |reason: &dyn std::fmt::Display| Trouble::Usage(format!("--policy {}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fault(&error))?;
    text.parse().map_err(|error| fault(&error))
}

/// Holds the answer against its proof: the log holds these bytes at this place, and they are the event that was asked for, as it
/// is shown.
fn verified(claimed: &Claimed<'_>, policy: &Policy) -> Result<String, Trouble> {
    let proof = TlogProof::parse(claimed.proof).map_err(|e| wrong(&e))?;
    let checkpoint = proof.verify(policy, &leaf_hash(claimed.entry.as_bytes())).map_err(|e| wrong(&e))?;
    if proof.index != claimed.event.entry {
        return Err(wrong(&format_args!(
            "the proof is about entry {}, the answer about entry {}",
            proof.index, claimed.event.entry
        )));
    }
    let compared = same_event(claimed)?;
    Ok(format!(
        "VERIFIED: {} holds this event as entry {}, under a checkpoint of {} entries. {compared}",
        checkpoint.origin, proof.index, checkpoint.size
    ))
}

fn wrong(reason: &dyn std::fmt::Display) -> Trouble {
    failed(format!("NOT VERIFIED: {}", plain(&reason.to_string())))
}

/// Whether the bytes of the entry say what the answer shows; what comes back says how far that can be told.
fn same_event(claimed: &Claimed<'_>) -> Result<&'static str, Trouble> {
    let jwt = parse_entry(claimed.entry.as_bytes()).map_err(|e| wrong(&e))?.event;
    let bare = format!("{jwt}~");
    let token = Token::parse(bare.as_bytes()).map_err(|e| wrong(&e))?;
    let (claims, shown) = (token.claims(), claimed.event);
    if claims.jti.to_string() != claimed.jti || shown.jti != claimed.jti {
        return Err(wrong(&"the entry holds another event than was asked for"));
    }
    let same = claims.event.as_str() == shown.event
        && claims.v == shown.v
        && claims.iss.as_str() == shown.issuer
        && claims.seq == shown.seq
        && claims.period.to_string() == shown.period;
    if !same {
        return Err(wrong(&"type, producer, number or month are others in the entry than in the answer"));
    }
    if Catalogue::builtin().get(&shown.event, shown.v).is_none() {
        return Ok("This version does not know the type, so the fields were not compared.");
    }
    let public = show(&token, Catalogue::builtin()).map_err(|e| wrong(&e))?.fields;
    if let Some((field, _)) = public.iter().find(|(field, value)| shown.fields.get(*field) != Some(value)) {
        return Err(wrong(&format_args!(
            "the public field {field} is another in the entry than in the answer"
        )));
    }
    Ok(
        "The proof covers the signed bytes and the public fields; restricted fields are bound by digests that this answer does not open.",
    )
}

#[cfg(test)]
mod tests;

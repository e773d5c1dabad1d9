//! The gate: who asks, what for, and whether they may.
//!
//! Every handler of an auditors' route begins here. What is refused is refused before anything is read, with a problem that holds nothing out of
//! the ledger.

use axum::http::{HeaderMap, StatusCode};
use daybook_access::{
    Action, AuthFault, Extent, PURPOSES, REFERENCE_MAX_BYTES, Role, Session, may, requires_purpose,
};
use sha2::{Digest, Sha256};

use super::sign_on::Visitor;
use super::{App, Problem, problem, token_required};
use crate::access::{Desk, Read, Reader, Unrecorded};

/// The header that says what a read is for: a code, and where there is one a reference: `audit 2026-A-17`.
const PURPOSE: &str = "daybook-purpose";

/// Somebody who may do what they ask for.
pub(super) struct Caller {
    pub(super) session: Session,
    /// Whether they may do it for everything or for what is their own.
    pub(super) extent: Extent,
    purpose: Option<(String, Option<String>)>,
}

impl Caller {
    /// The only department whose events they may see; none where they may see all.
    pub(super) fn own_department(&self) -> Option<&str> {
        match self.extent {
            Extent::All => None,
            // An account of a department without a department sees nothing.
            Extent::Own | Extent::None => Some(self.session.department.as_deref().unwrap_or("")),
        }
    }

    /// How the read is recorded.
    pub(super) fn read(&self, kind: &'static str, query: &[u8], rows: u64, size: u64) -> Read {
        let (purpose, reference) = self.purpose.clone().unwrap_or_else(|| ("operation".into(), None));
        Read {
            reader: Reader {
                account: self.session.account.clone(),
                role: self.session.role,
                purpose,
                reference,
            },
            kind,
            query: Sha256::digest(query).into(),
            rows,
            size,
        }
    }
}

/// Lets somebody through, or says why not.
pub(super) fn admit(app: &App, visitor: &Visitor, action: Action) -> Result<Caller, Problem> {
    desk(app)?;
    let session = visitor.session()?;
    let extent = may(session.role, action);
    if extent == Extent::None {
        return Err(not_allowed(session.role, action));
    }
    let purpose = purpose(&visitor.headers)?;
    if purpose.is_none() && requires_purpose(action) {
        return Err(problem(
            StatusCode::BAD_REQUEST,
            "purpose-required",
            &format!(
                "Say what the reading is for in the header Daybook-Purpose: one of {}, and where there is one its reference, such as `audit 2026-A-17`.",
                PURPOSES.join(", ")
            ),
        ));
    }
    Ok(Caller { session, extent, purpose })
}

/// Whether a visitor may do something of which no record is made, because it shows nothing restricted.
pub(super) fn entitled(app: &App, visitor: &Visitor, action: Action, otherwise: &str) -> Result<(), Problem> {
    if app.entries.allows(&visitor.headers) {
        return Ok(());
    }
    if app.desk.is_none() || visitor.is_nobody() {
        return Err(token_required(otherwise));
    }
    let session = visitor.session()?;
    if may(session.role, action) == Extent::None {
        return Err(not_allowed(session.role, action));
    }
    Ok(())
}

fn not_allowed(role: Role, action: Action) -> Problem {
    problem(
        StatusCode::FORBIDDEN,
        "not-allowed",
        &format!(
            "The role {} may not do this ({}); ask for an account with a role that may.",
            role.as_str(),
            action.as_str()
        ),
    )
}

/// The desk, or why there is none.
pub(super) fn desk(app: &App) -> Result<&std::sync::Arc<Desk>, Problem> {
    app.desk.as_ref().ok_or_else(|| {
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-access-desk",
            "This ledger has no key with which to record who reads it, so nobody reads it. The operator registers one for ledger/access.",
        )
    })
}

pub(super) fn refused(fault: &AuthFault) -> Problem {
    problem(StatusCode::UNAUTHORIZED, fault.code(), &format!("{fault}. {}", fault.remedy()))
}

/// The purpose and its reference.
fn purpose(headers: &HeaderMap) -> Result<Option<(String, Option<String>)>, Problem> {
    let Some(value) = headers.get(PURPOSE) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let (code, reference) =
        text.split_once(' ').map_or((text, None), |(code, rest)| (code, Some(rest.trim())));
    let good = |reference: &str| {
        reference.len() <= REFERENCE_MAX_BYTES
            && reference.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
            && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":./-".contains(&byte))
    };
    if PURPOSES.contains(&code) && reference.is_none_or(good) {
        return Ok(Some((code.to_owned(), reference.map(str::to_owned))));
    }
    Err(problem(
        StatusCode::BAD_REQUEST,
        "purpose-unknown",
        &format!(
            "The header Daybook-Purpose holds one of {}, and after a space a reference of at most {REFERENCE_MAX_BYTES} letters, digits and : . / -.",
            PURPOSES.join(", ")
        ),
    ))
}

/// What is said when a read could not be recorded: nothing of the answer.
pub(super) fn unrecorded(fault: Unrecorded) -> Problem {
    match fault {
        Unrecorded::Malformed => problem(StatusCode::BAD_REQUEST, "not-recordable", &fault.to_string()),
        Unrecorded::Stopped | Unrecorded::Refused(_) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "not-recorded", &fault.to_string())
        }
    }
}

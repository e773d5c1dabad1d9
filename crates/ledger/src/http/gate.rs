//! The gate: who asks, what for, and whether they may.
//!
//! Every handler of an auditors' route begins here. What is refused is refused before anything is read, with a problem that holds nothing out of
//! the ledger.

use axum::http::{HeaderMap, StatusCode};
use daybook_access::{
    Action, AuthFault, Extent, PURPOSES, REFERENCE_MAX_BYTES, Role, Session, may, requires_purpose,
};
use daybook_event::Jti;
use sha2::{Digest, Sha256};

use super::sign_on::Visitor;
use super::{App, Problem, codes, problem, token_required};
use crate::access::{Desk, REQUESTS_PER_ACCOUNT_MAX, Read, Reader, Recorded, Turn, Unrecorded};

/// The header that says what a read is for: a code, and where there is one a reference: `audit 2026-A-17`.
const PURPOSE: &str = "daybook-purpose";
/// What is recorded where nobody has to say what for.
const NO_PURPOSE: &str = "operation";

/// Somebody who may do what they ask for.
pub(super) struct Caller {
    pub(super) session: Session,
    /// Whether they may do it for everything or for what is their own.
    pub(super) extent: Extent,
    purpose: Option<(String, Option<String>)>,
    /// The request that a second person approved, for what takes two.
    approval: Option<Jti>,
    /// Their turn among their own requests; it lasts as long as this does.
    _turn: Turn,
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

    /// What the reading is for, and its reference.
    pub(super) fn purpose(&self) -> (&str, Option<&str>) {
        let given = self.purpose.as_ref();
        given.map_or((NO_PURPOSE, None), |(purpose, reference)| (purpose, reference.as_deref()))
    }

    /// Remembers on which approval they read.
    pub(super) fn approved_by(&mut self, request: Jti) {
        self.approval = Some(request);
    }

    /// How the read is recorded.
    pub(super) fn read(&self, kind: &'static str, query: &[u8], rows: u64, size: u64) -> Read {
        let (purpose, reference) = self.purpose();
        Read {
            reader: Reader {
                account: self.session.account.clone(),
                role: self.session.role,
                purpose: purpose.to_owned(),
                reference: reference.map(str::to_owned),
                approval: self.approval,
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
    let desk = desk(app)?;
    let session = visitor.session()?;
    let extent = may(session.role, action);
    if extent == Extent::None {
        return Err(not_allowed(session.role, action));
    }
    let purpose = purpose(&visitor.headers)?;
    if purpose.is_none() && requires_purpose(action) {
        return Err(problem(
            StatusCode::BAD_REQUEST,
            codes::PURPOSE_REQUIRED,
            &format!(
                "Say what the reading is for in the header Daybook-Purpose: one of {}, and where there is one its reference, such as `audit 2026-A-17`.",
                PURPOSES.join(", ")
            ),
        ));
    }
    let turn = desk.turns().take(&session.account).ok_or_else(too_many)?;
    Ok(Caller { session, extent, purpose, approval: None, _turn: turn })
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
        codes::NOT_ALLOWED,
        &format!(
            "The role {} may not do this ({}); ask for an account with a role that may.",
            role.as_str(),
            action.as_str()
        ),
    )
}

fn too_many() -> Problem {
    let detail = format!(
        "{REQUESTS_PER_ACCOUNT_MAX} requests of this account are being answered; wait for one of them, so that others get their turn."
    );
    problem(StatusCode::TOO_MANY_REQUESTS, codes::TOO_MANY_REQUESTS, &detail)
}

/// The desk, or why there is none, or none yet.
pub(super) fn desk(app: &App) -> Result<&std::sync::Arc<Desk>, Problem> {
    let desk = app.desk.as_ref().ok_or_else(|| {
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            codes::NO_ACCESS_DESK,
            "This ledger has no key with which to record who reads it, so nobody reads it. The operator registers one for ledger/access.",
        )
    })?;
    desk.knows_accounts().map_err(|behind| {
        problem(StatusCode::SERVICE_UNAVAILABLE, codes::INDEX_BEHIND, &behind.to_string())
    })?;
    Ok(desk)
}

pub(super) fn refused(fault: &AuthFault) -> Problem {
    problem(StatusCode::UNAUTHORIZED, *fault, &format!("{fault}. {}", fault.remedy()))
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
        codes::PURPOSE_UNKNOWN,
        &format!(
            "The header Daybook-Purpose holds one of {}, and after a space a reference of at most {REFERENCE_MAX_BYTES} letters, digits and : . / -.",
            PURPOSES.join(", ")
        ),
    ))
}

/// Records a read while its answer is made. Neither comes back without the other: what cannot be recorded is not shown, and what was recorded and then
/// could not be made stands on the ledger as a read that was allowed.
pub(super) async fn recorded_beside<T>(
    desk: &Desk,
    read: Read,
    answer: impl Future<Output = Result<T, Problem>>,
) -> Result<(Recorded, T), Problem> {
    let (recorded, answer) = tokio::join!(desk.scribe().read(read), answer);
    Ok((recorded.map_err(unrecorded)?, answer?))
}

/// What is said when a read could not be recorded: nothing of the answer.
pub(super) fn unrecorded(fault: Unrecorded) -> Problem {
    match fault {
        Unrecorded::Malformed => problem(StatusCode::BAD_REQUEST, codes::NOT_RECORDABLE, &fault.to_string()),
        Unrecorded::Stopped | Unrecorded::Refused(_) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, codes::NOT_RECORDED, &fault.to_string())
        }
    }
}

//! Taking many events out at once: what was asked for, and whether a run is what was approved.

use daybook_event::{Jti, b64};
use sha2::{Digest, Sha256};

use crate::access::Access;
use crate::account::Session;
use crate::act::Act;
use crate::fault::AccessFault;
use crate::request::{ActKind, Request};
use crate::roles::{Action, PURPOSES};

/// Most terms of a query that is exported, as in the schema of `approval.requested`.
pub const TERMS_MAX: usize = 64;
/// How the digest of a query begins, so that it is no digest of anything else.
const DIGEST_DOMAIN: &[u8] = b"daybook export\n";

/// What an export is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportScope {
    /// The terms of the query, sorted, each once: `type=request.received`. A value that is searched for stands as its keyed hash.
    pub terms: Vec<String>,
    /// The size of the log up to which events are taken out.
    pub up_to: u64,
    /// How many events fitted when it was asked for.
    pub rows: u64,
    /// What for, as in the schema of `records.read`.
    pub purpose: String,
}

impl ExportScope {
    /// What an `approval.requested` says; `None` where it does not make sense.
    pub(crate) fn of(act: &Act<'_>) -> Option<Self> {
        let terms = act.texts("terms", TERMS_MAX)?;
        let scope = Self {
            terms: terms.into_iter().map(str::to_owned).collect(),
            up_to: act.number("up_to")?,
            rows: act.number("rows")?,
            purpose: act.text("purpose").filter(|purpose| PURPOSES.contains(purpose))?.to_owned(),
        };
        let query = act.text("query").and_then(b64::decode_array::<32>)?;
        let sorted = scope.terms.is_sorted_by(|one, next| one < next);
        (sorted && query == scope.query()).then_some(scope)
    }

    /// SHA-256 of [`Self::text`]: the digest of the query, in the request and in the record of each run.
    pub fn query(&self) -> [u8; 32] {
        Sha256::digest(self.text()).into()
    }

    /// The query as bytes: a heading and each term on a line of its own.
    pub fn text(&self) -> Vec<u8> {
        let mut text = DIGEST_DOMAIN.to_vec();
        for term in &self.terms {
            text.extend_from_slice(term.as_bytes());
            text.push(b'\n');
        }
        text
    }
}

/// One run of an export.
#[derive(Clone, Copy, Debug)]
pub struct ExportRun<'r> {
    /// The terms of its query, sorted, each once.
    pub terms: &'r [String],
    /// The size of the log that it names; none where it takes what was approved.
    pub up_to: Option<u64>,
    /// What for.
    pub purpose: &'r str,
    /// The number of the audit, request or case.
    pub reference: Option<&'r str>,
}

impl Access {
    /// Whether a session may take out what was approved on its request. An export that broke off may be run again while its time lasts.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_export(
        &self,
        session: &Session,
        request: &Jti,
        run: &ExportRun<'_>,
        now: i64,
    ) -> Result<&Request, AccessFault> {
        self.check_action(session, Action::Export, now)?;
        let request = self.requests.get(request).ok_or(AccessFault::UnknownRequest)?;
        if request.account != session.account {
            return Err(AccessFault::NotRequester);
        }
        let (ActKind::Export, Some(scope)) = (request.act, &request.export) else {
            return Err(AccessFault::OtherAct { act: request.act });
        };
        let until = request.open_until().ok_or(AccessFault::NotApproved)?;
        if now >= until {
            return Err(AccessFault::ExportExpired);
        }
        let same = scope.terms == run.terms
            && run.up_to.is_none_or(|size| size == scope.up_to)
            && scope.purpose == run.purpose
            && request.reference.as_deref() == run.reference;
        if same { Ok(request) } else { Err(AccessFault::OtherQuery) }
    }
}

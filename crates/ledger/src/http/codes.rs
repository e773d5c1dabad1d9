//! The stable codes of HTTP problems. A code is made here or by the fault that it is the code of, and nowhere else; each has a page in `ops/errors`.

use daybook_access::{AccessFault, AuthFault};

use super::oidc::OidcFault;

/// A code. It never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProblemCode(&'static str);

impl ProblemCode {
    /// The code as it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }
}

impl From<AccessFault> for ProblemCode {
    fn from(fault: AccessFault) -> Self {
        Self(fault.code())
    }
}

impl From<AuthFault> for ProblemCode {
    fn from(fault: AuthFault) -> Self {
        Self(fault.code())
    }
}

impl From<OidcFault> for ProblemCode {
    fn from(fault: OidcFault) -> Self {
        Self(fault.code())
    }
}

macro_rules! codes {
    ($($name:ident $code:literal;)*) => {
        $(pub(in crate::http) const $name: ProblemCode = ProblemCode($code);)*

        /// The codes that are made here.
        const HERE: &[ProblemCode] = &[$($name,)*];
    };
}

codes! {
    APPROVAL_REQUIRED "approval-required";
    BAD_QUERY "bad-query";
    BAD_SCOPE "bad-scope";
    BAD_TILE_PATH "bad-tile-path";
    BUS_DOWN "bus-down";
    ERASURE_UNFINISHED "erasure-unfinished";
    INDEX_BEHIND "index-behind";
    LOG_UNREADABLE "log-unreadable";
    NOT_ALLOWED "not-allowed";
    NOT_READY "not-ready";
    NOT_RECORDABLE "not-recordable";
    NOT_RECORDED "not-recorded";
    NO_ACCESS_DESK "no-access-desk";
    NO_FINDINGS "no-findings";
    NO_SUCH_EVENT "no-such-event";
    NO_SUCH_MATTER "no-such-matter";
    NO_SUCH_PAGE "no-such-page";
    NO_SUCH_TILE "no-such-tile";
    OTHER_DEPARTMENT "other-department";
    PASSWORDS_OFF "passwords-off";
    PUBLISHING_OFF "publishing-off";
    PURPOSE_REQUIRED "purpose-required";
    PURPOSE_UNKNOWN "purpose-unknown";
    SESSION_OVER "session-over";
    SIGN_IN_BUSY "sign-in-busy";
    SIGN_IN_MALFORMED "sign-in-malformed";
    SIGN_IN_REFUSED "sign-in-refused";
    SIGN_IN_TOO_OFTEN "sign-in-too-often";
    TOKEN_REQUIRED "token-required";
    TOO_MANY_REQUESTS "too-many-requests";
    UNREADABLE "unreadable";
}

/// Every code of a problem but those of refused events, which are [`daybook_event::Code`].
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let auth = AuthFault::ALL.into_iter().map(AuthFault::code);
    let here = HERE.iter().map(|code| code.as_str());
    here.chain(AccessFault::CODES.iter().copied()).chain(auth).chain(OidcFault::CODES)
}

//! Why something is not allowed: a stable code, what it is about, and what can be done. Nothing in it says anything about a person.

use daybook_event::Jti;

use crate::production::FOUND_MAX;
use crate::request::{ActKind, OPENING_MAX_MINUTES, PENDING_MAX_PER_ACCOUNT};
use crate::roles::Action;

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthFault {
    /// No account has this credential.
    #[error("no account has this credential")]
    Unknown,
    /// The account's time is over.
    #[error("the account has ended")]
    Expired,
    /// The account was closed, or got another credential.
    #[error("the account was closed or its credential replaced")]
    Revoked,
}

impl AuthFault {
    /// Every fault.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Expired, Self::Revoked];

    /// The fault as it is written; it never changes its meaning.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown-credential",
            Self::Expired => "account-expired",
            Self::Revoked => "account-revoked",
        }
    }

    /// What can be done.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unknown => {
                "Check that the credential is whole and meant for this ledger, or ask for an account."
            }
            Self::Expired => "Ask whoever grants accounts for a new term.",
            Self::Revoked => "Use the newest credential of the account, or ask whoever grants accounts.",
        }
    }
}

/// Why an act is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessFault {
    /// The role may not do this.
    #[error("the role of the account does not allow {}", .action.as_str())]
    Role {
        /// What was wanted.
        action: Action,
    },
    /// The session's account was closed, changed or ended since.
    #[error("the account no longer stands as it was when the session began")]
    SessionEnded,
    /// The authority does not carry the act.
    #[error("this authority does not allow the act {}", .act.as_str())]
    Authority {
        /// What was asked for.
        act: ActKind,
    },
    /// A court's order is named as authority and its number is missing.
    #[error("a court's order is named as authority without its number")]
    OrderMissing,
    /// An opening or an export has no length, or too great a one.
    #[error("an opening or an export lasts 1 to {OPENING_MAX_MINUTES} minutes")]
    Minutes,
    /// Slots are not well formed, named twice, or not there in every record.
    #[error(
        "the slots are too many, not well formed, named twice, or not in that part of every record named"
    )]
    Slots,
    /// Readers are named for another act than sealing, twice, or with a role that reads no such fields.
    #[error("readers are named only in a seal, each once: department, auditor, custodian")]
    Readers,
    /// A hold stands over an entry that is to be erased.
    #[error("entry {entry} is under the hold {hold} of entry {hold_entry}")]
    UnderHold {
        /// The entry that is to be erased.
        entry: u64,
        /// The identifier of the hold.
        hold: Jti,
        /// The entry that placed the hold.
        hold_entry: u64,
    },
    /// An entry that is to be erased says who may do what.
    #[error("entry {entry} says who may do what, and the ledger needs it")]
    Needed {
        /// The entry.
        entry: u64,
    },
    /// No hold stands that this entry placed.
    #[error("entry {entry} placed no hold that stands")]
    NoSuchHold {
        /// The entry.
        entry: u64,
    },
    /// Too many requests wait.
    #[error("too many requests wait for a decision; an account has at most {PENDING_MAX_PER_ACCOUNT}")]
    TooManyPending,
    /// Another account has the credential.
    #[error("another account has this credential")]
    CredentialTaken,
    /// The log has no such request.
    #[error("the log has no such request")]
    UnknownRequest,
    /// Whoever asked would decide.
    #[error("the request is the account's own")]
    OwnRequest,
    /// The request was decided.
    #[error("the request was decided already")]
    AlreadyDecided,
    /// The request, or its approval, waited too long.
    #[error("the request waited longer than 7 days")]
    RequestExpired,
    /// It was not approved.
    #[error("the request is not approved")]
    NotApproved,
    /// It was done.
    #[error("what was approved was done already, in entry {entry}")]
    AlreadyCarriedOut {
        /// The entry that records it.
        entry: u64,
    },
    /// The act is none that is carried out this way.
    #[error("the request asks for another kind of act, {}", .act.as_str())]
    OtherAct {
        /// What was asked for.
        act: ActKind,
    },
    /// Somebody else asked for it.
    #[error("only the account that asked uses what was approved")]
    NotRequester,
    /// The opening's time is over.
    #[error("the opening has ended")]
    OpeningExpired,
    /// The time of an export is over.
    #[error("the export's time has ended")]
    ExportExpired,
    /// What is to be taken out is not what was approved.
    #[error("the query, its size of the log, purpose or reference is not the one that was approved")]
    OtherQuery,
    /// Something that was to be opened is sealed or erased.
    #[error("entry {entry} is sealed to this role or erased")]
    OpeningSealed {
        /// The entry.
        entry: u64,
    },
    /// A federal agency asks without a court's order.
    #[error("records go to a federal agency on a court's order only (C.R.S. 24-74-103)")]
    FederalNeedsOrder,
    /// A production would have no document.
    #[error("nothing was found, or everything that was found is held back")]
    NothingToProduce,
    /// A production would be too large.
    #[error("{found} records were found; a production has at most {FOUND_MAX}")]
    TooManyFound {
        /// How many.
        found: u64,
    },
    /// Something that is to be held back was not found.
    #[error("entry {entry} is to be held back, and the search did not find it")]
    HeldBackNotFound {
        /// The entry.
        entry: u64,
    },
    /// There is no such production.
    #[error("the log has no such production")]
    UnknownProduction,
    /// What was found is not as it was.
    #[error("a record of the production was sealed, unsealed or erased since it was opened")]
    ProductionOutdated,
    /// It was replaced or called back.
    #[error("the production, or pages of it, was replaced or called back")]
    ProductionWithdrawn,
    /// The numbers of documents, pages or records do not fit.
    #[error("the documents, pages or records are not as many as the production has")]
    ProductionFigures,
    /// Its pages have no numbers.
    #[error("the pages of the production have no numbers yet")]
    NotNumbered,
    /// Its pages have other numbers.
    #[error("the pages of the production have their numbers already, for other figures, in entry {entry}")]
    AlreadyNumberedOtherwise {
        /// The entry that records it.
        entry: u64,
    },
    /// There is no package.
    #[error("the package of the production is not built yet")]
    NotBuilt,
    /// There is another package.
    #[error("another package of the production is recorded in entry {entry}")]
    AlreadyBuiltOtherwise {
        /// The entry that records it.
        entry: u64,
    },
    /// Another file was handed over.
    #[error("another file of the production is recorded as handed over in entry {entry}")]
    AlreadyDeliveredOtherwise {
        /// The entry that records it.
        entry: u64,
    },
    /// There are no numbers left.
    #[error("the Bates prefix has no numbers left")]
    BatesExhausted,
    /// Pages that the production does not have.
    #[error("the pages named are not pages of the production, ascending, each named once")]
    NotItsPages,
}

/// What a caller does about a code: one line each, so that codes and remedies are seen side by side.
macro_rules! told {
    ($($pattern:pat => $code:literal $remedy:literal;)*) => {
        impl AccessFault {
            /// Every code.
            pub const CODES: &'static [&'static str] = &[$($code,)*];

            /// The fault as it is written; it never changes its meaning.
            pub const fn code(self) -> &'static str {
                match self { $($pattern => $code,)* }
            }

            /// What can be done.
            pub const fn remedy(self) -> &'static str {
                match self { $($pattern => $remedy,)* }
            }
        }
    };
}

told! {
    Self::Role { .. } => "role" "Ask somebody whose role it is, or whoever grants accounts.";
    Self::SessionEnded => "session-ended" "Prove again who you are.";
    Self::Authority { .. } => "authority-not-for-act" "Name an authority that allows the act: records are sealed and erased on a court's order, a statute or the retention schedule.";
    Self::OrderMissing => "order-missing" "Give the number that is printed on the order.";
    Self::Minutes => "bad-minutes" "Say for how many minutes it is needed.";
    Self::Slots => "bad-slots" "Name slots as the type of every record does, with the part that they belong to, or none for the whole part; letting go of holds and exporting take none.";
    Self::Readers => "bad-readers" "Name the roles that may still read in a seal, and none otherwise.";
    Self::UnderHold { .. } => "under-hold" "Have the hold released first, or leave the entry out.";
    Self::Needed { .. } => "needed-by-ledger" "Leave the entry out; seal it where others must not read it.";
    Self::NoSuchHold { .. } => "no-such-hold" "Name the entries that placed the holds.";
    Self::TooManyPending => "too-many-pending" "Have requests that wait decided first.";
    Self::CredentialTaken => "credential-taken" "Make a credential that nobody else has.";
    Self::UnknownRequest => "unknown-request" "Name the request by its identifier, as the list of approvals shows it.";
    Self::OwnRequest => "own-request" "Let a second person decide.";
    Self::AlreadyDecided => "already-decided" "Make a new request where it is wanted again.";
    Self::RequestExpired => "request-expired" "Make the request again.";
    Self::NotApproved => "not-approved" "Wait for a second person's approval.";
    Self::AlreadyCarriedOut { .. } => "already-carried-out" "Make a new request where it is wanted again.";
    Self::OtherAct { .. } => "other-act" "Name a request for the act that is wanted.";
    Self::NotRequester => "not-requester" "Make a request of your own.";
    Self::OpeningExpired => "opening-expired" "Make the request again.";
    Self::ExportExpired => "export-expired" "Make the request again.";
    Self::OtherQuery => "other-query" "Run the export as the request names it, or make a request for this one.";
    Self::OpeningSealed { .. } => "opening-sealed" "Make a request without the entry, or have the seal lifted.";
    Self::FederalNeedsOrder => "federal-needs-order" "Name the court's order as basis, with its number, or decline.";
    Self::NothingToProduce => "nothing-to-produce" "Search for something else, or answer that there is nothing.";
    Self::TooManyFound { .. } => "too-many-found" "Search for less, and make several productions.";
    Self::HeldBackNotFound { .. } => "held-back-not-found" "Leave the entry out: what was not found does not go out anyway.";
    Self::UnknownProduction => "unknown-production" "Name the production as the list of productions shows it.";
    Self::ProductionOutdated => "production-outdated" "Open a new production.";
    Self::ProductionWithdrawn => "production-withdrawn" "Open a new production where it is wanted again.";
    Self::ProductionFigures => "production-figures" "Make it from the ledger's materials anew.";
    Self::NotNumbered => "not-numbered" "Have the pages numbered first.";
    Self::AlreadyNumberedOtherwise { .. } => "already-numbered-otherwise" "Build it with the numbers that it has, or open a new production.";
    Self::NotBuilt => "not-built" "Build it first.";
    Self::AlreadyBuiltOtherwise { .. } => "already-built-otherwise" "Hand over the package that is recorded, or open a new production.";
    Self::AlreadyDeliveredOtherwise { .. } => "already-delivered-otherwise" "Hand over the file that is recorded, or open a new production.";
    Self::BatesExhausted => "bates-exhausted" "Choose another prefix.";
    Self::NotItsPages => "not-its-pages" "Name pages by the numbers that the production has, or none for all of it.";
}

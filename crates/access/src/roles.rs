//! Which role may do what: one table. What is not in it is not allowed.

use serde::{Deserialize, Serialize};

/// In which capacity somebody comes to the ledger.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody, without an account.
    Public,
    /// A department, which reads its own events.
    Department,
    /// Searches and reads.
    Auditor,
    /// Custodian of records: seals, holds and produces.
    Custodian,
    /// The second person.
    Approver,
    /// Runs the ledger and reads nothing.
    Operator,
    /// Reads entries, to check the log.
    Witness,
}

impl Role {
    /// Every role, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Public,
        Self::Department,
        Self::Auditor,
        Self::Custodian,
        Self::Approver,
        Self::Operator,
        Self::Witness,
    ];

    /// The role as events write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Department => "department",
            Self::Auditor => "auditor",
            Self::Custodian => "custodian",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Witness => "witness",
        }
    }

    /// Reads what [`Self::as_str`] writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// A role that can be granted and that a seal can leave reading: every one but the public's.
    pub(crate) fn parse_granted(text: &str) -> Option<Self> {
        Self::parse(text).filter(|role| *role != Self::Public)
    }
}

/// How far a role may do something.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Not at all.
    None,
    /// For the own department, or the own account and its own requests.
    Own,
    /// For everything.
    All,
}

/// The table: one row for each action, one column for each role.
macro_rules! table {
    ($($(#[$doc:meta])* $action:ident $name:literal: $public:ident $department:ident $auditor:ident $custodian:ident $approver:ident $operator:ident $witness:ident;)*) => {
        /// What somebody may want of the service.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action { $($(#[$doc])* $action,)* }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$action,)*];

            /// The action as it is written in logs and messages.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }
        }

        /// How far `role` may do `action`.
        pub const fn may(role: Role, action: Action) -> Extent {
            let row = match action {
                $(Action::$action => [
                    Extent::$public, Extent::$department, Extent::$auditor, Extent::$custodian,
                    Extent::$approver, Extent::$operator, Extent::$witness,
                ],)*
            };
            row[role as usize]
        }
    };
}

table! {
    //                                                                     Public Depart. Audit. Custod. Approv. Operat. Witness
    /// The latest checkpoint.
    ReadCheckpoint     "read_checkpoint":                                  All    All     All    All     All     All     All;
    /// Hash tiles and proofs.
    ReadHashes         "read_hashes":                                      All    All     All    All     All     All     All;
    /// Entry bundles: the signed events without their disclosures.
    ReadEntries        "read_entries":                                     None   All     All    All     None    None    All;
    /// Hand in a signed event; its signature is its own authority.
    Publish            "publish":                                          All    All     All    All     All     All     All;
    /// Whether the service is well.
    ReadHealth         "read_health":                                      All    All     All    All     All     All     All;
    /// The service's measurements.
    ReadMetrics        "read_metrics":                                     All    All     All    All     All     All     All;
    /// Search events.
    SearchEvents       "search_events":                                    None   Own     All    All     None    None    None;
    /// Count events.
    CountEvents        "count_events":                                     None   Own     All    All     None    None    None;
    /// Read one event with its restricted fields.
    ReadEvent          "read_event":                                       None   Own     All    All     None    None    None;
    /// Read the events of a matter.
    ReadMatter         "read_matter":                                      None   Own     All    All     None    None    None;
    /// Take out many events at once; whatever is not the own department's takes a second person too.
    Export             "export":                                           None   Own     All    All     None    None    None;
    /// Read findings.
    ReadFindings       "read_findings":                                    None   Own     All    All     None    None    None;
    /// The digest of all findings, to hold against one's own.
    FindingsDigest     "findings_digest":                                  None   All     All    All     None    None    All;
    /// How the departments' sequences stand.
    ReadDepartments    "read_departments":                                 None   Own     All    All     None    None    None;
    /// All checkpoints that were signed.
    ReadCheckpoints    "read_checkpoints":                                 None   All     All    All     None    None    All;
    /// Requests for approval and what was decided.
    ReadApprovals      "read_approvals":                                   None   None    All    Own     All     None    None;
    /// Ask for withheld fields to be opened.
    RequestOpening     "request_opening":                                  None   None    All    All     None    None    None;
    /// Ask for taking out many events at once.
    RequestExport      "request_export":                                   None   None    All    All     None    None    None;
    /// Ask for sealing, unsealing, erasing, or letting go of a hold.
    RequestRestriction "request_restriction":                              None   None    None   All     None    None    None;
    /// Place a hold.
    PlaceHold          "place_hold":                                       None   None    All    All     None    None    None;
    /// Approve or refuse somebody else's request.
    Decide             "decide":                                           None   None    None   None    All     None    None;
    /// Look at what was opened on the own request.
    ReadOpened         "read_opened":                                      None   None    Own    Own     None    None    None;
    /// What the ledger knows of the own account.
    ReadSelf           "read_self":                                        None   Own     Own    Own     Own     Own     Own;
    /// Open a production, number, build and hand it over, call it back.
    Produce            "produce":                                          None   None    None   All     None    None    None;
    /// What productions there are and how they stand; nothing of the records in them.
    ReadProductions    "read_productions":                                 None   None    All    All     All     None    None;
    /// What of each record a production holds: public fields, and slots by name.
    ReviewProduction   "review_production":                                None   None    None   All     All     None    None;
    /// The derived index's own digest and how far it has come.
    ReadIndex          "read_index":                                       None   None    All    All     None    None    All;
}

impl Action {
    /// The `kind` under which `records.read` records this action; `None` where nothing restricted is shown to a person.
    ///
    /// Looking at opened fields has an event of its own, `withheld_field.opened`.
    pub const fn read_kind(self) -> Option<&'static str> {
        match self {
            Self::SearchEvents => Some("search"),
            Self::CountEvents => Some("count"),
            Self::ReadEvent => Some("event"),
            Self::ReadMatter => Some("matter"),
            Self::ReadFindings => Some("findings"),
            Self::ReadDepartments => Some("departments"),
            Self::Export => Some("export"),
            Self::ReadApprovals => Some("approvals"),
            Self::Produce | Self::ReadProductions | Self::ReviewProduction => Some("production"),
            _ => None,
        }
    }
}

/// What a read can be for, as in the schema of `records.read`.
pub const PURPOSES: [&str; 9] = [
    "audit",
    "finding_review",
    "complaint",
    "supervision",
    "court_order",
    "discovery",
    "person_in_interest",
    "public_record",
    "operation",
];
/// Longest reference of a read or request, bytes, as in its schema.
pub const REFERENCE_MAX_BYTES: usize = 32;

/// Whether somebody who wants this must say what for: every read of restricted fields by a person, and asking for an export.
pub const fn requires_purpose(action: Action) -> bool {
    action.read_kind().is_some() || matches!(action, Action::RequestExport)
}

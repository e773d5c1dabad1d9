//! What is checked about a production, in the order in which it decides the verdict (`schemas/production.md`).

use serde::{Serialize, Serializer};

/// One check. The order of the values is the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The container and the names in it.
    Package,
    /// `bagit.txt`, and the files that every production has.
    Declaration,
    /// The manifests of the files outside `data/`.
    TagManifest,
    /// The manifests of the files under `data/`.
    Manifest,
    /// The policy's log key is the one known from elsewhere.
    TrustedKey,
    /// Both checkpoints are signed.
    Checkpoint,
    /// The log that was searched is the beginning of the log that proves.
    Consistency,
    /// The list of all leaves leads to the signed roots.
    Leaves,
    /// The form of every record.
    Record,
    /// Every record is in the log.
    Inclusion,
    /// Every event reads as its type.
    Event,
    /// Every event's key was in force.
    Key,
    /// Every event's signature.
    Signature,
    /// What the ledger itself says of the production.
    Statement,
    /// Nothing was left out or added unsaid.
    Complete,
    /// Every redaction is listed, and ordered where it needs an order.
    Redactions,
    /// The load files say what the natives say.
    LoadFiles,
}

/// Exit code of the first check; the others follow in order.
const FIRST_EXIT_CODE: u8 = 30;

impl Check {
    /// All checks, in order.
    pub const ALL: [Self; 17] = [
        Self::Package,
        Self::Declaration,
        Self::TagManifest,
        Self::Manifest,
        Self::TrustedKey,
        Self::Checkpoint,
        Self::Consistency,
        Self::Leaves,
        Self::Record,
        Self::Inclusion,
        Self::Event,
        Self::Key,
        Self::Signature,
        Self::Statement,
        Self::Complete,
        Self::Redactions,
        Self::LoadFiles,
    ];

    /// The code that every verifier uses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Declaration => "declaration",
            Self::TagManifest => "tag-manifest",
            Self::Manifest => "manifest",
            Self::TrustedKey => "trusted-key",
            Self::Checkpoint => "checkpoint",
            Self::Consistency => "consistency",
            Self::Leaves => "leaves",
            Self::Record => "record",
            Self::Inclusion => "inclusion",
            Self::Event => "event",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Statement => "statement",
            Self::Complete => "complete",
            Self::Redactions => "redactions",
            Self::LoadFiles => "load-files",
        }
    }

    /// The check of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }

    /// What holds when the check holds, in a sentence for somebody who is no programmer.
    pub fn title(self) -> &'static str {
        match self {
            Self::Package => "The package can be read and has the form of a production",
            Self::Declaration => "Every file that a production must have is there",
            Self::TagManifest => "The descriptive files are unchanged since the package was closed",
            Self::Manifest => "The files handed over are unchanged since the package was closed",
            Self::TrustedKey => "The ledger's key is the one you were given from elsewhere",
            Self::Checkpoint => "The ledger signed the state on which everything here rests",
            Self::Consistency => "What was searched is part of the same ledger, unchanged",
            Self::Leaves => "Every entry of the ledger is accounted for",
            Self::Record => "Every record is well formed",
            Self::Inclusion => "Every record is in the ledger, at the place it names",
            Self::Event => "Every event reads as its type, and every field shown is the one that was signed",
            Self::Key => "Every event was signed with a key that was in force at the time",
            Self::Signature => "Every event's signature is genuine",
            Self::Statement => "The ledger itself records this production, this search and this package",
            Self::Complete => "Every record found is handed over or listed as held back",
            Self::Redactions => "Every redaction is listed, and every sealing and erasure was ordered",
            Self::LoadFiles => "The load files agree with the records and the page numbers",
        }
    }

    /// What to do where the check does not hold.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Package => {
                "Ask for the package again, as the file that was built. If a program packed it anew, check the unpacked folder."
            }
            Self::Declaration => "Ask for the files that are missing, or for the package again.",
            Self::TagManifest | Self::Manifest => {
                "Do not rely on the files named. Ask for the package again, and keep this one as you received it."
            }
            Self::TrustedKey => "Ask the ledger's operator, not the producing party, which key is theirs.",
            Self::Checkpoint | Self::Consistency | Self::Leaves | Self::Inclusion => {
                "Rely on nothing in the package until the producing party has explained this; the public checkpoint of the ledger can \
                 be compared with the one here."
            }
            Self::Record | Self::Event | Self::Signature => {
                "Do not rely on the records named. Ask for them again, with their proofs."
            }
            Self::Key => {
                "Ask for the records of the keys named. If they were left out of data/PROOFS/AUTHORITY, the package is not complete; \
                 if they do not exist, the events are not genuine."
            }
            Self::Statement => {
                "This is not the package that the ledger recorded. Ask for the one whose hash is in the ledger's production.built."
            }
            Self::Complete => {
                "Ask what became of the records named: each must be handed over or listed as held back."
            }
            Self::Redactions => {
                "Ask for the missing rows of the redaction log, and for the orders that it names."
            }
            Self::LoadFiles => {
                "Do not load the files. The natives and their names are what counts; ask for load files that agree."
            }
        }
    }

    /// Exit code of a process for which this is the first check that failed: 30 to 46.
    pub fn exit_code(self) -> u8 {
        FIRST_EXIT_CODE + self as u8
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_exit_codes_are_those_of_the_page() {
        let page = include_str!("../../../../schemas/production.md");
        let table = page.split("## What is checked").nth(1).unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let listed: Vec<&str> = rows.map(|(code, _)| code).collect();
        assert_eq!(listed, Check::ALL.map(Check::code));
        for (at, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!((check as usize, Check::from_code(check.code())), (at, Some(check)));
            assert_eq!(usize::from(check.exit_code()), 30 + at);
            assert!(check.remedy().ends_with('.') && !check.title().ends_with('.'));
        }
    }
}

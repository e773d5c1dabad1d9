//! The report as a whole.

use serde::Serialize;

use super::{block::Section, check, check::ModelFault, head::Head};

/// A report that can be rendered. It exists only if it is whole: ids unique, rows as wide as their tables, charts on tables that are there.
///
/// A public report can be made only by [`publish`](crate::public::publish), which withholds small figures; afterwards nothing can be
/// added to it, because the fields are private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    kind: Kind,
    #[serde(flatten)]
    head: Head,
    sections: Vec<Section>,
}

impl Report {
    /// A report for readers who may see every figure.
    ///
    /// # Errors
    /// Says which part is not whole, and what to do about it.
    pub fn open(kind: OpenKind, head: Head, sections: Vec<Section>) -> Result<Self, ModelFault> {
        Self::checked(kind.into(), head, sections)
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What stands above the sections.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The sections.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// For `publish` alone: the one way to a report of the public kind.
    pub(crate) fn checked(kind: Kind, head: Head, sections: Vec<Section>) -> Result<Self, ModelFault> {
        check::check(&head, &sections)?;
        Ok(Self { kind, head, sections })
    }
}

/// What a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// For the city council.
    Council,
    /// For everybody; small figures are withheld.
    Public,
    /// On the conditions of a grant.
    GrantConditions,
    /// For one department about itself.
    Department,
}

/// A kind of report whose readers may see every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenKind {
    /// For the city council.
    Council,
    /// On the conditions of a grant.
    GrantConditions,
    /// For one department about itself.
    Department,
}

impl From<OpenKind> for Kind {
    fn from(kind: OpenKind) -> Self {
        match kind {
            OpenKind::Council => Self::Council,
            OpenKind::GrantConditions => Self::GrantConditions,
            OpenKind::Department => Self::Department,
        }
    }
}

//! How far a build is.

/// What is being done. The order of the values is the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Every line of the materials is read and held against the ledger's tree.
    Reading,
    /// Pages are counted, so that they can be numbered.
    Counting,
    /// Records are written, with their text, their PDF and their rows.
    Writing,
    /// The package becomes one file.
    Packing,
    /// The package is checked as its recipient will check it.
    Verifying,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 5] = [Self::Reading, Self::Counting, Self::Writing, Self::Packing, Self::Verifying];

    /// The step in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Counting => "counting pages",
            Self::Writing => "writing",
            Self::Packing => "packing",
            Self::Verifying => "verifying",
        }
    }
}

/// How far a build is: so many of all that the step goes through, which are records, and files from packing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The step.
    pub step: Step,
    /// How many are done.
    pub done: u64,
    /// How many there are.
    pub all: u64,
}

/// Who is told how far a build is.
pub type Tell<'a> = dyn Fn(Progress) + Sync + 'a;

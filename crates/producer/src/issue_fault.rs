//! A draft that may not be signed, in the words of refusals.

use daybook_event::IssueError;

/// A stable code and the field at fault, never its value.
pub(crate) fn issue_fault(error: &IssueError) -> (&'static str, Option<String>) {
    match error {
        IssueError::Refused(refusal) => (refusal.code.as_str(), refusal.place.clone()),
        IssueError::UnknownField { field, .. } => ("unknown-field", Some(field.clone())),
        IssueError::SequenceExhausted => ("sequence-exhausted", None),
        IssueError::Entropy(_) => ("no-randomness", None),
    }
}

//! Which figures are withheld for what they are.

use super::problem::{Params, Problem, Reason, Role};

/// The figures that are withheld because they are small, by place. Publishing all the others is **not** safe: see
/// [`protect`](super::protect).
pub fn primary(problem: &Problem, params: &Params) -> Vec<Option<Reason>> {
    problem
        .figures
        .iter()
        .map(|figure| match figure.role {
            Role::Shown { row_total, share } => reason(problem.count(figure), row_total, share, params),
            Role::Implied | Role::Known => None,
        })
        .collect()
}

fn reason(count: u64, row_total: u64, share: bool, params: &Params) -> Option<Reason> {
    let zeros_shown = row_total >= params.zero_row_at_least;
    if count > params.small_up_to {
        return (share && count == row_total && !zeros_shown).then_some(Reason::AllOfFew);
    }
    match (count, zeros_shown) {
        (0, true) => None,
        (_, true) => Some(Reason::Small),
        (_, false) => Some(Reason::SmallOrZero),
    }
}

//! What it costs to let a figure change: nothing where it is withheld already, its worth where it would have to be withheld, too much where
//! that is not possible.

use super::problem::{Params, Reason};

/// More than all figures of a report together are worth.
pub(super) const FORBIDDEN: i64 = 1 << 50;
/// What withholding any figure costs, beside its count: two small figures are worth more than one a little larger.
const FIGURE_COST: i64 = 10;
/// Zeros are withheld for others only where nothing else serves: they can be moved up alone.
const ZERO_COST: i64 = 500;

/// What may become of a figure in an alternative table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is published, and could still be withheld.
    Published,
    /// It is withheld.
    Withheld(Reason),
    /// No reader sees it.
    Unseen,
    /// Every reader has it.
    Known,
}

impl Standing {
    /// The price of changing a figure from `truth` to `value`, with the true count for the reason's range.
    pub(super) fn price(self, truth: i64, value: i64, params: &Params) -> i64 {
        let within = |reason: Reason| {
            let (least, most) = reason.range(truth, params);
            (least..=most).contains(&value)
        };
        match self {
            Self::Unseen => 0,
            Self::Withheld(reason) if within(reason) => 0,
            Self::Published if value == truth => 0,
            Self::Published if within(Reason::Complement) => {
                if truth == 0 {
                    ZERO_COST
                } else {
                    FIGURE_COST + truth
                }
            }
            Self::Known if value == truth => 0,
            Self::Withheld(_) | Self::Published | Self::Known => FORBIDDEN,
        }
    }
}

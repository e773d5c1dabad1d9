//! Which packs decided about a span of days.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::window::Window;
use crate::pack::{Pack, PackState};
use crate::ruleset::Ruleset;

/// A pack that bears on a span of days.
#[derive(Debug, Clone, Copy)]
pub struct AppliedPack<'r> {
    /// The pack.
    pub pack: &'r Pack,
    /// Whether it was applied to days before it was law.
    pub study: bool,
    /// The last day on which it holds, if it ends.
    pub last_day: Option<Date>,
}

/// The packs whose time meets a span of days, and those that were applied to a part of it as a study.
#[must_use]
pub fn applied_packs(ruleset: &Ruleset, window: Window) -> Vec<AppliedPack<'_>> {
    let study_from = ruleset.study_from().map(|from| from.max(window.from()));
    let applied = |(number, pack): (usize, &'_ Pack)| {
        let study = study_from.is_some_and(|first| {
            let early = first <= window.to() && first < pack.valid_from;
            early && ruleset.lines().iter().any(|line| line.pack == number && line.applies(first))
        });
        let meets = pack.valid_from <= window.to() && pack.valid_to.is_none_or(|end| window.from() < end);
        (study || meets).then_some(study)
    };
    ruleset
        .packs()
        .iter()
        .enumerate()
        .filter_map(|(number, pack)| {
            let study = applied((number, pack))? && pack.state == PackState::InForce;
            let last_day = pack.valid_to.and_then(|end| end.checked_sub(1.day()).ok());
            Some(AppliedPack { pack, study, last_day })
        })
        .collect()
}

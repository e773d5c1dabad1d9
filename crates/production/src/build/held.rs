//! What is said of a record that is held back as a whole: why, and on what that rests.

use daybook_event::Catalogue;

use super::material::{Why, Withheld};
use super::plan::Plan;
use crate::logs::{Privilege, WithheldEntry, WithheldState};

/// On what each privilege rests, where the profile has no reason of that code. Ready for review by counsel.
const PRIVILEGES: [(&str, &str); 6] = [
    ("attorney-client", "C.R.S. 13-90-107(1)(b); C.R.C.P. 26(b)(5)"),
    ("work-product", "C.R.C.P. 26(b)(3) and 26(b)(5)"),
    ("deliberative-process", "C.R.S. 24-72-204(3)(a)(XIII)"),
    ("law-enforcement", "C.R.S. 24-72-204(2)(a)(I)"),
    ("informer", "Crim. P. 16(I)(e)(2)"),
    ("medical", "C.R.S. 13-90-107(1)(d)"),
];
/// What a code rests on that neither the profile nor this program knows.
const AS_RECORDED: &str = "as recorded in production.opened";

impl Withheld {
    /// The row of `withheld.csv`, with that of the privilege log.
    pub(super) fn row(&self, plan: &Plan<'_>) -> WithheldEntry {
        let (state, reason, authority, ordered_by) = match &self.why {
            Why::Sealed { authority, by } => {
                (WithheldState::Sealed, "sealed".to_owned(), authority.clone(), Some(*by))
            }
            Why::Excluded(code) => (WithheldState::Excluded, code.clone(), authority(plan, code), None),
            Why::Privileged(code) => {
                let claim = WithheldState::Privileged(self.claim(plan, code));
                (claim, code.clone(), authority(plan, code), None)
            }
        };
        WithheldEntry { index: self.index, leaf: self.leaf, state, reason, authority, ordered_by }
    }

    fn claim(&self, plan: &Plan<'_>, code: &str) -> Privilege {
        let ty = Catalogue::builtin().get(self.event.as_str(), self.version);
        Privilege {
            doctype: ty.map_or_else(|| self.event.to_string(), |ty| ty.title().to_owned()),
            period: self.period,
            department: self.department.clone(),
            privilege: code.to_owned(),
            basis: (plan.basis)(self.index, code),
            custodian: plan.words.custodian.clone(),
        }
    }
}

fn authority(plan: &Plan<'_>, code: &str) -> String {
    let profile = plan.profile.reason(code).map(|reason| reason.authority.clone());
    let standard =
        || PRIVILEGES.iter().find(|(known, _)| *known == code).map(|(_, authority)| (*authority).to_owned());
    profile
        .filter(|authority| !authority.is_empty())
        .or_else(standard)
        .unwrap_or_else(|| AS_RECORDED.to_owned())
}

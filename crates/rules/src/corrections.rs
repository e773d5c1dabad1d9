//! Corrections: an event that replaces another, or takes it back. The original stays on the ledger and is shown beside its correction; rules read
//! what stands.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use daybook_event::Jti;

use crate::fact::{Fact, Rel};

/// Which of the facts of a case stand. A fact does not stand where an event of the same type and department corrects it, or where the department
/// recorded that it was entered in error, unless that correction was itself entered in error.
#[must_use]
pub fn active(facts: &[Arc<Fact>]) -> Vec<bool> {
    let mut correctors: HashMap<Jti, Vec<&Fact>> = HashMap::new();
    let places: HashMap<Jti, &Fact> = facts.iter().map(|fact| (fact.jti, &**fact)).collect();
    for fact in facts {
        for (_, target) in fact.links.iter().filter(|(rel, _)| *rel == Rel::Corrects) {
            if let Some(corrected) = places.get(target)
                && may_correct(fact, corrected)
            {
                correctors.entry(*target).or_default().push(fact);
            }
        }
    }
    let stands = |fact: &Arc<Fact>| {
        let corrected_by = correctors.get(&fact.jti);
        !corrected_by
            .into_iter()
            .flatten()
            .any(|corrector| !taken_back(corrector, &correctors, &mut HashSet::new()))
    };
    facts.iter().map(stands).collect()
}

fn may_correct(corrector: &Fact, corrected: &Fact) -> bool {
    corrector.jti != corrected.jti
        && corrector.issuer.department() == corrected.issuer.department()
        && (corrector.kind == corrected.kind || takes_back(corrector))
}

/// Whether it says that something was entered in error. A record of a replacement alone changes nothing: the replacement does.
fn takes_back(fact: &Fact) -> bool {
    &*fact.kind == "record.corrected" && fact.text("kind") == Some("entered_in_error")
}

fn taken_back(fact: &Fact, correctors: &HashMap<Jti, Vec<&Fact>>, seen: &mut HashSet<Jti>) -> bool {
    // Two records that take each other back prove nothing.
    if !seen.insert(fact.jti) {
        return false;
    }
    let backs = correctors.get(&fact.jti).into_iter().flatten().filter(|corrector| takes_back(corrector));
    backs.into_iter().any(|back| !taken_back(back, correctors, seen))
}

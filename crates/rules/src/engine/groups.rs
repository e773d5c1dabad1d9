//! Ways of finding related events other than by case: the same value of a field, the same department, the whole ledger.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::fact::Fact;
use crate::pack::By;
use crate::ruleset::Ruleset;

/// Entries by group.
#[derive(Debug)]
pub(crate) struct Groups {
    scopes: Vec<(By, HashSet<String>)>,
    /// By scope and value, and in each group by type: a few policies are found among a hundred thousand advisements without looking at those.
    entries: HashMap<(u16, u64), HashMap<Arc<str>, Vec<u64>>>,
}

impl Groups {
    /// Groups for what the rules look up. Types that no rule looks up in a group are not kept in it.
    pub(crate) fn new(ruleset: &Ruleset) -> Self {
        let types = |scope: &By| {
            let vocabulary = crate::vocab::Vocabulary::builtin();
            let scoped = vocabulary.types().map(|(name, _)| name).filter(|name| ruleset.scoped(scope, name));
            scoped.map(str::to_owned).collect()
        };
        let scopes = ruleset.scopes().iter().map(|scope| (scope.clone(), types(scope))).collect();
        Self { scopes, entries: HashMap::new() }
    }

    /// Adds a fact to its groups.
    pub(crate) fn add(&mut self, fact: &Fact) {
        for (number, (scope, types)) in (0_u16..).zip(&self.scopes) {
            if types.contains(&*fact.kind) {
                for value in values(scope, fact) {
                    let group = self.entries.entry((number, value)).or_default();
                    group.entry(Arc::clone(&fact.kind)).or_default().push(fact.entry);
                }
            }
        }
    }

    /// The entries of these types in the groups of a fact, in the order of the log; of all types, where none is named. Where two different fields are
    /// compared, these are the entries that have the value in either; which has it in which is compared where the entries are judged.
    pub(crate) fn reach(&self, fact: &Fact, scope: &By, types: &[String]) -> Vec<u64> {
        let number = (0_u16..).zip(&self.scopes).find(|(_, (of, _))| of == scope).map(|(number, _)| number);
        let Some(number) = number else { return Vec::new() };
        let mut reached: Vec<u64> = Vec::new();
        for group in values(scope, fact).into_iter().filter_map(|value| self.entries.get(&(number, value))) {
            if types.is_empty() {
                reached.extend(group.values().flatten());
            } else {
                reached.extend(types.iter().filter_map(|ty| group.get(ty.as_str())).flatten());
            }
        }
        reached.sort_unstable();
        reached.dedup();
        reached
    }
}

/// What the members of a group have in common, hashed: that two values meet in 64 bits is unlikely, and does no harm.
fn values(scope: &By, fact: &Fact) -> BTreeSet<u64> {
    let hashed = |part: Option<&str>| {
        let mut hasher = DefaultHasher::new();
        part.hash(&mut hasher);
        hasher.finish()
    };
    match scope {
        By::Case => BTreeSet::new(),
        By::Everywhere => BTreeSet::from([hashed(None)]),
        By::Department => BTreeSet::from([hashed(Some(fact.issuer.department()))]),
        By::Same(of_event, of_related) => [of_event, of_related]
            .into_iter()
            .filter_map(|field| Some(hashed(Some(&fact.word(field)?))))
            .collect(),
    }
}

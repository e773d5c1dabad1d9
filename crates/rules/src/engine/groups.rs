//! Ways of finding related events other than by case: the same value of a field, the same department, the whole ledger.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::fact::Fact;
use crate::pack::By;
use crate::ruleset::Ruleset;

/// Entries by group.
#[derive(Debug)]
pub(crate) struct Groups {
    scopes: Vec<(By, HashSet<String>)>,
    entries: HashMap<(u16, u64), Vec<u64>>,
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
            if types.contains(&*fact.kind)
                && let Some(value) = value(scope, fact)
            {
                self.entries.entry((number, value)).or_default().push(fact.entry);
            }
        }
    }

    /// The entries in the group of a fact, in the order of the log.
    pub(crate) fn reach(&self, fact: &Fact, scope: &By) -> &[u64] {
        let number = (0_u16..).zip(&self.scopes).find(|(_, (of, _))| of == scope).map(|(number, _)| number);
        let group = number.zip(value(scope, fact)).and_then(|key| self.entries.get(&key));
        group.map_or(&[], Vec::as_slice)
    }
}

/// What the members of a group have in common, hashed. A group joins facts of one value only; that two values meet in 64 bits is unlikely, and
/// rules that need certainty compare the field itself.
fn value(scope: &By, fact: &Fact) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match scope {
        By::Case => return None,
        By::Everywhere => {}
        By::Department => fact.issuer.department().hash(&mut hasher),
        By::Same(field) => match field.as_str() {
            "department" => fact.issuer.department().hash(&mut hasher),
            "producer" => fact.issuer.as_str().hash(&mut hasher),
            "period" => fact.period.to_string().hash(&mut hasher),
            field => fact.text(field)?.hash(&mut hasher),
        },
    }
    Some(hasher.finish())
}

//! Conditions that can never hold.

use serde_json::{Map, Value};
use toml::Spanned;

use super::Compiler;
use crate::expr::{Predicate, Scope};
use crate::fact::Fact;
use crate::time::Truth;
use crate::view::Members;
use crate::vocab::FieldType;

/// Combinations of values that are tried at most. A condition over more closed fields than that is not judged.
const COMBINATIONS_MAX: usize = 4_096;

impl Compiler<'_> {
    /// Where a condition reads only fields with closed vocabularies, every combination of their values is tried. If none makes it hold, the check
    /// can never fire, which is surely not what was meant.
    pub(super) fn reachable(&mut self, predicate: &Predicate, on: &[String], raw: &Spanned<String>) {
        let reached = on.iter().any(|ty| self.can_hold(predicate, ty) != Some(false));
        if !reached && !on.is_empty() {
            let hint =
                "no event of the type can have such values, so the check would never look at one".to_owned();
            self.inside(raw, 0, "this can never hold", Some(hint));
        }
    }

    /// Whether it holds for some event of the type; none where that cannot be tried out.
    fn can_hold(&self, predicate: &Predicate, ty: &str) -> Option<bool> {
        let mentions_others =
            ["params", "pack", "r"].iter().any(|name| predicate.reads(name).next().is_some());
        if mentions_others {
            return None;
        }
        let mut axes: Vec<(String, Vec<Value>)> = Vec::new();
        for field in predicate.reads("e") {
            let found = self.vocabulary.field(ty, field)?;
            let mut values: Vec<Value> = match found.holds {
                FieldType::Bool => vec![true.into(), false.into()],
                FieldType::Words(words) => words.into_iter().map(Value::from).collect(),
                _ => return None,
            };
            if !found.required {
                values.push(Value::Null);
            }
            axes.push((field.to_owned(), values));
        }
        let combinations = axes.iter().try_fold(1_usize, |n, (_, values)| n.checked_mul(values.len()))?;
        (combinations <= COMBINATIONS_MAX).then(|| {
            (0..combinations).any(|mut number| {
                let mut fields = Map::new();
                for (field, values) in &axes {
                    let value = values[number % values.len()].clone();
                    number /= values.len();
                    if !value.is_null() {
                        fields.insert(field.clone(), value);
                    }
                }
                let fact = Fact::sample(ty, fields);
                let none = Members::default();
                let scope = Scope { facts: vec![("e", Some(&fact))], params: &none, pack: &none };
                predicate.holds(&scope) != Truth::No
            })
        })
    }
}

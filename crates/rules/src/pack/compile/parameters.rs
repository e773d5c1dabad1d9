//! The named thresholds of a pack.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;

use super::super::types::Ty;

/// Parameters that are whole numbers: lengths of time may name them.
pub(super) fn numbers(raw: &BTreeMap<String, Spanned<toml::Value>>) -> BTreeMap<String, i64> {
    raw.iter().filter_map(|(name, value)| Some((name.clone(), value.get_ref().as_integer()?))).collect()
}

/// A parameter as CEL sees it.
pub(super) fn value(raw: &toml::Value) -> cel::Value {
    match raw {
        toml::Value::Integer(n) => cel::Value::Int(*n),
        toml::Value::Boolean(b) => cel::Value::Bool(*b),
        toml::Value::String(s) => cel::Value::from(s.as_str()),
        toml::Value::Array(items) => cel::Value::List(Arc::new(items.iter().map(value).collect())),
        _ => cel::Value::Null,
    }
}

/// The types of the parameters, for checking the expressions that read them.
pub(super) fn types(raw: &BTreeMap<String, Spanned<toml::Value>>) -> Ty {
    fn ty(value: &toml::Value) -> Ty {
        match value {
            toml::Value::Integer(_) => Ty::Int,
            toml::Value::Boolean(_) => Ty::Bool,
            toml::Value::String(text) => Ty::Text(Some(vec![text.clone()])),
            toml::Value::Array(items) => {
                let words = items.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect();
                Ty::List(Box::new(Ty::Text(Some(words))))
            }
            _ => Ty::Unknown,
        }
    }
    Ty::Members(raw.iter().map(|(name, value)| (name.clone(), ty(value.get_ref()))).collect())
}

//! Facts and parameters as values of CEL, borrowed: an expression reads a field where it stands, and nothing is copied into a map first.

use std::collections::HashMap;

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelNull, CelString, DYN_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde_json::Value;

use crate::fact::Fact;

/// A fact. Fields that the event leaves out are null; that there is such a field at all was checked when the pack was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FactView<'a>(pub(crate) &'a Fact);

impl FactView<'_> {
    fn field<'v>(&self, name: &str) -> CowVal<'v, 'v>
    where
        Self: 'v,
    {
        let fact = self.0;
        let second =
            |second: Option<i64>| second.map_or_else(null, |second| CowVal::owned(CelInt::from(second)));
        match name {
            "type" => owned_text(&fact.kind),
            "department" => owned_text(fact.issuer.department()),
            "producer" => owned_text(fact.issuer.producer()),
            "period" => owned_text(&fact.period.to_string()),
            "occurred_from" => second(fact.occurred.map(|at| at.earliest)),
            "occurred_to" => second(fact.occurred.map(|at| at.latest)),
            "recorded_from" => second(fact.recorded.map(|at| at.earliest)),
            "recorded_to" => second(fact.recorded.map(|at| at.latest)),
            // Where the matter is erased nobody can say any more whether there was one.
            "has_matter" if fact.matter.is_none() && fact.is_hidden("matter_ref") => null(),
            "has_matter" => CowVal::owned(CelBool::from(fact.matter.is_some())),
            name => fact.fields.get(name).map_or_else(null, |value| CowVal::Owned(boxed(value))),
        }
    }
}

impl Val for FactView<'_> {
    fn get_type(&self) -> &Type {
        &DYN_TYPE
    }

    fn cel_type() -> &'static Type {
        &DYN_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Indexer for FactView<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(self.field(name(index)?))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

/// Named values that stay the same: a pack's parameters, or the pack itself.
#[derive(Debug, Default)]
pub(crate) struct Members(HashMap<String, Box<dyn Val>>);

impl Members {
    /// The members of a CEL map.
    pub(crate) fn of(value: &cel::Value) -> Self {
        let cel::Value::Map(map) = value else { return Self::default() };
        let member = |(key, value): (&cel::objects::Key, &cel::Value)| {
            let cel::objects::Key::String(name) = key else { return None };
            Some((name.to_string(), value.clone().try_into().ok()?))
        };
        Self(map.map.iter().filter_map(member).collect())
    }
}

impl Val for Members {
    fn get_type(&self) -> &Type {
        &DYN_TYPE
    }

    fn cel_type() -> &'static Type {
        &DYN_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self(self.0.iter().map(|(name, value)| (name.clone(), value.clone_as_boxed())).collect()))
    }
}

impl Indexer for Members {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = name(index)?;
        self.0
            .get(name)
            .map(|value| CowVal::Borrowed(&**value))
            .ok_or_else(|| ExecutionError::no_such_key(name))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(|value| value.clone_as_boxed())
    }
}

fn name(index: &dyn Val) -> Result<&str, ExecutionError> {
    index
        .downcast_ref::<CelString<'_>>()
        .map(CelString::inner)
        .ok_or_else(|| ExecutionError::no_such_key("a name"))
}

fn null<'v>() -> CowVal<'v, 'v> {
    CowVal::owned(CelNull)
}

fn owned_text<'v>(text: &str) -> CowVal<'v, 'v> {
    CowVal::owned(CelString::from(text.to_owned()))
}

fn boxed<'v>(value: &Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Bool(yes) => Box::new(CelBool::from(*yes)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Box::new(CelInt::from(number)),
            None => Box::new(CelNull),
        },
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(items) => Box::new(CelList::from(items.iter().map(boxed).collect::<Vec<_>>())),
        Value::Null | Value::Object(_) => Box::new(CelNull),
    }
}

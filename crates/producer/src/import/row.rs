//! One row of the table against one event of the mapping.

use std::collections::HashMap;

use csv::StringRecord;
use serde_json::{Map, Value};

use super::{Fault, Reason};
use crate::mapping::{Condition, EventRule, Kind, Mapping, MappingError, Source};

/// Where the columns of this table are.
pub(super) struct Columns(HashMap<String, usize>);

impl Columns {
    /// Binds a mapping to the header of a table: every column that it reads must be there.
    pub(super) fn bind(mapping: &Mapping, header: &StringRecord) -> Result<Self, MappingError> {
        let columns: HashMap<String, usize> =
            header.iter().enumerate().map(|(at, name)| (name.trim().to_owned(), at)).collect();
        let need = |column: &str, place: String| {
            if columns.contains_key(column) {
                return Ok(());
            }
            let columns = header.iter().collect::<Vec<_>>().join(", ");
            Err(MappingError::NoColumn { column: column.to_owned(), place, columns })
        };
        for column in &mapping.identity {
            need(column, "identity".into())?;
        }
        for (column, _) in &mapping.known {
            need(column, "known".into())?;
        }
        for event in &mapping.events {
            let place = || format!("event \"{}\"", event.name);
            for column in &event.once_per {
                need(column, place())?;
            }
            for (column, condition) in &event.when {
                need(column, place())?;
                if let Condition::NotBefore(other) = condition {
                    need(other, place())?;
                }
            }
            for (_, source) in &event.fields {
                match source {
                    Source::Constant(_) => {}
                    Source::Column { column, .. }
                    | Source::Mapped { column, .. }
                    | Source::Day { column, .. }
                    | Source::Matter { column } => need(column, place())?,
                }
            }
        }
        Ok(Self(columns))
    }

    pub(super) fn get<'r>(&self, record: &'r StringRecord, column: &str) -> &'r str {
        self.0.get(column).and_then(|at| record.get(*at)).unwrap_or("").trim()
    }

    /// The key under which the event of this row is remembered. An empty part is a fault: a row without identity
    /// could be imported twice.
    pub(super) fn key(
        &self,
        mapping: &Mapping,
        event: &EventRule,
        record: &StringRecord,
    ) -> Result<String, Fault> {
        let mut key = format!("{}\u{1f}{}", mapping.name, event.name);
        for column in &event.once_per {
            let value = self.get(record, column);
            if value.is_empty() {
                return Err(Fault::at(Reason::Missing, column));
            }
            key.push('\u{1f}');
            key.push_str(value);
        }
        Ok(key)
    }

    /// Columns whose value is outside their vocabulary.
    pub(super) fn unknown<'m>(&self, mapping: &'m Mapping, record: &StringRecord) -> Vec<&'m str> {
        let unknown =
            mapping.known.iter().filter(|(column, values)| !values.contains(self.get(record, column)));
        unknown.map(|(column, _)| column.as_str()).collect()
    }

    pub(super) fn applies(&self, event: &EventRule, record: &StringRecord) -> bool {
        event.when.iter().all(|(column, condition)| {
            let value = self.get(record, column);
            match condition {
                Condition::Present(present) => value.is_empty() != *present,
                Condition::OneOf(values) => values.iter().any(|one| one == value),
                Condition::NoneOf(values) => values.iter().all(|one| one != value),
                Condition::NotBefore(other) => {
                    let other = self.get(record, other);
                    !value.is_empty() && !other.is_empty() && value >= other
                }
            }
        })
    }

    /// The fields of the event. `matter` gives the token that stands for a value.
    pub(super) fn fields<E>(
        &self,
        event: &EventRule,
        record: &StringRecord,
        mut matter: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Result<Map<String, Value>, Fault>, E> {
        let mut fields = Map::new();
        for (name, source) in &event.fields {
            let value = match source {
                Source::Constant(value) => Ok(Some(value.clone())),
                Source::Column { column, kind, optional } => self.column(record, column, *kind, *optional),
                Source::Mapped { column, values } => values
                    .get(self.get(record, column))
                    .map(|value| Some(value.clone()))
                    .ok_or_else(|| Fault::at(Reason::UnknownValue, column)),
                Source::Day { column, format } => self.day(record, column, format.as_deref()).map(Some),
                Source::Matter { column } => match self.get(record, column) {
                    "" => Err(Fault::at(Reason::Missing, column)),
                    value => Ok(Some(Value::String(matter(value)?))),
                },
            };
            match value {
                Ok(Some(value)) => drop(fields.insert(name.clone(), value)),
                Ok(None) => {}
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Ok(Ok(fields))
    }

    fn column(
        &self,
        record: &StringRecord,
        column: &str,
        kind: Kind,
        optional: bool,
    ) -> Result<Option<Value>, Fault> {
        let text = self.get(record, column);
        let value = match (text, kind) {
            ("", _) if optional => return Ok(None),
            ("", _) => return Err(Fault::at(Reason::Missing, column)),
            (_, Kind::Text) => Some(Value::from(text)),
            (_, Kind::Integer) => text.parse::<i64>().ok().map(Value::from),
            ("true", Kind::Boolean) => Some(Value::Bool(true)),
            ("false", Kind::Boolean) => Some(Value::Bool(false)),
            (_, Kind::Boolean) => None,
        };
        value.map(Some).ok_or_else(|| Fault::at(Reason::WrongForm, column))
    }

    fn day(&self, record: &StringRecord, column: &str, format: Option<&str>) -> Result<Value, Fault> {
        let text = self.get(record, column);
        if text.is_empty() {
            return Err(Fault::at(Reason::Missing, column));
        }
        let day = jiff::civil::Date::strptime(format.unwrap_or("%Y-%m-%d"), text)
            .map_err(|_| Fault::at(Reason::NoDate, column))?;
        Ok(Value::String(day.strftime("%Y-%m-%d").to_string()))
    }
}

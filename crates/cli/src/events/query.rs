//! Which events: what is typed, as the body of a request.

use std::path::Path;

use daybook_event::{Issuer, Jti, Period, TypeName};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::asking::value_from;
use crate::remote::Trouble;

/// Which events.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Which {
    /// Only events of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<TypeName>,
    /// Only events of this department; may be given several times
    #[arg(long = "department", value_name = "NAME")]
    departments: Vec<String>,
    /// Only events of this producer, as department/producer; may be given several times
    #[arg(long = "producer", value_name = "NAME")]
    producers: Vec<Issuer>,
    /// Only events that count for this month; may be given several times
    #[arg(long = "month", value_name = "YYYY-MM")]
    months: Vec<Period>,
    /// Only events in which a field with a closed list of values has this value; may be given several times
    #[arg(long = "code", value_name = "FIELD=VALUE", value_parser = pair)]
    codes: Vec<(String, String)>,
    /// Only what happened on this day or later, in the city's time zone
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Only what happened on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Only what reached the ledger on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    received_from: Option<Date>,
    /// Only what reached the ledger on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    received_to: Option<Date>,
    /// Only events in which a withheld field has exactly the value in this file, or on standard input where it is -; the value
    /// stays out of the shell's history, and the ledger looks it up by a keyed hash
    #[arg(long = "identifier-file", value_name = "FIELD=FILE", value_parser = pair)]
    identifiers: Vec<(String, String)>,
    /// Only events of a matter, by its handle as an event shows it
    #[arg(long, value_name = "HANDLE")]
    matter: Option<String>,
    /// Only events that link to this one
    #[arg(long, value_name = "JTI")]
    linked_to: Option<Jti>,
    /// As of a log of this many entries [default: the latest]
    #[arg(long, value_name = "SIZE")]
    at: Option<u64>,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or("a field, = and a value are wanted")
}

impl Which {
    /// The matter, where one is named.
    pub(crate) fn matter(&self) -> Option<&str> {
        self.matter.as_deref()
    }

    /// The body of a request. It reads the values of identifiers.
    pub(crate) fn body(&self) -> Result<Map<String, Value>, Trouble> {
        let mut body = Map::new();
        list(&mut body, "types", &self.types);
        list(&mut body, "departments", &self.departments);
        list(&mut body, "producers", &self.producers);
        list(&mut body, "periods", &self.months);
        if !self.codes.is_empty() {
            body.insert("codes".into(), self.codes().into());
        }
        days(&mut body, "occurred", ("--from", self.from), ("--to", self.to))?;
        let received = (("--received-from", self.received_from), ("--received-to", self.received_to));
        days(&mut body, "received", received.0, received.1)?;
        if !self.identifiers.is_empty() {
            body.insert("identifiers".into(), self.identifiers()?.into());
        }
        if let Some(matter) = &self.matter {
            body.insert("matter".into(), matter.as_str().into());
        }
        if let Some(jti) = &self.linked_to {
            body.insert("linked_to".into(), jti.to_string().into());
        }
        if let Some(at) = self.at {
            body.insert("at".into(), at.into());
        }
        Ok(body)
    }

    fn codes(&self) -> Map<String, Value> {
        let mut codes = Map::new();
        for (field, value) in &self.codes {
            let values = codes.entry(field.as_str()).or_insert_with(|| json!([]));
            if let Value::Array(values) = values {
                values.push(value.as_str().into());
            }
        }
        codes
    }

    fn identifiers(&self) -> Result<Map<String, Value>, Trouble> {
        let from_stdin = self.identifiers.iter().filter(|(_, file)| file == "-").count();
        if from_stdin > 1 {
            return Err(Trouble::Usage("--identifier-file: standard input holds one value only".into()));
        }
        let mut identifiers = Map::new();
        for (field, file) in &self.identifiers {
            let before = identifiers.insert(field.clone(), value_from(Path::new(file))?.into());
            if before.is_some() {
                return Err(Trouble::Usage(format!("--identifier-file: {field} is named twice")));
            }
        }
        Ok(identifiers)
    }
}

fn list<T: ToString>(body: &mut Map<String, Value>, name: &str, items: &[T]) {
    if !items.is_empty() {
        body.insert(name.into(), items.iter().map(T::to_string).collect::<Vec<_>>().into());
    }
}

fn days(
    body: &mut Map<String, Value>,
    name: &str,
    from: (&str, Option<Date>),
    to: (&str, Option<Date>),
) -> Result<(), Trouble> {
    if let (Some(first), Some(last)) = (from.1, to.1)
        && first > last
    {
        return Err(Trouble::Usage(format!("{} is a day after that of {}", from.0, to.0)));
    }
    let mut days = Map::new();
    days.extend(from.1.map(|day| ("from".to_owned(), day.to_string().into())));
    days.extend(to.1.map(|day| ("to".to_owned(), day.to_string().into())));
    if !days.is_empty() {
        body.insert(name.into(), days.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;

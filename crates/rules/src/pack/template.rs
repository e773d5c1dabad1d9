//! The words of a finding, with places for what the events say.

use crate::fact::Fact;

/// Text with places such as `{e.channel}` or `{r.occurred_at}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place { variable: String, field: String, offset: usize },
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The byte at which a place is not `{variable.field}`.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let at = text.len() - rest.len() + open;
            let close = rest[open..].find('}').ok_or(at)?;
            let (variable, field) = rest[open + 1..open + close].split_once('.').ok_or(at)?;
            parts.push(Part::Text(rest[..open].to_owned()));
            parts.push(Part::Place { variable: variable.to_owned(), field: field.to_owned(), offset: at });
            rest = &rest[open + close + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Its places: variable, field, and where they stand.
    pub fn places(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Place { variable, field, offset } => Some((variable.as_str(), field.as_str(), *offset)),
            Part::Text(_) => None,
        })
    }

    /// The text with what the facts say in its places.
    #[must_use]
    pub fn fill<'f>(&self, fact: impl Fn(&str) -> Option<&'f Fact>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place { variable, field, .. } => {
                fact(variable).map_or_else(|| "(none)".to_owned(), |fact| shown(fact, field))
            }
        };
        self.parts.iter().map(part).collect()
    }
}

fn shown(fact: &Fact, field: &str) -> String {
    if fact.is_hidden(field) {
        return "(withheld)".to_owned();
    }
    match field {
        "department" => fact.issuer.department().to_owned(),
        "producer" => fact.issuer.producer().to_owned(),
        "period" => fact.period.to_string(),
        "type" => fact.kind.to_string(),
        _ => match fact.fields.get(field) {
            Some(serde_json::Value::String(text)) => text.replace('_', " "),
            Some(serde_json::Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            Some(serde_json::Value::Array(items)) => {
                let items = items.iter().filter_map(serde_json::Value::as_str);
                items.map(|item| item.replace('_', " ")).collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
            None => "(not stated)".to_owned(),
        },
    }
}

//! What rules may speak of: the types of event with their fields, and the facts that the ledger derives.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use daybook_event::{Catalogue, Class};
use serde_json::Value;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// One of these words.
    Words(Vec<String>),
    /// Text that no list closes: identifiers, times, days.
    Text,
    /// A list of such values.
    List(Box<FieldType>),
    /// Anything else, with which no rule can do much.
    Other,
}

/// A field of a type, as rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleField {
    /// What it holds.
    pub holds: FieldType,
    /// Who may see it. A finding's text names no withheld field.
    pub class: Class,
    /// Whether every event of the type has it; otherwise it may be null.
    pub required: bool,
}

/// A type of event or of derived fact, as rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleType {
    /// Its name in a clerk's words.
    pub title: String,
    /// Its fields by name.
    pub fields: BTreeMap<String, RuleField>,
    /// Whether the ledger derives it rather than a department recording it.
    pub derived: bool,
}

/// All types, by name.
#[derive(Debug)]
pub struct Vocabulary {
    types: BTreeMap<String, RuleType>,
}

/// Facts that the ledger derives from many events, so that rules can speak about what is missing.
pub mod derived {
    /// A department's month, once it is over.
    pub const PERIOD: &str = "derived.period";
    /// A department's quarter of a year, once it is over.
    pub const QUARTER: &str = "derived.quarter";
    /// Sequence numbers of a producer that the ledger does not hold.
    pub const GAP: &str = "derived.gap";
    /// A sequence number under which a producer signed two events.
    pub const FORK: &str = "derived.fork";
    /// A kept event in which today's scan finds what a ledger never takes.
    pub const BANNED: &str = "derived.banned";
}

/// What every fact has beside its fields.
const ENVELOPE: [(&str, FieldType); 9] = [
    ("type", FieldType::Text),
    ("department", FieldType::Text),
    ("producer", FieldType::Text),
    ("period", FieldType::Text),
    ("occurred_from", FieldType::Int),
    ("occurred_to", FieldType::Int),
    ("recorded_from", FieldType::Int),
    ("recorded_to", FieldType::Int),
    ("has_matter", FieldType::Bool),
];

static BUILTIN: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::of(Catalogue::builtin(), Catalogue::builtin_files()));

impl Vocabulary {
    /// The vocabulary of the catalogue that this program was built with.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    fn of(catalogue: &Catalogue, files: &[(&str, &[u8])]) -> Self {
        let read = |name: &str| {
            let file = files.iter().find(|(file, _)| *file == name);
            file.and_then(|(_, bytes)| serde_json::from_slice::<Value>(bytes).ok()).unwrap_or(Value::Null)
        };
        let common = read("common.json");
        let mut types = BTreeMap::new();
        for ty in catalogue.types() {
            let schema = read(&format!("{}.v{}.json", ty.name(), ty.version()));
            let fields = ty.fields().iter().map(|field| {
                let property = resolve(&schema["properties"][&field.name], &common);
                let seen = RuleField {
                    holds: field_type(property, &common),
                    class: field.class,
                    required: field.required,
                };
                (field.name.clone(), seen)
            });
            let entry = RuleType { title: ty.title().to_owned(), fields: fields.collect(), derived: false };
            // Versions come in order; the latest says what rules may read.
            types.insert(ty.name().to_string(), entry);
        }
        for (name, title, fields) in derived_types() {
            let fields = fields.into_iter().map(|(name, holds, required)| {
                (name.to_owned(), RuleField { holds, class: Class::R, required })
            });
            types.insert(
                name.to_owned(),
                RuleType { title: title.to_owned(), fields: fields.collect(), derived: true },
            );
        }
        Self { types }
    }

    /// The type of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&RuleType> {
        self.types.get(name)
    }

    /// All types by name.
    pub fn types(&self) -> impl Iterator<Item = (&str, &RuleType)> {
        self.types.iter().map(|(name, ty)| (name.as_str(), ty))
    }

    /// What a field of a type holds; envelope fields included.
    #[must_use]
    pub fn field(&self, ty: &str, field: &str) -> Option<RuleField> {
        if let Some((_, holds)) = ENVELOPE.iter().find(|(name, _)| *name == field) {
            return Some(RuleField { holds: holds.clone(), class: Class::R, required: true });
        }
        if ty == "*" {
            return self.shared(field);
        }
        self.types.get(ty)?.fields.get(field).cloned()
    }

    /// A field of every type that departments record. The few types without corrections have none, so that one may be null.
    fn shared(&self, field: &str) -> Option<RuleField> {
        if field == "correction" {
            return Some(RuleField { holds: FieldType::Bool, class: Class::P, required: false });
        }
        let mut recorded = self.types.values().filter(|ty| !ty.derived).map(|ty| ty.fields.get(field));
        let first = recorded.next()??;
        recorded.all(|found| found == Some(first)).then(|| first.clone())
    }

    /// The name in `names` that looks most like `wanted`, for the hint of an error.
    #[must_use]
    pub fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        names
            .map(|name| (edit_distance(wanted, name), name))
            .filter(|(distance, _)| *distance <= 1 + wanted.len() / 4)
            .min()
            .map(|(_, name)| name)
    }
}

/// Edit distance of Levenshtein over bytes.
fn edit_distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

fn resolve<'v>(property: &'v Value, common: &'v Value) -> &'v Value {
    let Some(target) = property["$ref"].as_str() else { return property };
    common.pointer(target.trim_start_matches("common.json#")).unwrap_or(property)
}

fn field_type(schema: &Value, common: &Value) -> FieldType {
    let schema = resolve(schema, common);
    if let Some(words) = schema["enum"].as_array() {
        return FieldType::Words(words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    match schema["type"].as_str() {
        Some("boolean") => FieldType::Bool,
        Some("integer") => FieldType::Int,
        Some("string") => FieldType::Text,
        Some("array") => FieldType::List(Box::new(field_type(&schema["items"], common))),
        _ => FieldType::Other,
    }
}

type DerivedField = (&'static str, FieldType, bool);

fn derived_types() -> Vec<(&'static str, &'static str, Vec<DerivedField>)> {
    use FieldType::{Bool, Int, Text};
    vec![
        (
            derived::PERIOD,
            "Month of a department, over",
            vec![
                ("month", Text, true),
                ("events", Int, true),
                ("attested", Bool, true),
                ("attested_nil", Bool, false),
                ("attested_requests", Int, false),
                ("recorded_requests", Int, true),
                ("attested_notices", Int, false),
                ("recorded_notices", Int, true),
            ],
        ),
        (
            derived::QUARTER,
            "Quarter of a department, over",
            vec![
                ("quarter", Text, true),
                ("detainer_releases", Int, true),
                ("detainer_median_minutes", Int, false),
                ("baseline_median_minutes", Int, false),
            ],
        ),
        (
            derived::GAP,
            "Missing sequence numbers of a producer",
            vec![("from_seq", Int, true), ("to_seq", Int, true), ("closed", Bool, true)],
        ),
        (derived::FORK, "Two events under one sequence number", vec![("at_seq", Int, true)]),
        (derived::BANNED, "Kept event with forbidden data", vec![("found", Text, true)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_shared_definitions_are_resolved() {
        let vocabulary = Vocabulary::builtin();
        let paper = vocabulary.field("paper.classified", "paper_class").expect("a field");
        let FieldType::Words(words) = paper.holds else { panic!("{:?}", paper.holds) };
        assert!(words.iter().any(|word| word == "detainer_i247x") && paper.required);
        let told = vocabulary.field("release.notice_sent", "categories_disclosed").expect("a field").holds;
        assert!(matches!(told, FieldType::List(of) if matches!(*of, FieldType::Words(_))));
        assert_eq!(vocabulary.field("advisement.answered", "answer").expect("a field").class, Class::W);
        assert_eq!(vocabulary.field("paper.classified", "paper_clas"), None);
    }

    #[test]
    fn a_misspelt_name_has_a_near_one() {
        let names = ["paper_class", "judge_named"];
        assert_eq!(Vocabulary::nearest("paper_clas", names.into_iter()), Some("paper_class"));
        assert_eq!(Vocabulary::nearest("weather", names.into_iter()), None);
    }
}

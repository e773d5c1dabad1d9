//! The catalogue of event types: what there is to say about each field, and the checks that its schema makes.
//!
//! A type is one file in `schemas/events`, listed by the build; there is no code per type.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::shown_name;
use crate::names::{LEDGER_DEPARTMENT, TypeName};
use crate::refusal::Code;
pub use crate::schema::examples::CounterExample;
use crate::schema::{Mistake, read_files};
use crate::xscan::{Forbidden, Openness};

/// Who may see a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Public: in the clear in the signed payload.
    P,
    /// Restricted: auditors and the department.
    R,
    /// Withheld: opened only with a reason, and the opening is recorded.
    W,
}

/// A field of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the flat event.
    pub name: String,
    /// Its name in a clerk's words.
    pub title: String,
    /// What it holds, in a clerk's words.
    pub description: String,
    /// Who may see it.
    pub class: Class,
    /// The slot it is in; none for public fields.
    pub slot: Option<String>,
    /// Whether every event of the type has it.
    pub required: bool,
    /// The values that it can have, where the schema lists them all: those of an enumeration, alone or as items of a list, or `true` and
    /// `false`. None where anything open can stand.
    pub codes: Option<Vec<String>>,
}

/// A named slot of a type: fields that are shown or withheld together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name in the payload.
    pub name: String,
    /// The class of all its fields.
    pub class: Class,
    /// Its fields, in the order of the schema.
    pub fields: Vec<String>,
    /// Whether its value is an object of fields; otherwise it is the value of its one field.
    pub grouped: bool,
}

/// A flat event that does not have the form of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {expected}")]
pub struct SchemaFault {
    /// [`Code::Schema`] or [`Code::UnknownField`].
    pub code: Code,
    /// Where, as a JSON pointer into the flat event.
    pub place: String,
    /// What belongs there. Comes from the schema and holds no value out of the event.
    pub expected: String,
}

/// A type of event, in one version.
pub struct EventType {
    pub(crate) name: TypeName,
    pub(crate) version: u32,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) publishers: Option<Vec<String>>,
    pub(crate) fields: Vec<Field>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) example: Value,
    pub(crate) counter_example: CounterExample,
    pub(crate) whole: Validator,
    pub(crate) public: Validator,
    /// The fields in which something open can stand.
    pub(crate) open: Vec<(String, Openness)>,
}

impl std::fmt::Debug for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EventType({} v{})", self.name, self.version)
    }
}

impl EventType {
    /// The type's name.
    pub fn name(&self) -> &TypeName {
        &self.name
    }

    /// The version of its schema, from 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The type in a clerk's words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the type records and when, in a clerk's words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its fields, in the order of the schema.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Its slots, in the order of the schema.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// A valid flat event of this type.
    pub fn example(&self) -> &Value {
        &self.example
    }

    /// An event that looks like one of this type and is refused.
    pub fn counter_example(&self) -> &CounterExample {
        &self.counter_example
    }

    /// The departments that may publish the type, where the schema lists them; else every one but `ledger` may.
    pub fn publishers(&self) -> Option<&[String]> {
        self.publishers.as_deref()
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the department may publish the type: one that the schema lists or, where it lists none, every one but `ledger`.
    pub fn may_publish(&self, department: &str) -> bool {
        match &self.publishers {
            Some(listed) => listed.iter().any(|one| one == department),
            None => department != LEDGER_DEPARTMENT,
        }
    }

    /// Checks a flat event against the schema.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self, flat: &Map<String, Value>) -> Result<(), SchemaFault> {
        self.check_value(&Value::Object(flat.clone()))
    }

    /// Like [`Self::check`], without a copy.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check_value(&self, flat: &Value) -> Result<(), SchemaFault> {
        against(&self.whole, flat)
    }

    /// Checks the public fields alone.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check_public_value(&self, public: &Value) -> Result<(), SchemaFault> {
        against(&self.public, public)
    }

    /// Looks through the open strings of a flat event for what is never taken; the field and the kind of thing.
    pub fn find_forbidden(&self, flat: &Map<String, Value>) -> Option<(&str, Forbidden)> {
        self.open.iter().find_map(|(name, openness)| Some((name.as_str(), openness.find(flat.get(name)?)?)))
    }
}

fn against(validator: &Validator, value: &Value) -> Result<(), SchemaFault> {
    if validator.is_valid(value) {
        return Ok(());
    }
    // The messages of the validator repeat the value that is wrong; only its place and what the schema says go into ours.
    let errors: Vec<_> = validator.iter_errors(value).collect();
    let unknown = |e: &&jsonschema::ValidationError<'_>| {
        matches!(e.kind(), ValidationErrorKind::AdditionalProperties { .. })
    };
    let Some(error) = errors.iter().find(unknown).or_else(|| errors.first()) else {
        return Ok(());
    };
    let mut place = String::new();
    for step in error.instance_path().as_str().split('/').skip(1) {
        place = place + "/" + shown_name(step);
    }
    let (code, expected) = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            place = place + "/" + unexpected.first().map_or("*", |name| shown_name(name));
            (Code::UnknownField, "the type has no such field".to_owned())
        }
        ValidationErrorKind::Required { property } => {
            place = place + "/" + property.as_str().unwrap_or_default();
            (Code::Schema, "is required".to_owned())
        }
        kind => (Code::Schema, expectation(kind)),
    };
    Err(SchemaFault { code, place, expected })
}

/// What the schema asks for, in words. Every part of it comes out of the schema.
fn expectation(kind: &ValidationErrorKind) -> String {
    let listed = |options: &Value| {
        let options = options.as_array().into_iter().flatten().filter_map(Value::as_str);
        options.collect::<Vec<_>>().join(", ")
    };
    match kind {
        ValidationErrorKind::Enum { options } => format!("takes one of: {}", listed(options)),
        ValidationErrorKind::Maximum { limit } => format!("is at most {limit}"),
        ValidationErrorKind::Minimum { limit } => format!("is at least {limit}"),
        ValidationErrorKind::MaxLength { limit } => format!("has at most {limit} characters"),
        ValidationErrorKind::MaxItems { limit } => format!("has at most {limit} items"),
        ValidationErrorKind::MinItems { limit } => format!("has at least {limit} items"),
        ValidationErrorKind::Contains => "lists one of the kind that the type asks for".to_owned(),
        ValidationErrorKind::UniqueItems => "lists nothing twice".to_owned(),
        ValidationErrorKind::Pattern { pattern } => format!("has the form {pattern}"),
        ValidationErrorKind::Format { format } => match format.as_str() {
            "daybook-time" => {
                "is a time that exists: a day, or a day and clock time with its offset".to_owned()
            }
            "daybook-day" => "is a day that exists, as YYYY-MM-DD".to_owned(),
            "daybook-digest" => "is base64url of 32 bytes, 43 characters".to_owned(),
            "daybook-matter" => "is a random token of 26 characters of a-z and 2-7".to_owned(),
            other => format!("has the form {other}"),
        },
        other => format!("meets {:?} of the schema", other.keyword()),
    }
}

/// A set of schema files that is not a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schemas hold {} mistake(s): {}", .mistakes.len(), .mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct CatalogueError {
    /// Everything that is wrong, file by file.
    pub mistakes: Vec<Mistake>,
}

/// All types, by name and version.
#[derive(Debug)]
pub struct Catalogue {
    types: BTreeMap<String, BTreeMap<u32, EventType>>,
}

static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    // A mistake in a file of this repository is caught by the tests of this crate, which build the catalogue.
    Catalogue::from_files(FILES.iter().copied()).expect("the schemas of this build have been tested")
});

impl Catalogue {
    /// The catalogue that this program was built with.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The files of [`Self::builtin`], to publish them with a production.
    pub fn builtin_files() -> &'static [(&'static str, &'static [u8])] {
        FILES
    }

    /// Reads a catalogue from schema files, given as file name and content: `common.json` and `<type>.v<n>.json`.
    ///
    /// # Errors
    /// Every mistake in them, with file and JSON pointer.
    pub fn from_files<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Self, CatalogueError> {
        let mut types: BTreeMap<String, BTreeMap<u32, EventType>> = BTreeMap::new();
        for read in read_files(files).map_err(|mistakes| CatalogueError { mistakes })? {
            types.entry(read.name.to_string()).or_default().insert(read.version, read);
        }
        Ok(Self { types })
    }

    /// The type of this name in this version.
    pub fn get(&self, name: &str, v: u32) -> Option<&EventType> {
        self.types.get(name)?.get(&v)
    }

    /// The type of this name in its latest version.
    pub fn latest(&self, name: &str) -> Option<&EventType> {
        self.types.get(name)?.values().next_back()
    }

    /// Every type in every version, by name.
    pub fn types(&self) -> impl Iterator<Item = &EventType> {
        self.types.values().flat_map(BTreeMap::values)
    }
}

//! The materials of a production: a line for each entry that was found, and a last one that says that nothing is cut off.

use daybook_event::{Period, TypeName};
use daybook_tlog::Hash;
use serde::Deserialize;

use super::error::{BuildError, FETCH_AGAIN};
use super::lines::Line;

/// The name of the materials in errors.
pub(super) const MATERIALS: &str = "materials";

/// A line of the materials, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// A record that goes out.
    Produced(Produced),
    /// A record that is held back as a whole.
    Withheld(Withheld),
    /// The last line: how many there are of each.
    End {
        /// Records that go out.
        produced: u64,
        /// Records that are held back.
        withheld: u64,
    },
}

/// A record that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The entry's number in the log.
    pub index: u64,
    /// The entry.
    pub entry: String,
    /// The disclosures that may be looked at.
    pub disclosures: Vec<String>,
    /// The intake disclosure.
    pub intake: Option<String>,
    /// The slots of class W that an approved opening covers.
    pub opened: Vec<String>,
    /// The slots that are sealed or erased.
    pub locked: Vec<Locked>,
}

/// A slot that nobody may look at, or nobody can.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its name.
    pub slot: String,
    /// How.
    pub state: Lock,
    /// What the order rests on: a code of `record.sealed`.
    pub authority: String,
    /// The entry of the order.
    pub by: u64,
}

/// How a slot is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lock {
    /// By a seal.
    Sealed,
    /// For good.
    Erased,
}

/// A record that is held back as a whole; nothing of what it says is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The entry's number in the log.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf: Hash,
    /// The type of event.
    pub event: TypeName,
    /// The version of the type's schema.
    pub version: u32,
    /// The month.
    pub period: Period,
    /// The department that signed it.
    pub department: String,
    /// Why.
    pub why: Why,
}

/// Why a whole record is held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A privilege, by its code.
    Privileged(String),
    /// A reason of the profile's form, by its code.
    Excluded(String),
    /// An order.
    Sealed {
        /// What the order rests on: a code of `record.sealed`.
        authority: String,
        /// The entry of the order.
        by: u64,
    },
}

/// All members that any line has; which belong together is checked afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    end: Option<bool>,
    produced: Option<u64>,
    withheld: Option<u64>,
    entry: Option<u64>,
    state: Option<String>,
    bytes: Option<String>,
    disclosures: Option<Vec<String>>,
    intake: Option<String>,
    opened: Option<Vec<String>>,
    locked: Option<Vec<Locked>>,
    leaf: Option<String>,
    event: Option<TypeName>,
    v: Option<u32>,
    period: Option<Period>,
    department: Option<String>,
    code: Option<String>,
    authority: Option<String>,
    by: Option<u64>,
}

impl Material {
    /// The entry; none for the last line.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Produced(record) => Some(record.index),
            Self::Withheld(record) => Some(record.index),
            Self::End { .. } => None,
        }
    }

    /// Reads a line.
    pub(super) fn read(line: &Line) -> Result<Self, BuildError> {
        let fault =
            |what: String| BuildError::Line { file: MATERIALS, line: line.number, what, remedy: FETCH_AGAIN };
        // What serde says may quote a value; where it stumbled does not.
        let json: Json = serde_json::from_slice(&line.bytes).map_err(|error| {
            fault(format!("at character {} it is not a line of the materials", error.column()))
        })?;
        let entry = json.entry.map_or_else(String::new, |entry| format!(", entry {entry},"));
        json.read().ok_or_else(|| {
            fault(format!("this line{entry} lacks a member of its state, or has one of another"))
        })
    }
}

impl Json {
    fn read(self) -> Option<Material> {
        let lists = self.disclosures.is_some() || self.opened.is_some() || self.locked.is_some();
        let going = self.bytes.is_some() || self.intake.is_some() || lists;
        let rest = self.period.is_some() || self.department.is_some() || self.authority.is_some();
        let staying = [self.leaf.is_some(), self.event.is_some(), self.code.is_some(), self.by.is_some()];
        let staying = rest || self.v.is_some() || staying.contains(&true);
        if self.end.is_some() {
            let others = going || staying || self.entry.is_some() || self.state.is_some();
            let end = Material::End { produced: self.produced?, withheld: self.withheld? };
            return (self.end == Some(true) && !others).then_some(end);
        }
        if self.produced.is_some() || self.withheld.is_some() {
            return None;
        }
        let index = self.entry?;
        if self.state.as_deref()? == "produced" {
            return (!staying).then_some(Material::Produced(Produced {
                index,
                entry: self.bytes?,
                disclosures: self.disclosures?,
                intake: self.intake,
                opened: self.opened?,
                locked: self.locked?,
            }));
        }
        if going {
            return None;
        }
        let why = match self.state?.as_str() {
            "privileged" => Why::Privileged(self.code?),
            "excluded" => Why::Excluded(self.code?),
            "sealed" => Why::Sealed { authority: self.authority?, by: self.by? },
            _ => return None,
        };
        Some(Material::Withheld(Withheld {
            index,
            leaf: Hash::from_base64(&self.leaf?)?,
            event: self.event?,
            version: self.v?,
            period: self.period?,
            department: self.department?,
            why,
        }))
    }
}

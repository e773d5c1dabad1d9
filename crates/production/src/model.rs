//! A record as it goes out, understood: what renderings, load files and logs are made from.

use std::fmt;

use daybook_event::{Class, Issuer, Jti, Kid, Origin, Period, TypeName};
use daybook_tlog::Hash;
use serde_json::Value;

/// Least digits of a Bates number: it is written with leading zeros, so that file names sort.
pub const BATES_DIGITS: usize = 8;

/// The slot under which the public fields stand, which have no slot of their own in the event.
pub const PUBLIC_SLOT: &str = "public";

/// The Bates numbers of a document's pages: consecutive, the first to the last, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatesRange {
    /// What stands before the digits, with its hyphen.
    pub prefix: String,
    /// The number of the first page, from 1.
    pub first: u64,
    /// The number of the last page.
    pub last: u64,
}

impl BatesRange {
    /// A number as it is stamped.
    pub fn stamp(&self, number: u64) -> String {
        format!("{}{number:0BATES_DIGITS$}", self.prefix)
    }

    /// The stamp of the first page. Files of the document are named for it.
    pub fn begin(&self) -> String {
        self.stamp(self.first)
    }

    /// The stamp of the last page.
    pub fn end(&self) -> String {
        self.stamp(self.last)
    }

    /// How many pages.
    pub fn pages(&self) -> u64 {
        self.last - self.first + 1
    }
}

impl fmt::Display for BatesRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            f.write_str(&self.begin())
        } else {
            write!(f, "{} to {}", self.begin(), self.end())
        }
    }
}

/// A document with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The numbers of its pages.
    pub bates: BatesRange,
    /// The document.
    pub document: Document,
}

/// One record as it goes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The entry's number in the log.
    pub index: u64,
    /// The entry's leaf hash: the same in every production, however much is withheld.
    pub leaf: Hash,
    /// The event's identifier.
    pub jti: Jti,
    /// The type of event.
    pub event: TypeName,
    /// The version of the type's schema.
    pub version: u32,
    /// The type in a clerk's words.
    pub title: String,
    /// The producer that signed it.
    pub issuer: Issuer,
    /// Its number in the producer's own sequence.
    pub seq: u64,
    /// The key that signed it.
    pub kid: Kid,
    /// The month in which it happened.
    pub period: Period,
    /// When the ledger received it, RFC 3339 in UTC; only where the intake disclosure goes out.
    pub received: Option<String>,
    /// The public fields as the slot [`PUBLIC_SLOT`], then the slots in the order of the type.
    pub slots: Vec<SlotShown>,
    /// Where the links to other events go out: the events, and what they are to this one.
    pub links: Vec<Link>,
    /// SHA-256 of the native file.
    pub native_sha256: [u8; 32],
    /// Length of the native file in bytes.
    pub native_bytes: u64,
}

/// A link to another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How it relates: a code of the schema.
    pub rel: String,
    /// The other event.
    pub jti: Jti,
    /// Its entry, where it is in this production.
    pub index: Option<u64>,
}

/// A slot with what is shown of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotShown {
    /// Its name.
    pub name: String,
    /// The class of its fields.
    pub class: Class,
    /// The digest that the signed event holds in its place; none for the public fields.
    pub commitment: Option<[u8; 32]>,
    /// Whether it is shown, and if not, why.
    pub state: SlotState,
    /// Its fields in the order of the schema. Only those of a slot that is shown have values.
    pub fields: Vec<FieldShown>,
}

/// Whether a slot is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotState {
    /// Its disclosure goes out.
    Shown,
    /// Its disclosure goes out, and says that there is nothing: a null.
    Absent,
    /// Held back from this production, and still held by the ledger.
    Withheld {
        /// Code of the reason, out of the profile.
        reason: String,
        /// The statute, order or privilege that it rests on.
        authority: String,
        /// What is printed at its place.
        label: String,
    },
    /// Readable only by those whom an order names.
    Sealed {
        /// What the order rests on: a code of `record.sealed`.
        authority: String,
        /// The entry of the order.
        by: u64,
    },
    /// Its key is destroyed: nobody can read it any more.
    Erased {
        /// What the order rests on: a code of `record.sealed`.
        authority: String,
        /// The entry of the order.
        by: u64,
    },
}

impl SlotState {
    /// Whether the disclosure is in the native.
    pub fn is_disclosed(&self) -> bool {
        matches!(self, Self::Shown | Self::Absent)
    }

    /// Its word in the redaction log; none for what is disclosed.
    pub fn log_word(&self) -> Option<&'static str> {
        match self {
            Self::Shown | Self::Absent => None,
            Self::Withheld { .. } => Some("withheld"),
            Self::Sealed { .. } => Some("sealed"),
            Self::Erased { .. } => Some("erased"),
        }
    }
}

/// A field with its value, if it is shown and has one.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldShown {
    /// Its name.
    pub name: String,
    /// Its name in a clerk's words.
    pub title: String,
    /// Whether its value is a code out of a closed list.
    pub coded: bool,
    /// Its value; none where it is absent or not shown.
    pub value: Option<Value>,
}

/// How many slots of a document are what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotCounts {
    /// Disclosures in the native that say something.
    pub disclosed: u64,
    /// Disclosures that say "nothing".
    pub absent: u64,
    /// Slots withheld or sealed.
    pub withheld: u64,
    /// Slots erased.
    pub erased: u64,
}

impl Document {
    /// The slots of the event; the public fields are none.
    pub fn sealed_slots(&self) -> impl Iterator<Item = &SlotShown> {
        self.slots.iter().filter(|slot| slot.commitment.is_some())
    }

    /// How many slots are what.
    pub fn counts(&self) -> SlotCounts {
        let mut counts = SlotCounts::default();
        for slot in self.sealed_slots() {
            match slot.state {
                SlotState::Shown => counts.disclosed += 1,
                SlotState::Absent => counts.absent += 1,
                SlotState::Withheld { .. } | SlotState::Sealed { .. } => counts.withheld += 1,
                SlotState::Erased { .. } => counts.erased += 1,
            }
        }
        counts
    }

    /// The value of a field, where it is shown and present.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.slots.iter().flat_map(|slot| &slot.fields).find(|shown| shown.name == field)?.value.as_ref()
    }

    /// The value of a field that is a string.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.value(field).and_then(Value::as_str)
    }
}

/// How confidential a production is: a code of `production.opened`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidentiality {
    /// Not marked.
    None,
    /// Marked confidential.
    Confidential,
    /// Under a protective order.
    ProtectiveOrder,
    /// For the eyes of attorneys only.
    AttorneysEyesOnly,
}

impl Confidentiality {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Confidential => "confidential",
            Self::ProtectiveOrder => "protective_order",
            Self::AttorneysEyesOnly => "attorneys_eyes_only",
        }
    }

    /// Reads the code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::None, Self::Confidential, Self::ProtectiveOrder, Self::AttorneysEyesOnly]
            .into_iter()
            .find(|one| one.code() == code)
    }
}

/// Everything about a production that its renderings say: what `production.opened` records, the checkpoint, and the custodian's own words.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The production's name, such as `DAYB-26CR1187-P0001`.
    pub production: String,
    /// The prefix of its Bates numbers, such as `DAYB-26CR1187-`.
    pub bates_prefix: String,
    /// What it rests on: a code of `production.opened`.
    pub basis: String,
    /// Who asked, by kind: a code of `production.opened`.
    pub requester: String,
    /// The request's number, where it has one.
    pub request_number: Option<String>,
    /// How confidential it is.
    pub confidentiality: Confidentiality,
    /// What is stamped on the lower left of each page; nothing where empty.
    pub legend: String,
    /// The name of the redaction profile.
    pub profile: String,
    /// The time zone of the production, by its IANA name.
    pub zone: Zone,
    /// The search as it was recorded: canonical JSON.
    pub query: String,
    /// When the production was opened: `occurred_at` of `production.opened`, as written.
    pub opened_at: String,
    /// The ledger's name.
    pub origin: Origin,
    /// How many entries were searched.
    pub searched_size: u64,
    /// How many of them were found.
    pub found: u64,
    /// How many of those go out.
    pub produced: u64,
    /// How many of those are held back.
    pub withheld: u64,
    /// The size of the checkpoint under which everything is proved.
    pub checkpoint_size: u64,
    /// The root hash of that checkpoint.
    pub checkpoint_root: Hash,
    /// What only people know; it stands in the papers and never on the ledger.
    pub words: Words,
}

/// The custodian's own words. What is missing is left blank for a pen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The office that keeps the records, as it is to stand in the load files.
    pub custodian: String,
    /// How that office is reached.
    pub contact: Option<String>,
    /// The court.
    pub court: Option<String>,
    /// The parties, as the caption has them.
    pub parties: Option<String>,
    /// The court's number of the case.
    pub case_number: Option<String>,
    /// To whom the production goes.
    pub recipient: Option<String>,
    /// Who signs the certificate.
    pub declarant: Option<String>,
    /// The declarant's post.
    pub declarant_post: Option<String>,
}

/// A time zone with its name.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: jiff::tz::TimeZone,
}

/// A time zone that this machine does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no time zone {0:?} on this machine; give an IANA name such as America/Denver, or install the system's time zone data"
)]
pub struct UnknownZone(pub String);

impl Zone {
    /// The zone of this IANA name.
    ///
    /// # Errors
    /// Where this machine does not know it.
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        let zone = jiff::tz::TimeZone::get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        Ok(Self { name: name.to_owned(), zone })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone.
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        &self.zone
    }
}

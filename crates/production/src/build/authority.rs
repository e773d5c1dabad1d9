//! The ledger's own records on which a production rests, and what went wrong with the producers concerned.

use daybook_event::{Catalogue, Class, Period, Token, entry::parse_entry, show};
use daybook_tlog::{Hash, TlogProof, leaf_hash};
use daybook_verify::production::{Consistency, Record};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{BuildError, FETCH_AGAIN};
use super::lines::Line;
use crate::logs::Incident;
use crate::package::make_record;

/// The name of the authorities in errors.
pub(super) const AUTHORITIES: &str = "authorities";

/// A line of the authorities, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// A record of the ledger.
    Record {
        /// Whether it is the production's statement.
        statement: bool,
        /// The record.
        own: Own,
    },
    /// Something that went wrong.
    Incident(Incident),
    /// The last line: how many records there are.
    End {
        /// Records, without the incidents.
        records: u64,
    },
}

/// A record that the ledger made itself, with the disclosures that may go out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// The entry's number in the log.
    #[serde(rename = "entry")]
    pub index: u64,
    /// The entry.
    pub bytes: String,
    /// The disclosures of its slots of class R.
    pub disclosures: Vec<String>,
    /// The intake disclosure.
    #[serde(default)]
    pub intake: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Record(RecordJson),
    Incident(IncidentLine),
    End(EndJson),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordJson {
    entry: u64,
    kind: Kind,
    bytes: String,
    disclosures: Vec<String>,
    #[serde(default)]
    intake: Option<String>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Statement,
    Authority,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentLine {
    incident: IncidentJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentJson {
    entry: u64,
    event: String,
    period: Period,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndJson {
    end: bool,
    records: u64,
}

impl Authority {
    /// Reads a line.
    pub(super) fn read(line: &Line) -> Result<Self, BuildError> {
        let fault = || BuildError::Line {
            file: AUTHORITIES,
            line: line.number,
            what: "it is neither a record, nor an incident, nor the last line".to_owned(),
            remedy: FETCH_AGAIN,
        };
        // What serde says may quote a value.
        Ok(match serde_json::from_slice(&line.bytes).map_err(|_| fault())? {
            Json::Record(RecordJson { entry, kind, bytes, disclosures, intake }) => Self::Record {
                statement: kind == Kind::Statement,
                own: Own { index: entry, bytes, disclosures, intake },
            },
            Json::Incident(IncidentLine { incident: IncidentJson { entry, event, period, what } }) => {
                Self::Incident(Incident { index: entry, event, period, what })
            }
            Json::End(EndJson { end, records }) => {
                if !end {
                    return Err(fault());
                }
                Self::End { records }
            }
        })
    }
}

impl Own {
    /// The entry's leaf hash.
    pub(super) fn leaf(&self) -> Hash {
        leaf_hash(self.bytes.as_bytes())
    }

    /// The record as it goes out. Only slots of class R are shown, whatever was handed out.
    pub(super) fn record(
        &self,
        intake: bool,
        proof: &TlogProof,
        consistency: Option<Consistency>,
    ) -> Result<Record, BuildError> {
        let broken = |what: String| BuildError::entry(self.index, what, FETCH_AGAIN);
        let entry = parse_entry(self.bytes.as_bytes()).map_err(|fault| broken(fault.to_string()))?;
        let token =
            Token::parse_jwt(entry.event).map_err(|refusal| broken(refusal.code.as_str().to_owned()))?;
        let ty = Catalogue::builtin().get(token.claims().event.as_str(), token.claims().v);
        let slots = ty.map(|ty| ty.slots()).unwrap_or_default();
        let restricted = |name: &str| slots.iter().any(|slot| slot.name == name && slot.class == Class::R);
        let disclosures: Vec<&str> = self.disclosures.iter().map(String::as_str).collect();
        let intake = self.intake.as_deref().filter(|_| intake);
        make_record(self.bytes.as_bytes(), &disclosures, restricted, intake, proof, consistency)
            .map_err(|error| broken(error.to_string()))
    }
}

/// The type of a record's event, and the fields that it shows.
pub(super) fn said(record: &Record) -> Result<(String, Map<String, Value>), BuildError> {
    let broken = |refusal: daybook_event::Refusal| {
        BuildError::entry(
            record.index,
            format!("the event does not read ({})", refusal.code.as_str()),
            FETCH_AGAIN,
        )
    };
    let token = Token::parse(record.event.as_bytes()).map_err(broken)?;
    let shown = show(&token, Catalogue::builtin()).map_err(broken)?;
    Ok((token.claims().event.to_string(), shown.fields))
}

//! A mapping as it is written in TOML. The reader's page is `ops/mappings/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) name: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) identity: Vec<String>,
    #[serde(default)]
    pub(super) known: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, toml::Value>>,
    #[serde(rename = "event")]
    pub(super) events: Vec<EventFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventFile {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) version: Option<u32>,
    #[serde(default)]
    pub(super) once_per: Option<Vec<String>>,
    #[serde(default)]
    pub(super) when: Vec<ConditionFile>,
    #[serde(default)]
    pub(super) links: Vec<LinkFile>,
    pub(super) fields: BTreeMap<String, SourceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkFile {
    pub(super) rel: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionFile {
    pub(super) column: String,
    pub(super) present: Option<bool>,
    pub(super) equals: Option<String>,
    pub(super) one_of: Option<Vec<String>>,
    pub(super) none_of: Option<Vec<String>>,
    pub(super) in_map: Option<String>,
    pub(super) not_before: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    #[serde(rename = "const")]
    pub(super) constant: Option<toml::Value>,
    pub(super) column: Option<String>,
    pub(super) map: Option<String>,
    #[serde(rename = "as")]
    pub(super) kind: Option<KindFile>,
    pub(super) day: Option<String>,
    pub(super) format: Option<String>,
    pub(super) matter: Option<String>,
    #[serde(default)]
    pub(super) optional: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum KindFile {
    Text,
    Integer,
    Boolean,
}

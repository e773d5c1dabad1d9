//! What the ledger itself says of the production, and whether the package is the one it speaks of.

use daybook_event::{Class, b64};
use serde_json::{Map, Value};

use super::code::Check;
use super::look::Looked;
use super::names::{BAG_RECORD, STATEMENT};
use super::report::Findings;
use super::trust::Trust;

/// The issuer of what the ledger records about access.
pub(crate) const LEDGER_ACCESS: &str = "ledger/access";
const OPENED: &str = "production.opened";
const BUILT: &str = "production.built";

/// Checks statement and bag record; the name of the production, where the statement says it.
pub(crate) fn check_statement(
    statement: &Looked<'_>,
    bag: &Looked<'_>,
    trust: &Trust,
    bag_hash: Option<&[u8; 32]>,
    top: Option<&str>,
    findings: &mut Findings,
) -> Option<String> {
    let mut fault = |file: &str, what: &str| findings.file(Check::Statement, file, what);
    let opened = fields(statement, OPENED);
    let built = fields(bag, BUILT);
    let name = opened.and_then(|fields| text(fields, "production"));
    match opened {
        None => fault(STATEMENT, "this is not a readable production.opened of ledger/access"),
        Some(fields) => {
            if statement.seen.as_ref().is_some_and(|seen| {
                let restricted = |number: &u8| {
                    seen.ty.slots().get(usize::from(*number)).is_some_and(|slot| slot.class == Class::R)
                };
                seen.missing.iter().any(|(number, _)| restricted(number))
            }) {
                fault(STATEMENT, "a restricted slot is not disclosed; the statement shows all of them");
            }
            let searched = trust.searched.as_ref().map(|checkpoint| checkpoint.size);
            if fields.get("searched_size").and_then(Value::as_u64) != searched {
                fault(STATEMENT, "its searched_size is not the size of checkpoint-searched.txt");
            }
            let found = trust.leaves.as_ref().map(|leaves| leaves.produced + leaves.withheld);
            if fields.get("found").and_then(Value::as_u64) != found {
                fault(
                    STATEMENT,
                    "its number of entries found is not that of the rows produced and withheld in leaves.csv",
                );
            }
            if top.is_some_and(|top| name != Some(top)) {
                fault(STATEMENT, "the production that it names is not the name of the package's top folder");
            }
        }
    }
    match built {
        None => fault(BAG_RECORD, "this is not a readable production.built of ledger/access"),
        Some(fields) => {
            if name.is_none() || text(fields, "production") != name {
                fault(BAG_RECORD, "it names another production than the statement");
            }
            let hash = text(fields, "bag_hash").and_then(b64::decode_array::<32>);
            if hash.is_none() || hash.as_ref() != bag_hash {
                let what = "the hash that the ledger recorded is not that of tagmanifest-sha256.txt: this is not the package that \
                            was built";
                fault(BAG_RECORD, what);
            }
        }
    }
    name.map(str::to_owned)
}

/// The fields shown, where the record is of this type and of `ledger/access`.
pub(crate) fn fields<'l>(looked: &'l Looked<'_>, event: &str) -> Option<&'l Map<String, Value>> {
    let seen = looked.seen.as_ref()?;
    (seen.ty.name().as_str() == event && seen.iss.as_str() == LEDGER_ACCESS).then_some(&looked.fields)
}

pub(crate) fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> Option<&'f str> {
    fields.get(name).and_then(Value::as_str)
}

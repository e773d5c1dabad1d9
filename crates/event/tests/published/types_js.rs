//! Writes `schemas/verify/types.js`: what the verifier in JavaScript has to know of each type.

use daybook_event::{Catalogue, Class};
use serde_json::{Value, json};

const HEAD: &str = "\
// Written from schemas/events; renew with: DAYBOOK_RENEW=1 cargo test -p daybook-event --test published
//
// For each type: name, version, title, departments that may publish it (null: all but `ledger`), and its fields in the order of the schema,
// each with name, title, class and, where it shares a slot with others, that slot's name.
export const TYPES = [
";

pub(crate) fn write() -> String {
    let rows = Catalogue::builtin().types().map(|ty| {
        let fields: Vec<Value> = ty
            .fields()
            .iter()
            .map(|field| {
                let class = match field.class {
                    Class::P => "P",
                    Class::R => "R",
                    Class::W => "W",
                };
                let slot = ty.slots().iter().find(|slot| Some(&slot.name) == field.slot.as_ref());
                match slot.filter(|slot| slot.grouped) {
                    Some(slot) => json!([field.name, field.title, class, slot.name]),
                    None => json!([field.name, field.title, class]),
                }
            })
            .collect();
        json!([ty.name(), ty.version(), ty.title(), ty.publishers(), fields])
    });
    let rows: String = rows.map(|row| format!("  {row},\n")).collect();
    format!("{HEAD}{rows}];\n")
}

//! What the types of event need of a vault record.

use daybook_event::{Catalogue, Class, EventType};
use daybook_store::MAX_DISCLOSURES;

/// Bytes that a sealed text is filled up to, as the format page says.
const BLOCK_BYTES: usize = 64;

fn slots(ty: &EventType, class: Class) -> usize {
    ty.slots().iter().filter(|slot| slot.class == class).count()
}

#[test]
fn no_type_comes_near_the_disclosures_that_a_record_holds() {
    for ty in Catalogue::builtin().types() {
        // Of class R, the intake disclosure too.
        let most = slots(ty, Class::W).max(slots(ty, Class::R) + 1);
        assert!(most * 2 <= MAX_DISCLOSURES, "{} has {most} disclosures of one class", ty.name());
    }
}

/// So that what is left of an erased field does not tell what it said.
#[test]
fn every_value_of_a_closed_vocabulary_takes_one_block_and_so_does_none() {
    let mut fields = 0;
    for ty in Catalogue::builtin().types() {
        let alone =
            |name: &String| ty.slots().iter().any(|slot| slot.fields == [name.clone()] && !slot.grouped);
        let withheld = ty.fields().iter().filter(|field| field.class == Class::W && alone(&field.name));
        for field in withheld.filter(|field| field.codes.is_some()) {
            fields += 1;
            for code in field.codes.iter().flatten().map(String::as_str).chain(["null", "false"]) {
                // [salt of 22 characters, value], as base64url without padding, and the byte that ends it.
                let json = format!("[\"{}\",\"{code}\"]", "x".repeat(22));
                let bytes = (json.len() * 4).div_ceil(3) + 1;
                assert!(bytes <= BLOCK_BYTES, "{} {}: {code} takes {bytes} bytes", ty.name(), field.name);
            }
        }
    }
    assert!(fields > 0, "there are such fields");
}

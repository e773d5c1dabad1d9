//! What figures may know of an event.

use daybook_event::{Catalogue, Class};

use super::facets::FACETS;

#[test]
fn figures_read_no_withheld_field_and_none_that_is_not_there() {
    for facets in FACETS {
        let ty = Catalogue::builtin().latest(facets.kind).expect("a type of the catalogue");
        for name in facets.words.iter().chain(facets.numbers).chain(facets.month.iter()) {
            let field = ty.field(name).unwrap_or_else(|| panic!("{} has no {name}", facets.kind));
            assert_ne!(field.class, Class::W, "{} {name} is withheld", facets.kind);
        }
    }
}

//! Pages for the eye: `DAYBOOK_LOOK=/tmp/look cargo test -p daybook-production --test look`.

mod support;

#[test]
fn write_pages_to_look_at() {
    let Ok(dir) = std::env::var("DAYBOOK_LOOK") else { return };
    let profile = support::profile("protective-order");
    let choices = support::choices(&profile);
    for numbered in support::documents(&profile, &choices, 1) {
        let name = format!("{dir}/{}", numbered.document.event);
        std::fs::write(format!("{name}.pdf"), daybook_production::render::pdf(&numbered, &choices).unwrap())
            .unwrap();
        std::fs::write(format!("{name}.txt"), daybook_production::render::text(&numbered, &choices)).unwrap();
    }
}

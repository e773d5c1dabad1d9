//! The packs of this repository: free of mistakes, and every example says what it claims.

use std::sync::Arc;

use daybook_rules::example;
use daybook_rules::pack::Pack;
use daybook_rules::ruleset::Ruleset;

#[test]
fn every_example_of_every_pack_says_what_it_claims() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/packs");
    let mut wrong = Vec::new();
    let mut played = 0;
    for file in std::fs::read_dir(dir).expect("the packs") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|ext| ext != "toml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a pack");
        match Pack::read(&text) {
            Err(mistakes) => wrong.extend(mistakes.iter().map(|mistake| format!("{name}: {mistake}"))),
            Ok(mut pack) => {
                pack.state = daybook_rules::pack::PackState::InForce;
                let ruleset = Arc::new(Ruleset::new(vec![pack], None).expect("one pack contradicts nothing"));
                for rule in &ruleset.packs()[0].rules {
                    for one in &rule.examples {
                        played += 1;
                        if let Err(fault) = example::check(&ruleset, &rule.id, one) {
                            wrong.push(format!("{name}: {}: {:?}: {fault}", rule.id, one.name));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played > 0);
}

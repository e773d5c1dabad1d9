//! What is sealed or erased, to whom, and since when.

mod story;

use daybook_access::Visibility::{Erased, Open, Sealed};
use daybook_access::{ActKind, Erasure, NewRequest, Part, Role, TombstoneKind, Visibility};
use daybook_event::Class::{self, P, R, W};
use proptest::prelude::*;
use serde_json::json;
use story::{Story, new};

fn seen(story: &Story, entry: u64, reader: Role) -> [Visibility; 3] {
    [P, R, W].map(|class| story.access.visible(entry, class, "matter_ref", reader))
}

#[test]
fn a_seal_closes_a_part_to_all_but_those_it_names() {
    let mut story = Story::with_accounts();
    let readers = vec![Role::Custodian];
    story.done(&NewRequest { part: Part::Withheld, readers, ..new(ActKind::Seal, &["17", "20-22"]) });
    assert_eq!(seen(&story, 21, Role::Auditor), [Open, Open, Sealed]);
    assert_eq!(seen(&story, 21, Role::Custodian), [Open, Open, Open]);
    assert_eq!(seen(&story, 19, Role::Auditor), [Open, Open, Open]);
    let tombstone = story.access.tombstone(17).unwrap();
    assert_eq!((tombstone.kind, tombstone.part), (TombstoneKind::Sealed, Part::Withheld));
    assert_eq!((tombstone.authority.as_str(), tombstone.ordered_by), ("statute", story.last()));
    assert_eq!(tombstone.period.to_string(), "2026-11");
    assert!(story.access.tombstone(18).is_none());
}

#[test]
fn seals_bind_together_and_unsealing_lifts_them_all() {
    let mut story = Story::with_accounts();
    let seal = |readers| NewRequest { readers, ..new(ActKind::Seal, &["17"]) };
    story.done(&seal(vec![Role::Custodian, Role::Auditor]));
    story.done(&seal(vec![Role::Custodian]));
    assert_eq!(seen(&story, 17, Role::Auditor), [Open, Sealed, Sealed]);
    assert_eq!(seen(&story, 17, Role::Custodian), [Open, Open, Open]);
    story.done(&NewRequest { part: Part::Restricted, ..new(ActKind::Unseal, &["17"]) });
    assert_eq!(seen(&story, 17, Role::Auditor), [Open, Open, Sealed]);
    assert_eq!(story.access.tombstones(17).len(), 2);
    assert_eq!(story.access.tombstone(17).unwrap().part, Part::Withheld, "the rest of the seal");
    story.done(&new(ActKind::Unseal, &["17"]));
    assert_eq!(seen(&story, 17, Role::Auditor), [Open, Open, Open]);
    assert!(story.access.tombstone(17).is_none());
    story.done(&seal(Vec::new()));
    assert_eq!(seen(&story, 17, Role::Custodian), [Open, Sealed, Sealed], "a later seal is a new one");
}

#[test]
fn a_seal_on_slots_closes_those() {
    let mut story = Story::with_accounts();
    story.done(&NewRequest { slots: vec!["matter_ref".to_owned()], ..new(ActKind::Seal, &["17"]) });
    assert_eq!(story.access.visible(17, W, "matter_ref", Role::Auditor), Sealed);
    assert_eq!(story.access.visible(17, W, "case_number", Role::Auditor), Open);
    let other = NewRequest { slots: vec!["case_number".to_owned()], ..new(ActKind::Unseal, &["17"]) };
    story.done(&other);
    assert_eq!(story.access.visible(17, W, "matter_ref", Role::Auditor), Sealed);
}

#[test]
fn erasing_is_for_everybody_and_for_good() {
    let mut story = Story::with_accounts();
    story.done(&NewRequest { part: Part::Withheld, ..new(ActKind::Erase, &["17"]) });
    story.done(&new(ActKind::Unseal, &["17"]));
    for reader in Role::ALL {
        assert_eq!(seen(&story, 17, reader), [Open, Open, Erased]);
    }
    assert_eq!(story.access.tombstone(17).unwrap().kind, TombstoneKind::Erased);
    story.done(&NewRequest { part: Part::Restricted, ..new(ActKind::Erase, &["16-18"]) });
    let erased: Vec<_> = story.access.erasures().collect();
    let whole = |entry, part| Erasure { entry, part, slots: Vec::new() };
    assert_eq!(erased, [whole(16, Part::Restricted), whole(17, Part::All), whole(18, Part::Restricted)]);
}

#[test]
fn erasing_single_slots_leaves_the_others_open() {
    let mut story = Story::with_accounts();
    let slots = vec!["matter_ref".to_owned()];
    let erase = NewRequest { part: Part::Withheld, slots: slots.clone(), ..new(ActKind::Erase, &["17"]) };
    story.done(&erase);
    let by_slots = story.last();
    for reader in Role::ALL {
        assert_eq!(seen(&story, 17, reader), [Open, Open, Erased]);
        assert_eq!(story.access.visible(17, W, "case_number", reader), Open);
    }
    let told = Erasure { entry: 17, part: Part::Withheld, slots: slots.clone() };
    assert_eq!(story.access.erasures().collect::<Vec<_>>(), std::slice::from_ref(&told));
    let tombstone = story.access.tombstone(17).unwrap();
    assert_eq!((tombstone.kind, tombstone.slots), (TombstoneKind::Erased, slots));
    // An opening of the part shows what is left; one that names what is erased is refused.
    let opening = NewRequest { part: Part::Withheld, ..new(ActKind::Open, &["17"]) };
    let asked = |slots: &[&str]| {
        let slots = slots.iter().map(|&slot| slot.to_owned()).collect();
        let session = story.session("auditor");
        let new = NewRequest { authority: "audit".to_owned(), slots, ..opening.clone() };
        story.access.check_request(&session, &new, story.now).map_err(|fault| fault.code())
    };
    assert_eq!(asked(&[]), Ok(()));
    assert_eq!(asked(&["case_number"]), Ok(()));
    assert_eq!(asked(&["case_number", "matter_ref"]), Err("opening-sealed"));
    // A seal still closes what is left, and what the event carries out is what was asked for.
    story.done(&NewRequest { part: Part::Withheld, ..new(ActKind::Seal, &["17"]) });
    assert_eq!(story.access.visible(17, W, "case_number", Role::Auditor), Sealed);
    assert_eq!(story.access.tombstone(17).unwrap().ordered_by, by_slots);
    story.done(&NewRequest { part: Part::Withheld, ..new(ActKind::Erase, &["17"]) });
    assert_eq!(story.access.tombstone(17).unwrap().slots, Vec::<String>::new(), "the whole part");
    let whole = Erasure { entry: 17, part: Part::Withheld, slots: Vec::new() };
    assert_eq!(story.access.erasures().collect::<Vec<_>>(), [whole, told]);
}

#[test]
fn what_is_carried_out_names_the_slots_that_were_asked_for() {
    let mut story = Story::with_accounts();
    let slots = vec!["matter_ref".to_owned()];
    let asked = NewRequest { part: Part::Withheld, slots, ..new(ActKind::Erase, &["17"]) };
    let request = story.ask("custodian", &asked);
    story.decide("approver", &request, "approved");
    for other in [Vec::new(), vec!["case_number".to_owned()]] {
        story.carry_out(&request, &NewRequest { slots: other, ..asked.clone() });
        assert_eq!(story.access.erasures().count(), 0, "something else was approved");
    }
    story.carry_out(&request, &asked);
    assert_eq!(story.access.erasures().count(), 1);
}

#[test]
fn a_courts_own_record_of_a_seal_seals_nothing_here() {
    let mut story = Story::with_accounts();
    let seal = new(ActKind::Erase, &["17"]);
    let request = story.ask("custodian", &seal);
    story.decide("approver", &request, "approved");
    let fields = json!({
        "kind": "erased", "authority": "statute", "part": "all", "at_entries": ["17"],
        "links": [{"rel": "of", "jti": request}],
    });
    for issuer in ["courts/docket", "auditor/desk", "ledger/governance"] {
        story.say(issuer, "record.sealed", None, fields.clone());
        assert_eq!(story.access.erasures().count(), 0, "{issuer}");
    }
    story.say("ledger/access", "record.sealed", None, fields);
    assert_eq!(story.access.erasures().count(), 1);
}

/// Orders one after the other, each on a range, a part and readers.
fn orders() -> impl Strategy<Value = Vec<(u8, u64, u64, usize, bool)>> {
    prop::collection::vec((0..3u8, 0..30u64, 0..8u64, 0..3usize, any::<bool>()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ranges_that_overlap_say_the_same_as_entry_by_entry(orders in orders()) {
        let mut story = Story::with_accounts();
        let mut plain = [[Open; 2]; 50];
        for (kind, start, more, part, reads) in orders {
            let act = [ActKind::Seal, ActKind::Unseal, ActKind::Erase][usize::from(kind)];
            let part = Part::ALL[part];
            let readers = if reads && act == ActKind::Seal { vec![Role::Auditor] } else { Vec::new() };
            let leaves = !readers.is_empty();
            let range = if more == 0 { start.to_string() } else { format!("{start}-{}", start + more) };
            story.done(&NewRequest { part, readers, ..new(act, &[&range]) });
            for cell in &mut plain[start as usize..=(start + more) as usize] {
                for (at, class) in [R, W].into_iter().enumerate() {
                    if part.covers(class) && cell[at] != Erased {
                        cell[at] = match act {
                            ActKind::Erase => Erased,
                            ActKind::Unseal => Open,
                            _ if leaves => cell[at],
                            _ => Sealed,
                        };
                    }
                }
            }
        }
        let mut erased = 0;
        for (entry, cell) in plain.iter().enumerate() {
            let at = |class: Class| story.access.visible(entry as u64, class, "matter_ref", Role::Auditor);
            prop_assert_eq!([at(R), at(W)], *cell, "entry {}", entry);
            erased += usize::from(cell.contains(&Erased));
        }
        prop_assert_eq!(story.access.erasures().count(), erased);
    }
}

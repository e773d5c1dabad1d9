//! The table of roles and actions, written down a second time: a change is made twice or not at all.

use daybook_access::{Action, Extent, Role, may, requires_purpose};

/// Columns: public, department, auditor, custodian, approver, operator, witness. `A` all, `o` own, `-` nothing. Last: `p` for a purpose.
const GRID: &str = "
    read_checkpoint      A A A A A A A
    read_hashes          A A A A A A A
    read_entries         - A A A - - A
    publish              A A A A A A A
    read_health          A A A A A A A
    read_metrics         A A A A A A A
    search_events        - o A A - - - p
    count_events         - o A A - - - p
    read_event           - o A A - - - p
    read_matter          - o A A - - - p
    export               - o A A - - - p
    read_findings        - o A A - - - p
    findings_digest      - A A A - - A
    read_departments     - o A A - - - p
    read_checkpoints     - A A A - - A
    read_approvals       - - A o A - - p
    request_opening      - - A A - - -
    request_export       - - A A - - - p
    request_restriction  - - - A - - -
    place_hold           - - A A - - -
    decide               - - - - A - -
    read_opened          - - o o - - -
    read_self            - o o o o o o
    produce              - - - A - - - p
    read_productions     - - A A A - - p
    review_production    - - - A A - - p
    read_index           - - A A - - A
";

#[test]
fn the_table_says_what_this_grid_says() {
    let written: Vec<&str> = GRID.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told: Vec<String> = Action::ALL
        .iter()
        .map(|action| {
            let cells = Role::ALL.map(|role| match may(role, *action) {
                Extent::None => "-",
                Extent::Own => "o",
                Extent::All => "A",
            });
            let purpose = if requires_purpose(*action) { " p" } else { "" };
            format!("{:<21}{}{purpose}", action.as_str(), cells.join(" "))
        })
        .collect();
    assert_eq!(told, written);
}

#[test]
fn the_public_reads_nothing_that_is_not_public_and_the_operator_no_more_than_that() {
    for action in Action::ALL {
        let public = may(Role::Public, *action);
        assert_ne!(public, Extent::Own, "nobody knows what the public owns: {action:?}");
        if *action != Action::ReadSelf {
            assert_eq!(may(Role::Operator, *action), public, "{action:?}");
        }
        assert!(!requires_purpose(*action) || public == Extent::None, "{action:?}");
    }
}

#[test]
fn nobody_both_asks_and_decides() {
    for role in Role::ALL {
        let asking =
            [Action::RequestOpening, Action::RequestRestriction, Action::RequestExport, Action::Produce];
        let asks = asking.map(|action| may(role, action));
        let decides = may(role, Action::Decide);
        assert!(decides == Extent::None || asks == [Extent::None; 4], "{role:?}");
    }
}

#[test]
fn roles_are_read_as_they_are_written_and_reads_are_kinds_of_the_catalogue() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    assert_eq!(Role::parse("Auditor"), None);
    let example = daybook_event::Catalogue::builtin().latest("records.read").unwrap();
    for kind in Action::ALL.iter().filter_map(|action| action.read_kind()) {
        let mut flat = example.example().clone();
        flat["reads"][0]["kind"] = kind.into();
        assert!(example.check_value(&flat).is_ok(), "{kind}");
    }
}

//! What a stranger opens first.

use super::facts::{Facts, counted};
use super::paper::wrap;

const TEMPLATE: &str = include_str!("read-me-first.txt");
/// Under the points of a list, characters.
const INDENT: usize = 3;

/// `READ-ME-FIRST.txt`.
pub fn read_me_first(facts: &Facts<'_>) -> String {
    let words = &facts.choices.words;
    let contact = match &words.contact {
        Some(contact) => format!("{}, {contact}", office(facts)),
        None => format!("{}; the cover letter says how.", office(facts)),
    };
    let vkey = format!("{}{}", " ".repeat(INDENT), facts.log_vkey);
    let encoding = if facts.dat_is_cp1252 { " (Windows-1252)" } else { " (UTF-8)" };
    TEMPLATE
        .replace("{{PRODUCTION}}", &facts.choices.production)
        .replace("{{WHAT}}", wrap(&what(facts), 0).trim_end())
        .replace("{{VKEY}}", &vkey)
        .replace("{{IMAGES}}", "data/VOL001/IMAGES")
        .replace("{{ENCODING}}", encoding)
        .replace("{{CONTACT}}", wrap(&contact, 0).trim_end())
}

fn office<'a>(facts: &'a Facts<'_>) -> &'a str {
    let custodian = facts.choices.words.custodian.as_str();
    if custodian.is_empty() { "The office that sent you this" } else { custodian }
}

fn what(facts: &Facts<'_>) -> String {
    let choices = facts.choices;
    let case = choices.words.case_number.as_ref().map(|case| format!(" in case {case}")).unwrap_or_default();
    let held = match choices.withheld {
        0 => "None was held back as a whole.".to_owned(),
        1 => "1 record that the search also found is held back as a whole; data/LOGS/withheld.csv lists it."
            .to_owned(),
        count => format!(
            "{count} records that the search also found are held back as a whole; data/LOGS/withheld.csv lists them."
        ),
    };
    format!(
        "A production of {} of the ledger {}{case}, on {}, Bates numbers {}. {held}",
        counted(facts.documents(), "record", "records"),
        choices.origin,
        counted(facts.pages(), "page", "pages"),
        facts.bates()
    )
}

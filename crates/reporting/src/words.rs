//! Codes of the catalogue and of the rules in words that need no catalogue.

/// Codes whose words are not the code itself with spaces.
const WORDS: &[(&str, &str)] = &[
    ("hold", "Detainer: hold the person"),
    ("release_notice", "Notice of a release"),
    ("interview", "Interview in custody"),
    ("area_access", "Access to an area"),
    ("records", "Records or information"),
    ("admin_subpoena", "Administrative subpoena"),
    ("judicial_paper", "A judge's paper"),
    ("data_account", "Account in a city system"),
    ("ice_ero", "ICE, enforcement and removal"),
    ("ice_hsi", "ICE, homeland security investigations"),
    ("ice_other", "ICE, other"),
    ("cbp_border_patrol", "CBP, border patrol"),
    ("cbp_field_operations", "CBP, field operations"),
    ("uscis", "USCIS"),
    ("dhs_other", "DHS, other"),
    ("us_marshals", "US Marshals"),
    ("federal_bureau_of_prisons", "Federal Bureau of Prisons"),
    ("other_federal", "Other federal"),
    ("ncic_hit", "NCIC hit"),
    ("federal_judicial_warrant", "Warrant of a federal judge"),
    ("state_judicial_paper", "Paper of a state judge"),
    ("detainer_i247x", "Detainer (I-247)"),
    ("admin_warrant_i200", "Administrative warrant of arrest (I-200)"),
    ("admin_warrant_i205", "Administrative warrant of removal (I-205)"),
    ("immigration_judge_order", "Order of an immigration judge"),
    ("partly", "Granted in part"),
    ("no_record", "No record held"),
    ("nothing_held", "Nothing is held"),
    ("no_judicial_paper", "No judge's paper"),
    ("charges_dropped", "Charges dropped"),
    ("time_served", "Time served"),
    ("bond_or_recognizance", "Bond or own recognizance"),
    ("released_public", "Released to the public"),
    ("released_to_other_agency", "Released to another agency"),
    ("transferred_judicial", "Transferred under court paper"),
    ("to_federal_authority", "Handed to a federal authority"),
    ("under_1h", "Under 1 hour"),
    ("from_1h_to_8h", "1 to 8 hours"),
    ("from_8h_to_24h", "8 to 24 hours"),
    ("from_24h_to_48h", "24 to 48 hours"),
    ("from_48h", "48 hours or more"),
    ("judicial_subpoena", "Judicial subpoena"),
    ("admin_subpoena_enforced", "Administrative subpoena, enforced by a court"),
    ("statute_1373_request", "Request under 8 USC 1373"),
    ("treaty_consular", "Treaty, consular notice"),
    ("jail_exit", "Exit of the jail"),
    ("other_city", "Other city building"),
    ("jail_management", "Jail management"),
    ("immigration_agency", "Immigration agency"),
    ("ero", "ERO named"),
    ("hsi", "HSI named"),
    ("fax_log", "Fax server"),
    ("visitor_log", "Visitors' book"),
    ("jail_releases", "Jail's own releases"),
    ("ice_list", "List of the federal authority"),
    ("email_log", "Mail server"),
    ("phone_log", "Telephone system"),
    ("not_stated", "Not stated"),
    ("kept", "In order"),
    ("late", "Too late"),
    ("absent", "Not at all"),
    ("undetermined", "Cannot be told"),
    ("open", "Still open"),
    ("none", "None"),
    ("rule_pack", "Rule pack"),
    ("opening", "Opening of withheld fields"),
    ("in_force", "in force"),
    ("switched_off", "switched off"),
    ("study", "study"),
];

/// Acronyms inside codes.
const ACRONYMS: &[&str] = &["fbi", "dea", "atf", "ice", "cbp", "irs", "hsi", "ero", "us"];

/// A code in words. Several codes joined by plus signs are told one after another.
pub(crate) fn words(code: &str) -> String {
    if code.contains('+') {
        return code.split('+').map(words).collect::<Vec<_>>().join(", ");
    }
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == code) {
        return (*words).to_owned();
    }
    let spaced: Vec<String> = code
        .split('_')
        .map(|part| if ACRONYMS.contains(&part) { part.to_uppercase() } else { part.to_owned() })
        .collect();
    capital(&spaced.join(" "))
}

/// The name of a department or unit as it stands in a heading.
pub(crate) fn name(slug: &str) -> String {
    capital(&slug.replace('-', " "))
}

/// With a capital letter first.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// So many of something, in words: `1 request`, `2 requests`, `no requests`.
pub(crate) fn many(count: u64, one: &str, more: &str) -> String {
    match count {
        0 => format!("no {more}"),
        1 => format!("1 {one}"),
        count => format!("{} {more}", grouped(count)),
    }
}

/// A number with its thousands set apart.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words() {
        assert_eq!(words("ice_ero"), "ICE, enforcement and removal");
        assert_eq!(words("human_services"), "Human services");
        assert_eq!(
            words("released_public+to_federal_authority"),
            "Released to the public, Handed to a federal authority"
        );
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(many(0, "request", "requests"), "no requests");
    }
}

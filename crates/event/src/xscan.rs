//! The scan for what a ledger never takes (class X): numbers of a person, words of origin, words of status.
//!
//! The schemas leave no place for such data; this is the second line, for what is typed into a short open field that has another
//! purpose. It errs on the side of refusing. It answers with the kind of thing that was found, never with the thing, and keeps nothing.
//!
//! How often it is wrong in either direction is measured by `tests/forbidden_data.rs`.

mod fold;
mod numbers;
mod openness;
mod words;

use std::fmt;

use fold::Folded;
pub(crate) use openness::Openness;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Forbidden {
    /// A number of the federal immigration file: `A` and eight or nine digits.
    AlienNumber,
    /// A social security number: groups of 3, 2 and 4 digits, or nine digits in a row; also a tax number of the same form.
    SocialSecurityNumber,
    /// The number of a passport.
    PassportNumber,
    /// The number of an arrival record, form I-94.
    AdmissionNumber,
    /// A number in the FBI's files of persons.
    FbiNumber,
    /// A number in a state's files of persons.
    StateIdNumber,
    /// The number of an application to or a case of a federal immigration agency.
    ImmigrationCaseNumber,
    /// A country, a nationality or a word about origin.
    Origin,
    /// A word about immigration or citizenship status.
    Status,
}

impl Forbidden {
    /// Its name in a clerk's words.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlienNumber => "an A-number",
            Self::SocialSecurityNumber => "a social security number or another nine-digit number",
            Self::PassportNumber => "a passport number or another of its form",
            Self::AdmissionNumber => "an I-94 number or another of its form",
            Self::FbiNumber => "an FBI number",
            Self::StateIdNumber => "a state identification number",
            Self::ImmigrationCaseNumber => "the number of a federal immigration case",
            Self::Origin => "a country, nationality or word of origin",
            Self::Status => "a word of immigration or citizenship status",
        }
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Looks through one text.
pub fn find(text: &str) -> Option<Forbidden> {
    let folded = Folded::new(text);
    let words = folded.words();
    let digits: usize = words.iter().map(|word| word.digits).sum();
    let number = if digits >= numbers::LEAST_DIGITS { numbers::find(&words) } else { None };
    number.or_else(|| words::find(&words))
}

/// Looks for words in the name of a field that the catalogue does not know, before an error repeats the name.
pub(crate) fn find_in_name(name: &str) -> Option<Forbidden> {
    // The names of fields that clerks try to send, such as `country_of_birth`, are useful in an error; bare words are not.
    if name.contains('_') { None } else { words::find(&Folded::new(name).words()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_person_are_found_however_they_are_written() {
        for text in [
            "A123456789",
            "a12345678",
            "A-123-456-789",
            "A# 123 456 789",
            "file A12345678, page 2",
            "A 12.345.678",
            "(A123456789)",
            "A: 123456789",
        ] {
            assert_eq!(find(text), Some(Forbidden::AlienNumber), "{text}");
        }
        for text in ["123-45-6789", "SSN 123 45 6789", "123456789", "no. 123.45.6789."] {
            assert_eq!(find(text), Some(Forbidden::SocialSecurityNumber), "{text}");
        }
    }

    #[test]
    fn ordinary_numbers_are_left_alone() {
        for text in [
            "303-555-0142",
            "3035550142",
            "A1234567",
            "A1234567890",
            "BA12345678",
            "26CV1204",
            "D18",
            "1:26-mj-00123",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_origin_and_status_are_found_as_whole_words() {
        for text in [
            "Honduras",
            "from Mexico",
            "MEXICAN",
            "el-salvador",
            "Hondureño",
            "born_in",
            "País de origen",
            "Nin\u{303}o; México",
        ] {
            assert_eq!(find(text), Some(Forbidden::Origin), "{text}");
        }
        for text in [
            "undocumented",
            "Illegal  Alien",
            "illegal-alien",
            "INDOCUMENTADO",
            "status: TPS",
            "sin papeles",
            "Ciudadanía",
        ] {
            assert_eq!(find(text), Some(Forbidden::Status), "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_left_alone() {
        for text in [
            "Downtown Detention Center",
            "Releases desk",
            "New Mexico State Police",
            "Somalina",
            "chadwick",
            "Unit 4",
            "",
            "-",
            "A",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
        assert_eq!(find("New Mexico; Mexico"), Some(Forbidden::Origin));
    }

    #[test]
    fn other_numbers_of_a_person_are_found_by_shape_or_by_their_label() {
        for (text, kind) in [
            ("123456789A1", Forbidden::AdmissionNumber),
            ("I-94 12345678901", Forbidden::AdmissionNumber),
            ("G12345678", Forbidden::PassportNumber),
            ("passport no. E123456", Forbidden::PassportNumber),
            ("123456AB7", Forbidden::FbiNumber),
            ("FBI no. 76543K2", Forbidden::FbiNumber),
            ("CO1234567", Forbidden::StateIdNumber),
            ("SID 1234567", Forbidden::StateIdNumber),
            ("EAC-12-345-67890", Forbidden::ImmigrationCaseNumber),
            ("ssn ending in 6789", Forbidden::SocialSecurityNumber),
            ("A-file no. 1234567", Forbidden::AlienNumber),
        ] {
            assert_eq!(find(text), Some(kind), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_also_something_at_home_depends_on_the_words_around_it() {
        for text in
            ["Jordan Street substation", "Sgt Jordan", "Lebanon, PA", "Georgia State Patrol", "S Qatar"]
        {
            assert_eq!(find(text), None, "{text}");
        }
        for text in ["from Jordan", "Chad", "citizen of Georgia", "Lebanon", "South Korea", "Lebanon, male"] {
            assert_eq!(find(text), Some(Forbidden::Origin), "{text}");
        }
    }
}

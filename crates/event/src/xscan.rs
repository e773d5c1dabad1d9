//! The scan for what a ledger never takes (class X): A-numbers, social security numbers, words of origin, words of status.
//!
//! The schemas leave no place for such data; this is the second line, for what is typed into a short open field that has another
//! purpose. It errs on the side of refusing. It answers with the kind of thing that was found, never with the thing.

use std::fmt;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;
use serde_json::Value;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Forbidden {
    /// A number of the federal immigration file: `A` and eight or nine digits.
    AlienNumber,
    /// A social security number: groups of 3, 2 and 4 digits, or nine digits in a row.
    SocialSecurityNumber,
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

const ORIGINS: &str = include_str!("../data/origins.txt");
const NOT_ORIGINS: &str = include_str!("../data/not_origins.txt");
const STATUS: &str = include_str!("../data/status.txt");

/// The words of a data file: comma-separated, lines with `#` are remarks.
fn words(file: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

struct Words {
    finder: AhoCorasick,
    /// Patterns from this number on are words of status, those before are words of origin.
    status_from: usize,
    harmless: AhoCorasick,
    harmless_blanks: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let bounded = |word: &str| format!(" {word} ");
    let origins: Vec<String> = words(ORIGINS).map(bounded).collect();
    let status_from = origins.len();
    let all: Vec<String> = origins.into_iter().chain(words(STATUS).map(bounded)).collect();
    let harmless: Vec<String> = words(NOT_ORIGINS).map(bounded).collect();
    let build = |patterns: &[String]| {
        AhoCorasick::new(patterns).expect("the word lists are small enough for the automaton")
    };
    Words {
        finder: build(&all),
        status_from,
        harmless_blanks: harmless.iter().map(|_| "  ".to_owned()).collect(),
        harmless: build(&harmless),
    }
});

static ALIEN_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[^a-z0-9])a[ #:.\-_/()]*(?:[0-9][ .\-_]?){7,8}[0-9](?:$|[^a-z0-9])")
        .expect("the pattern is well formed")
});

static SOCIAL_SECURITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9])(?:[0-9]{9}|[0-9]{3}[ .\-_/]+[0-9]{2}[ .\-_/]+[0-9]{4})(?:$|[^0-9])")
        .expect("the pattern is well formed")
});

/// Looks through one text.
pub fn find(text: &str) -> Option<Forbidden> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits >= 8 && ALIEN_NUMBER.is_match(text) {
        return Some(Forbidden::AlienNumber);
    }
    if digits >= 9 && SOCIAL_SECURITY.is_match(text) {
        return Some(Forbidden::SocialSecurityNumber);
    }
    find_word(text)
}

/// Looks for words in the name of a field that the catalogue does not know, before an error repeats the name.
pub(crate) fn find_in_name(name: &str) -> Option<Forbidden> {
    // The names of fields that clerks try to send, such as `country_of_birth`, are useful in an error; bare words are not.
    if name.contains('_') { None } else { find_word(name) }
}

fn find_word(text: &str) -> Option<Forbidden> {
    let mut plain = simplify(text);
    if plain.len() < 4 {
        return None;
    }
    let words = &*WORDS;
    if words.harmless.is_match(&plain) {
        plain = words.harmless.replace_all(&plain, &words.harmless_blanks);
    }
    // Patterns begin and end with a blank, so a match is a whole word; neighbours share a blank, hence the overlapping search.
    let found = words.finder.find_overlapping_iter(&plain).next()?;
    Some(if found.pattern().as_usize() < words.status_from { Forbidden::Origin } else { Forbidden::Status })
}

/// Lower case without accents; everything between words becomes one blank; blanks at both ends.
fn simplify(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    for c in text.chars().flat_map(char::to_lowercase) {
        match without_accent(c) {
            // Combining marks belong to the letter before them.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => plain.push(c),
            _ if plain.ends_with(' ') => {}
            _ => plain.push(' '),
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

/// The formats that leave no room for words or numbers of a person.
const CLOSED_FORMATS: [&str; 8] = [
    "daybook-time",
    "daybook-day",
    "daybook-digest",
    "daybook-jti",
    "daybook-matter",
    "daybook-period",
    "daybook-vkey",
    "daybook-language",
];

/// Where in a value of a schema open strings can stand; worked out once per schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Openness {
    /// Nowhere: the schema leaves no choice of words.
    Closed,
    /// Everywhere in it.
    Open,
    /// In the items of the list.
    Items(Box<Openness>),
    /// In these members of the object.
    Members(Vec<(String, Openness)>),
}

impl Openness {
    /// What the schema leaves open. Where it says too little, everything is.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let has = |member: &str| schema.get(member).is_some();
        let format = schema.get("format").and_then(Value::as_str);
        match schema.get("type").and_then(Value::as_str) {
            _ if has("enum") || has("const") => Self::Closed,
            Some("string") if format.is_some_and(|format| CLOSED_FORMATS.contains(&format)) => Self::Closed,
            Some("boolean" | "integer") => Self::Closed,
            Some("array") => match schema.get("items").map_or(Self::Open, Self::of_schema) {
                Self::Closed => Self::Closed,
                items => Self::Items(Box::new(items)),
            },
            Some("object") => {
                let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
                let members = properties.map(|(name, property)| (name.clone(), Self::of_schema(property)));
                let open: Vec<_> = members.filter(|(_, openness)| *openness != Self::Closed).collect();
                if open.is_empty() { Self::Closed } else { Self::Members(open) }
            }
            _ => Self::Open,
        }
    }

    /// Looks through the open strings of `value`.
    pub(crate) fn find(&self, value: &Value) -> Option<Forbidden> {
        match (self, value) {
            (Self::Open, Value::String(text)) => find(text),
            (Self::Open, Value::Array(items)) => items.iter().find_map(|item| self.find(item)),
            (Self::Open, Value::Object(members)) => members.values().find_map(|member| self.find(member)),
            (Self::Items(inside), Value::Array(items)) => items.iter().find_map(|item| inside.find(item)),
            (Self::Members(open), Value::Object(members)) => {
                open.iter().find_map(|(name, inside)| inside.find(members.get(name)?))
            }
            _ => None,
        }
    }
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
    fn the_lists_are_in_the_form_that_the_search_expects() {
        for word in words(ORIGINS).chain(words(STATUS)).chain(words(NOT_ORIGINS)) {
            assert_eq!(simplify(word), format!(" {word} "), "{word:?}");
        }
        assert!(words(ORIGINS).count() > 400 && words(STATUS).count() > 80);
    }
}

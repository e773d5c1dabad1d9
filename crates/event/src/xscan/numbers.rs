//! Numbers of a person, told by their shape or by the word before them.
//!
//! Sources: 8 CFR 264.1 and the forms that carry it for the A-number (`A` and eight or nine digits); the Social Security
//! Administration's numbering (3-2-4) and the tax numbers that share it; CBP's change of the I-94 number in 2019 (nine digits, a letter,
//! a digit; before that eleven digits); the NCIC codes for FBI and state identification numbers (up to nine characters; two
//! letters of the state and seven or eight digits); ICAO 9303 for passports (up to nine characters).
//!
//! Stated choices, each on the side of refusing where harmless things hardly ever have the shape:
//! * nine digits in a row are refused: social security, passport and A-numbers have that form and little else does;
//! * so are eleven, unless they are a telephone number with its 1;
//! * a letter and eight digits are refused, unless the digits are a day;
//! * a state's letters and seven or eight digits are refused, unless they end in `00` as the codes of agencies do;
//! * seven digits after `A`, and whatever has no shape of its own, are refused only after a word that says what they are.

use super::Forbidden;
use super::fold::{Gap, Word};

/// Least digits of a text that can hold a number of a person.
pub(super) const LEAST_DIGITS: usize = 4;
/// How many words may stand between `SSN`, `passport` and the like and the number.
const LABEL_REACH_WORDS: usize = 3;
/// Groups of one number that are read together at most.
const MAX_GROUPS: usize = 5;

/// The letters before the ten digits of a receipt for an application to the federal immigration agency: its centers.
const RECEIPT_CENTERS: [&str; 9] = ["eac", "wac", "lin", "src", "nbc", "msc", "ioe", "ysc", "tsc"];
/// Letters that clerks of courts put into case numbers, so that these are not taken for FBI numbers.
const COURT_LETTERS: [&str; 14] =
    ["cv", "cr", "mj", "dr", "jv", "pr", "cw", "mh", "ca", "sa", "sc", "po", "mc", "gs"];
const STATES: &str = "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd \
                      oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr gu vi us";

/// Letters of states that are words, too.
const STATE_WORDS: [&str; 11] = ["in", "or", "me", "hi", "ok", "oh", "de", "la", "pa", "ma", "id"];

/// The first number of a person in the words.
pub(super) fn find(words: &[Word<'_>]) -> Option<Forbidden> {
    (0..words.len()).find_map(|at| by_shape(words, at).or_else(|| by_label(words, at)))
}

fn by_shape(words: &[Word<'_>], at: usize) -> Option<Forbidden> {
    let word = words.get(at)?;
    if word.text.len() == 1 || word.digits > 0 {
        let rest = words.get(at + 1..).unwrap_or_default();
        alien(word, rest)
            .or_else(|| social(words, at))
            .or_else(|| admission(word, rest))
            .or_else(|| passport(word, rest))
            .or_else(|| fbi(word))
            .or_else(|| state_id(word, None))
    } else {
        let next = words.get(at + 1)?;
        receipt(word, words.get(at + 1..)?).or_else(|| state_id(next, Some(word)))
    }
    .or_else(|| receipt_in_one(word))
}

/// A and eight or nine digits, however they are grouped.
fn alien(word: &Word<'_>, rest: &[Word<'_>]) -> Option<Forbidden> {
    let first = word.text.strip_prefix('a')?;
    let mut groups = [0_usize; MAX_GROUPS];
    let mut used = 0;
    let mut total = 0;
    let mut digits = 0;
    let mut parts = (!first.is_empty())
        .then_some((first, word.digits))
        .into_iter()
        .chain(rest.iter().take_while(|next| next.gap != Gap::Break).map(|next| (next.text, next.digits)));
    while let (Some((text, real)), Some(group)) = (parts.next(), groups.get_mut(used)) {
        if !looks_like_digits(text) {
            break;
        }
        *group = text.len();
        (used, total, digits) = (used + 1, total + text.len(), digits + real);
        let day = matches!(groups, [4, 1..=2, 1..=2, ..] | [1..=2, 1..=2, 4, ..]);
        if matches!(total, 8 | 9) && digits >= 6 && !day {
            return Some(Forbidden::AlienNumber);
        }
    }
    None
}

/// 3-2-4, 3-3-3 or nine digits in a row.
fn social(words: &[Word<'_>], at: usize) -> Option<Forbidden> {
    let word = words.get(at)?;
    let found = || Some(Forbidden::SocialSecurityNumber);
    if word.text.len() == 9 && word.digits >= 8 && read_as_digits(word.text, "oil") {
        return found();
    }
    let group = |by: usize, length: usize| {
        let next = words.get(at + by).filter(|next| by == 0 || next.gap != Gap::Break)?;
        (next.text.len() == length && looks_like_digits(next.text)).then_some(next.digits)
    };
    let sum = |lengths: [usize; 3]| {
        let [a, b, c] = lengths;
        Some(group(0, a)? + group(1, b)? + group(2, c)?)
    };
    // A fourth group makes it another kind of number, such as an address on a network.
    let more_after = words.get(at + 3).is_some_and(|next| next.all_digits() && next.gap == Gap::Tight);
    let more_before = word.gap == Gap::Tight
        && at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(Word::all_digits);
    let alone = !(more_after || more_before);
    (alone && sum([3, 2, 4]).or_else(|| sum([3, 3, 3])).is_some_and(|real| real >= 7))
        .then_some(Forbidden::SocialSecurityNumber)
}

/// I-94: nine digits, a letter and a digit; or eleven digits, also as 9-2, that are no telephone number.
fn admission(word: &Word<'_>, rest: &[Word<'_>]) -> Option<Forbidden> {
    let text = word.text.as_bytes();
    let found = match (text, rest.first()) {
        ([.., _, _], _) if text.len() == 11 && word.digits == 10 => {
            text.get(9).is_some_and(u8::is_ascii_alphabetic)
        }
        _ if text.len() == 11 && word.all_digits() => {
            !matches!(text, [b'1', b'2'..=b'9', _, _, b'2'..=b'9', ..])
        }
        (_, Some(next)) if text.len() == 9 && word.all_digits() => next.text.len() == 2 && next.digits > 0,
        _ => false,
    };
    found.then_some(Forbidden::AdmissionNumber)
}

/// A letter and eight digits, unless they are a day.
fn passport(word: &Word<'_>, rest: &[Word<'_>]) -> Option<Forbidden> {
    let first = word.text.as_bytes().first().filter(|first| first.is_ascii_alphabetic())?;
    let digits = match (word.text.len(), rest.first()) {
        (9, _) if word.digits == 8 => word.text.get(1..)?,
        (1, Some(next))
            if matches!(next.gap, Gap::Tight | Gap::Joint) && next.all_digits() && next.text.len() == 8 =>
        {
            next.text
        }
        _ => return None,
    };
    (*first != b'a' && !is_compact_day(digits)).then_some(Forbidden::PassportNumber)
}

/// Six digits, two letters, one digit.
fn fbi(word: &Word<'_>) -> Option<Forbidden> {
    let (digits, rest) = word.text.split_at_checked(6)?;
    let (letters, check) = rest.split_at_checked(2)?;
    let shape = digits.bytes().all(|b| b.is_ascii_digit())
        && letters.bytes().all(|b| b.is_ascii_lowercase())
        && check.len() == 1
        && check.bytes().all(|b| b.is_ascii_digit());
    (shape && !COURT_LETTERS.contains(&letters)).then_some(Forbidden::FbiNumber)
}

/// The letters of a state and seven or eight digits, unless it is the code of an agency.
fn state_id(word: &Word<'_>, before: Option<&Word<'_>>) -> Option<Forbidden> {
    let (state, digits) = match before {
        None => word.text.split_at_checked(2)?,
        // Apart, only where the letters are no word: `in 1234567` is an ordinary sentence.
        Some(state)
            if word.gap == Gap::Tight || (word.gap != Gap::Break && !STATE_WORDS.contains(&state.text)) =>
        {
            (state.text, word.text)
        }
        Some(_) => return None,
    };
    let shape = matches!(digits.len(), 7 | 8)
        && digits.bytes().all(|b| b.is_ascii_digit())
        && STATES.split_ascii_whitespace().any(|known| known == state);
    (shape && !digits.ends_with("00") && !is_compact_day(digits)).then_some(Forbidden::StateIdNumber)
}

/// Three letters of a service center and ten digits.
fn receipt(word: &Word<'_>, rest: &[Word<'_>]) -> Option<Forbidden> {
    if !RECEIPT_CENTERS.contains(&word.text) {
        return None;
    }
    let joined = rest.iter().take(MAX_GROUPS).take_while(|next| next.all_digits() && next.gap != Gap::Break);
    (joined.map(|next| next.text.len()).sum::<usize>() == 10).then_some(Forbidden::ImmigrationCaseNumber)
}

fn receipt_in_one(word: &Word<'_>) -> Option<Forbidden> {
    let (center, number) = word.text.split_at_checked(3)?;
    (word.digits == 10 && number.len() == 10 && RECEIPT_CENTERS.contains(&center))
        .then_some(Forbidden::ImmigrationCaseNumber)
}

/// A word that says what the number after it is, with the least digits that the number then has.
struct Label {
    words: &'static [&'static str],
    least_digits: usize,
    kind: Forbidden,
}

const fn label(words: &'static [&'static str], least_digits: usize, kind: Forbidden) -> Label {
    Label { words, least_digits, kind }
}

static LABELS: &[Label] = &[
    label(&["ssn"], 4, Forbidden::SocialSecurityNumber),
    label(&["ss"], 9, Forbidden::SocialSecurityNumber),
    label(&["itin"], 4, Forbidden::SocialSecurityNumber),
    label(&["social", "security"], 4, Forbidden::SocialSecurityNumber),
    label(&["seguro", "social"], 4, Forbidden::SocialSecurityNumber),
    label(&["anum"], 7, Forbidden::AlienNumber),
    label(&["anumber"], 7, Forbidden::AlienNumber),
    label(&["a", "number"], 7, Forbidden::AlienNumber),
    label(&["a", "no"], 7, Forbidden::AlienNumber),
    label(&["a", "file"], 7, Forbidden::AlienNumber),
    label(&["a"], 7, Forbidden::AlienNumber),
    label(&["uscis"], 7, Forbidden::AlienNumber),
    label(&["uscis", "no"], 7, Forbidden::AlienNumber),
    label(&["file", "no"], 8, Forbidden::AlienNumber),
    label(&["passport"], 5, Forbidden::PassportNumber),
    label(&["pasaporte"], 5, Forbidden::PassportNumber),
    label(&["ppt"], 6, Forbidden::PassportNumber),
    label(&["i", "94"], 6, Forbidden::AdmissionNumber),
    label(&["i94"], 6, Forbidden::AdmissionNumber),
    label(&["admission"], 9, Forbidden::AdmissionNumber),
    label(&["fbi"], 5, Forbidden::FbiNumber),
    label(&["ucn"], 3, Forbidden::FbiNumber),
    label(&["sid"], 5, Forbidden::StateIdNumber),
    label(&["state", "id"], 5, Forbidden::StateIdNumber),
    label(&["st", "id"], 5, Forbidden::StateIdNumber),
    label(&["psprt"], 5, Forbidden::PassportNumber),
    label(&["state", "identification"], 5, Forbidden::StateIdNumber),
    label(&["fin"], 10, Forbidden::ImmigrationCaseNumber),
    label(&["subject", "id"], 7, Forbidden::ImmigrationCaseNumber),
];

/// Words that may stand between a label and its number.
const FILLERS: [&str; 15] = [
    "no", "nr", "num", "number", "numero", "id", "is", "card", "ending", "ends", "in", "last", "four", "s",
    "de",
];

fn by_label(words: &[Word<'_>], at: usize) -> Option<Forbidden> {
    let here = words.get(at..)?;
    let says = |label: &&Label| {
        here.len() > label.words.len()
            && label.words.iter().zip(here).all(|(wanted, word)| *wanted == word.text)
            && number_after(here.get(label.words.len()..).unwrap_or_default(), label)
    };
    // `a` alone is an article; it says something only with a mark after it, as in `A# 1234567`.
    let marked = here.get(1).is_some_and(|next| matches!(next.gap, Gap::Tight | Gap::Joint));
    LABELS.iter().filter(|label| label.words != ["a"] || marked).find(says).map(|label| label.kind)
}

/// Whether the words begin, after a filler or two, with a number of at least so many digits. Groups of digits count together; a
/// telephone number is none, except for what has ten digits itself.
fn number_after(words: &[Word<'_>], label: &Label) -> bool {
    let mut words = words.iter().take(LABEL_REACH_WORDS + MAX_GROUPS).peekable();
    for _ in 0..LABEL_REACH_WORDS {
        words.next_if(|word| FILLERS.contains(&word.text));
    }
    let Some(first) = words.next_if(|word| word.digits > 0) else { return false };
    let mut digits = first.digits;
    let mut groups = 1;
    while let Some(next) = words.next_if(|next| next.all_digits() && next.gap != Gap::Break) {
        (digits, groups) = (digits + next.digits, groups + 1);
    }
    let telephone = digits == 10 && groups == 3;
    digits >= label.least_digits && !telephone
}

/// Only digits and the letters that scanners take for digits.
fn looks_like_digits(text: &str) -> bool {
    read_as_digits(text, "oilsbzq")
}

fn read_as_digits(text: &str, letters: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || letters.contains(c))
}

/// Eight digits that are a day: `20261122` or `11222026`.
fn is_compact_day(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let day = |year: Option<u32>, month: Option<u32>, day: Option<u32>| {
        year.is_some_and(|year| (1990..2100).contains(&year))
            && month.is_some_and(|month| (1..=12).contains(&month))
            && day.is_some_and(|day| (1..=31).contains(&day))
    };
    digits.len() == 8 && (day(part(0, 4), part(4, 6), part(6, 8)) || day(part(4, 8), part(0, 2), part(2, 4)))
}

//! Words of origin and of status, and what around them says that they mean something else.
//!
//! The names of countries come from the Unicode CLDR (`data/territories.txt`); nationalities, peoples, Spanish forms and words of status are
//! our own lists. A word counts as a whole word, in singular and plural, in either gender of Spanish, and as a scanner may have misread it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use super::Forbidden;
use super::fold::{Folded, Gap, Word};

const TERRITORIES: &str = include_str!("../../data/territories.txt");
const ORIGINS: &str = include_str!("../../data/origins.txt");
const STATUS: &str = include_str!("../../data/status.txt");
const NOT_ORIGINS: &str = include_str!("../../data/not_origins.txt");
const CONTEXTS: &str = include_str!("../../data/contexts.txt");

/// How far a word like `from` or `citizen` may stand from the word that it explains.
const CONTEXT_REACH_WORDS: usize = 2;
/// Shortest word of which other forms are tried.
const LEAST_STEM_BYTES: usize = 4;

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Something at home; it covers the words in it.
    Harmless,
    /// A word of origin or status.
    Plain(Forbidden),
    /// The name of a country, after which places are named.
    Country(Forbidden),
    /// One that is also a given name, a surname or a state (`~` in the lists): it needs a word around it that says which.
    Weak(Forbidden),
    /// One that offices deal with (`+` in the lists): `passport desk` says nothing about anybody.
    Dealt(Forbidden),
    /// One that is also a town at home (`^` in the lists): `Lebanon, PA` is the town.
    Town(Forbidden),
}

impl Meaning {
    fn kind(self) -> Option<Forbidden> {
        match self {
            Self::Harmless => None,
            Self::Plain(kind)
            | Self::Country(kind)
            | Self::Weak(kind)
            | Self::Dealt(kind)
            | Self::Town(kind) => Some(kind),
        }
    }
}

struct Phrase {
    rest: Vec<Box<str>>,
    meaning: Meaning,
}

/// Words that decide about the words beside them.
#[derive(Default)]
struct Contexts {
    lists: HashMap<&'static str, BTreeSet<&'static str>>,
}

impl Contexts {
    fn has(&self, list: &str, word: Option<&Word<'_>>) -> bool {
        word.is_some_and(|word| self.lists.get(list).is_some_and(|list| list.contains(word.text)))
    }
}

struct Lists {
    /// By first word; the longest phrase first.
    phrases: HashMap<Box<str>, Vec<Phrase>>,
    contexts: Contexts,
    states: BTreeSet<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut lists = Lists { phrases: HashMap::new(), contexts: contexts(), states: BTreeSet::new() };
    for line in lines(TERRITORIES) {
        let names = line.split_once(": ").map_or(line, |(_, names)| names);
        for name in names.split(';').flat_map(|name| name.split(['(', ')'])) {
            lists.add(name, Meaning::Country(Forbidden::Origin));
            lists.add(&name.replace('&', " and "), Meaning::Country(Forbidden::Origin));
            lists.add(&name.replace("St. ", "Saint "), Meaning::Country(Forbidden::Origin));
        }
    }
    for (file, kind) in [(ORIGINS, Forbidden::Origin), (STATUS, Forbidden::Status)] {
        for word in listed(file) {
            match word.split_at_checked(1) {
                Some(("~", word)) => lists.add(word, Meaning::Weak(kind)),
                Some(("^", word)) => lists.add(word, Meaning::Town(kind)),
                Some(("+", word)) => lists.add(word, Meaning::Dealt(kind)),
                _ => lists.add(word, Meaning::Plain(kind)),
            }
        }
    }
    listed(NOT_ORIGINS).for_each(|phrase| lists.add(phrase, Meaning::Harmless));
    for phrases in lists.phrases.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
    }
    lists.states = US_STATES.split_ascii_whitespace().collect();
    lists
});

/// The states, in one word or two letters; those of two words end in words that no name of origin precedes.
const US_STATES: &str = "\
    alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana \
    iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska \
    nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin wyoming \
    al ak az ar ca co ct de fl ga hi ia id il in ks ky la ma md me mi mn mo ms mt nc nd ne nh nj nm nv ny oh ok or pa ri sc sd tn tx ut va vt \
    wa wi wv wy dc";

impl Lists {
    fn add(&mut self, phrase: &str, meaning: Meaning) {
        let folded = Folded::new(phrase);
        let words = folded.words();
        let Some((first, rest)) = words.split_first() else { return };
        let rest: Vec<Box<str>> = rest.iter().map(|word| word.text.into()).collect();
        let phrases = self.phrases.entry(first.text.into()).or_default();
        let known = phrases.iter().find(|known| known.rest == rest).map(|known| known.meaning);
        if matches!((known, meaning), (Some(Meaning::Country(_)), Meaning::Plain(_))) {
            return;
        }
        phrases.retain(|known| known.rest != rest);
        phrases.push(Phrase { rest, meaning });
    }

    /// The longest phrase that begins here: how many words, and what it means.
    fn at(&self, words: &[Word<'_>]) -> Option<(usize, Meaning)> {
        let (first, rest) = words.split_first()?;
        self.begins_with(first.text, rest).or_else(|| {
            let mut found = None;
            other_forms(first, &mut |form| {
                found = self.begins_with(form, rest);
                found.is_some()
            });
            found
        })
    }

    fn begins_with(&self, first: &str, rest: &[Word<'_>]) -> Option<(usize, Meaning)> {
        let fits = |phrase: &&Phrase| {
            phrase.rest.len() <= rest.len()
                && phrase.rest.iter().zip(rest).all(|(wanted, word)| **wanted == *word.text)
        };
        let phrase = self.phrases.get(first)?.iter().find(fits)?;
        Some((phrase.rest.len() + 1, phrase.meaning))
    }

    /// Whether the phrase means somebody's origin or status, in this place of the text.
    fn is_meant(&self, words: &[Word<'_>], phrase: Range<usize>, meaning: Meaning) -> Option<Forbidden> {
        let kind = meaning.kind()?;
        match meaning {
            Meaning::Dealt(_) => {
                let next = words.get(phrase.end).filter(|next| next.gap != Gap::Break);
                return (!self.contexts.has("office", next)).then_some(kind);
            }
            Meaning::Plain(Forbidden::Status) => return Some(kind),
            Meaning::Weak(_) => {
                let near = (phrase.start.saturating_sub(CONTEXT_REACH_WORDS)..phrase.start)
                    .chain(phrase.end..phrase.end + CONTEXT_REACH_WORDS);
                let told = near.into_iter().any(|at| self.contexts.has("person", words.get(at)));
                if !told && words.len() > phrase.len() {
                    return None;
                }
            }
            _ => {}
        }
        let rest = words.get(phrase.end..).unwrap_or_default();
        let in_a_state = matches!(meaning, Meaning::Town(_)) && self.is_in_a_state(rest);
        (!in_a_state && !self.is_a_place(words, phrase, meaning)).then_some(kind)
    }

    /// Whether a place is named after the country or people: `Jordan Street`, `Peru Creek Road`, `Little Italy`. Places are named after
    /// countries, and now and then after peoples: a Polish Street, but an Ethiopian church is one of people.
    fn is_a_place(&self, words: &[Word<'_>], phrase: Range<usize>, meaning: Meaning) -> bool {
        let has = |list: &str, word: Option<&Word<'_>>| self.contexts.has(list, word);
        let of_country = !matches!(meaning, Meaning::Plain(_));
        let named_after =
            |word| has("street", word) || has("garden", word) || (of_country && has("place", word));
        let next = words.get(phrase.end).filter(|next| next.gap != Gap::Break);
        let after = words.get(phrase.end + 1).filter(|after| next.is_some() && after.gap != Gap::Break);
        let before = phrase.start.checked_sub(1).and_then(|at| words.get(at));
        let joined = words.get(phrase.start).is_some_and(|first| first.gap != Gap::Break);
        let ends = after.is_none_or(|after| after.digits > 0) || has("site", after) || has("place", after);
        named_after(next)
            || (!has("person", next) && named_after(after))
            || (has("institution", next) && has("center", after))
            || (has("end", next) && ends)
            || (of_country && joined && has("before", before))
    }

    /// `Lebanon, PA`, `Peru Indiana`, `cuba nm marshal`, `Trinidad PD`. Letters of a state that are also words count only after a comma or before
    /// the name of an office.
    fn is_in_a_state(&self, rest: &[Word<'_>]) -> bool {
        let Some(next) = rest.first() else { return false };
        if next.gap != Gap::Break && self.contexts.has("town_office", Some(next)) {
            return true;
        }
        let office = || self.contexts.has("town_office", rest.get(1));
        self.states.contains(next.text)
            && (next.text.len() > 2
                || office()
                || (next.upper
                    && (next.gap == Gap::Break
                        || !matches!(
                            next.text,
                            "in" | "or" | "me" | "oh" | "ok" | "hi" | "la" | "de" | "co"
                        ))))
    }
}

/// The first word of origin or status that is meant as one.
pub(super) fn find(words: &[Word<'_>]) -> Option<Forbidden> {
    find_as_written(words).or_else(|| {
        // A scanner reads 0 for o and 1 for i or l; two readings are tried where a word holds digits and letters.
        if !words.iter().any(is_mixed) {
            return None;
        }
        ['i', 'l'].into_iter().find_map(|one| {
            let read: Vec<String> = words.iter().map(|word| letters_for_digits(word, one)).collect();
            let words: Vec<Word<'_>> =
                words.iter().zip(&read).map(|(word, text)| Word { text, ..*word }).collect();
            find_as_written(&words)
        })
    })
}

fn find_as_written(words: &[Word<'_>]) -> Option<Forbidden> {
    let lists = &*LISTS;
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        at += match lists.at(rest) {
            None => 1,
            Some((length, meaning)) => match lists.is_meant(words, at..at + length, meaning) {
                Some(kind) => return Some(kind),
                None => length,
            },
        };
    }
    None
}

fn is_mixed(word: &Word<'_>) -> bool {
    word.digits > 0 && word.text.len() >= LEAST_STEM_BYTES && word.text.len() > word.digits * 2
}

fn letters_for_digits(word: &Word<'_>, one: char) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' => one,
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '8' => 'b',
        other => other,
    };
    if is_mixed(word) { word.text.chars().map(letter).collect() } else { word.text.to_owned() }
}

/// Tries the singular, the other gender, and what a scanner may have read; stops when `tried` says so.
fn other_forms(word: &Word<'_>, tried: &mut dyn FnMut(&str) -> bool) {
    let text = word.text;
    if text.len() < LEAST_STEM_BYTES || word.all_digits() {
        return;
    }
    if word.digits > 0 {
        let letters = text.trim_matches(|c: char| c.is_ascii_digit());
        if letters.len() >= LEAST_STEM_BYTES && letters.len() < text.len() && tried(letters) {
            return;
        }
    }
    let singular = text.strip_suffix('s');
    if singular.is_some_and(&mut *tried) || text.strip_suffix("es").is_some_and(&mut *tried) {
        return;
    }
    if let Some(stem) = singular.unwrap_or(text).strip_suffix('a')
        && (tried(&format!("{stem}o")) || tried(stem))
    {
        return;
    }
    if text.contains("rn") && tried(&text.replace("rn", "m")) {
        return;
    }
    if text.contains("vv") {
        tried(&text.replace("vv", "w"));
    }
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

/// The words of a data file: comma-separated, lines with `#` are remarks.
fn listed(file: &'static str) -> impl Iterator<Item = &'static str> {
    lines(file).flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn contexts() -> Contexts {
    let mut contexts = Contexts::default();
    for (list, words) in lines(CONTEXTS).filter_map(|line| line.split_once(": ")) {
        contexts.lists.entry(list).or_default().extend(words.split(',').map(str::trim));
    }
    contexts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_the_form_that_the_search_expects() {
        for word in listed(ORIGINS).chain(listed(STATUS)).chain(listed(NOT_ORIGINS)) {
            let word = word.trim_start_matches(['~', '^', '+']);
            let folded = Folded::new(word);
            let joined: Vec<&str> = folded.words().iter().map(|word| word.text).collect();
            assert_eq!(joined.join(" "), word);
        }
        for (list, word) in
            LISTS.contexts.lists.iter().flat_map(|(list, words)| words.iter().map(move |w| (list, w)))
        {
            assert!(!word.contains(' '), "{list}: {word} is more than one word");
        }
        assert_eq!(lines(TERRITORIES).count(), 249);
    }
}

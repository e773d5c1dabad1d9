//! The papers: what the program knows stands in them, what it cannot know is a blank, and none of it claims that somebody swore.
#![allow(clippy::unwrap_used)]

mod support;

use daybook_production::papers::{
    Facts, Paper, Software, Tally, certificate, cover_letter, form_37, form_38, read_me_first,
};
use daybook_production::{Choices, logs::CustodyStep};
use support::{choices, documents, profile};

const BLANK: &str = "____";

struct Made {
    choices: Choices,
    tally: Tally,
    custody: Vec<CustodyStep>,
    software: Software,
}

impl Made {
    fn new(change: impl Fn(&mut Choices)) -> Self {
        let profile = profile("protective-order");
        let mut choices = choices(&profile);
        change(&mut choices);
        let mut tally = Tally::default();
        documents(&profile, &choices, 1).iter().for_each(|one| tally.push(&one.numbered));
        let software = Software { version: "0.1.0".into(), build: None };
        Self { choices, tally, custody: support::custody(), software }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            choices: &self.choices,
            tally: &self.tally,
            load_file_sha256: [0xab; 32],
            custody: &self.custody,
            incidents: &[],
            software: &self.software,
            log_vkey: support::LOG_VKEY,
            dat_is_cp1252: false,
        }
    }

    fn papers(&self) -> [Paper; 4] {
        let facts = self.facts();
        [cover_letter(&facts), certificate(&facts), form_37(&facts), form_38(&facts)]
    }
}

/// The text without its line breaks.
fn running(paper: &Paper, choices: &Choices) -> String {
    paper.text(choices).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_certificate_has_all_ten_points_and_the_facts_that_are_known() {
    let made = Made::new(|_| {});
    let text = running(&certificate(&made.facts()), &made.choices);
    for number in 1..=10 {
        assert!(text.contains(&format!(" {number}. ")), "no point {number}");
    }
    for fact in [
        "DAYB-26CR1187-00000001 to DAYB-26CR1187-",
        "104 entries",
        "entry 94",
        "28 U.S.C. 1746",
        "C.R.S. 13-27-106",
        support::LOG_VKEY,
        &"ab".repeat(32),
        "Notary",
    ] {
        assert!(text.contains(fact), "no {fact}");
    }
}

#[test]
fn what_only_people_know_is_blank_until_they_say_it() {
    let made = Made::new(|_| {});
    for paper in made.papers() {
        assert!(paper.text(&made.choices).contains(BLANK), "{}", paper.title);
    }
    let named = Made::new(|choices| {
        choices.words.court = Some("District Court, City and County of Example".into());
        choices.words.declarant = Some("(the custodian's name)".into());
    });
    let text = running(&form_37(&named.facts()), &named.choices);
    assert!(
        text.contains("Court: District Court") && text.contains("Name: (the custodian's name)"),
        "{text}"
    );
}

#[test]
fn every_paper_says_that_counsel_is_to_look_at_it_and_becomes_a_pdf_twice_the_same() {
    let made = Made::new(|_| {});
    for paper in made.papers() {
        assert!(running(&paper, &made.choices).to_lowercase().contains("counsel"), "{}", paper.title);
        let pdf = paper.pdf(&made.choices).unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf == paper.pdf(&made.choices).unwrap());
    }
}

#[test]
fn the_first_file_answers_the_five_questions_of_a_stranger() {
    let made = Made::new(|choices| choices.words.contact = Some("telephone 555-0100".into()));
    let text = read_me_first(&made.facts());
    for question in [
        "WHAT THIS IS",
        "WHAT TO DO FIRST",
        "WITHOUT THE PAGE",
        "WHOM TO ASK",
        "WHAT IS NOT PROVED",
        "EN ESPAÑOL",
    ] {
        assert!(text.contains(&format!("\n{question}\n")), "no {question}");
    }
    for fact in [
        "54 records",
        "4 records that the search also found are held back",
        "verify.html",
        "telephone 555-0100",
        support::LOG_VKEY,
    ] {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(fact), "no {fact}:\n{text}");
    }
    assert!(!text.contains("{{"), "a place was left open:\n{text}");
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 86).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn one_record_is_not_called_records() {
    let made = Made::new(|choices| choices.withheld = 1);
    let text = read_me_first(&made.facts()).replace('\n', " ");
    assert!(text.contains("1 record that the search also found is held back"), "{text}");
}

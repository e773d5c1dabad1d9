//! What Colorado's Forms 37 and 38 (2017) ask for, in the structure of the Rules and in words of our own, with the facts filled in: the notice of intent to offer records by
//! certificate, and the certificate itself (CRE 902(11) and, for records from abroad, 902(12)). Counsel compares them with the forms as adopted before filing.

use super::facts::Facts;
use super::paper::{Block, Paper};

fn caption(facts: &Facts<'_>) -> Block {
    let words = &facts.choices.words;
    Block::Facts(vec![
        ("Court".to_owned(), words.court.clone()),
        ("Court's address".to_owned(), None),
        ("Parties".to_owned(), words.parties.clone()),
        ("Case number".to_owned(), words.case_number.clone()),
        ("Division, courtroom".to_owned(), None),
        ("Attorney or party, address, telephone, e-mail, registration number".to_owned(), None),
    ])
}

fn records(facts: &Facts<'_>) -> Block {
    let choices = facts.choices;
    Block::Facts(vec![
        (
            "Records".to_owned(),
            Some(format!("of the audit ledger {}, production {}", choices.origin, choices.production)),
        ),
        ("Bates numbers".to_owned(), Some(facts.bates())),
        ("Records, pages".to_owned(), Some(format!("{}, {}", facts.documents(), facts.pages()))),
        ("SHA-256 of VOL001.csv, which lists them".to_owned(), Some(facts.load_file_hash())),
    ])
}

/// What Form 37 asks for: the certificate of a custodian or another qualified person.
pub fn form_37(facts: &Facts<'_>) -> Paper {
    let words = &facts.choices.words;
    let blocks = vec![
        caption(facts),
        Block::Heading("Who certifies".to_owned()),
        Block::Facts(vec![
            ("Name".to_owned(), words.declarant.clone()),
            ("Post".to_owned(), words.declarant_post.clone()),
            ("Employer".to_owned(), Some(words.custodian.clone()).filter(|name| !name.is_empty())),
        ]),
        Block::Choices(vec![
            "I am the custodian of the records described below.".to_owned(),
            "I am another qualified person, because:".to_owned(),
        ]),
        Block::Facts(vec![("Because".to_owned(), None)]),
        Block::Heading("Which records".to_owned()),
        records(facts),
        Block::Heading("What is certified (CRE 803(6), 902(11))".to_owned()),
        Block::text("Of these records I certify what is ticked; exceptions are named by Bates number."),
        Block::Choices(vec![
            "They were made at or near the time of what they record, by a person with knowledge or from what such a person passed on.".to_owned(),
            "They were kept in the course of a regularly conducted activity.".to_owned(),
            "It was a regular practice of that activity to make them.".to_owned(),
            "What is produced is a true copy; the certificate of authenticity, part 6, says how it was made and how it can be checked.".to_owned(),
        ]),
        Block::Facts(vec![("Exceptions".to_owned(), None)]),
        Block::Heading("Oath".to_owned()),
        Block::text("I affirm that what is ticked above is true to my knowledge."),
        Block::Facts(vec![("Date".to_owned(), None)]),
        Block::Signatures(vec!["Printed name".to_owned(), "Signature".to_owned()]),
        Block::Facts(vec![
            ("State and county".to_owned(), None),
            ("Subscribed and affirmed before me on".to_owned(), None),
            ("My commission expires".to_owned(), None),
        ]),
        Block::Signatures(vec!["Notary's signature, and seal".to_owned()]),
    ];
    Paper {
        title: "Certificate of a custodian (after Form 37)".to_owned(),
        subtitle: "Not the form itself: facts and order for it. Counsel compares it with Form 37 as adopted; whether it fits records that a machine made is for counsel".to_owned(),
        blocks,
    }
}

/// What Form 38 asks for: the notice that records will be offered by certificate.
pub fn form_38(facts: &Facts<'_>) -> Paper {
    let blocks = vec![
        caption(facts),
        Block::Heading("To".to_owned()),
        Block::Facts(vec![("All parties and counsel".to_owned(), None)]),
        Block::Heading("Notice".to_owned()),
        Block::text(
            "The party named here intends to offer the records described below as evidence without a witness, by the certificate of a custodian or another qualified person (CRE 902(11) and, for records from abroad, 902(12)).",
        ),
        Block::Facts(vec![("Party".to_owned(), None)]),
        Block::Heading("Which records".to_owned()),
        records(facts),
        Block::Heading("Where they and the certificate can be inspected".to_owned()),
        Block::text(
            "The records and the signed certificate are served with this notice, or can be inspected as follows, in time to contest them. The package checks itself without a network; READ-ME-FIRST.txt in it says how.",
        ),
        Block::Choices(vec![
            "Served with this notice.".to_owned(),
            "Available for inspection at the place and time below.".to_owned(),
        ]),
        Block::Facts(vec![
            ("Place".to_owned(), None),
            ("From (date)".to_owned(), None),
            ("Hearing or trial on".to_owned(), None),
        ]),
        Block::Facts(vec![("Date".to_owned(), None)]),
        Block::Signatures(vec!["Attorney or party".to_owned()]),
        Block::Heading("Certificate of service".to_owned()),
        Block::Facts(vec![
            ("Served on (date)".to_owned(), None),
            ("By (way)".to_owned(), None),
            ("To".to_owned(), None),
        ]),
        Block::Signatures(vec!["Signature of whoever served it".to_owned()]),
    ];
    Paper {
        title: "Notice of intent to offer records (after Form 38)".to_owned(),
        subtitle: "Not the form itself: facts and order for it. Counsel compares it with Form 38 as adopted"
            .to_owned(),
        blocks,
    }
}

//! The certificate of authenticity: the facts that a live witness would give, for a person who knows them to review, complete and sign.
//!
//! FRE 902(11) asks for the elements of 803(6)(A) to (C), 902(13) for a process that gives an accurate result, 902(14) for identification by a digital process. What is
//! known to the program is filled in; what only a person can say is a blank or a box to tick.

use super::cover_letter::redactions;
use super::facts::{Facts, counted};
use super::paper::{Block, Paper};

/// The certificate.
pub fn certificate(facts: &Facts<'_>) -> Paper {
    let mut blocks = Vec::new();
    declarant(&mut blocks, facts);
    system(&mut blocks, facts);
    process(&mut blocks);
    reliability(&mut blocks, facts);
    regular_course(&mut blocks);
    copying(&mut blocks, facts);
    left_out(&mut blocks, facts);
    keys(&mut blocks, facts);
    records(&mut blocks, facts);
    oath(&mut blocks);
    Paper {
        title: "Certificate of authenticity".to_owned(),
        subtitle: "For FRE 902(11), 902(13) and 902(14), CRE 902(11) and 901(b)(9). Ready for review by counsel; to be completed and signed by a person who knows the facts".to_owned(),
        blocks,
    }
}

fn heading(blocks: &mut Vec<Block>, text: &str) {
    blocks.push(Block::Heading(text.to_owned()));
}

fn fact(what: &str, value: impl Into<String>) -> (String, Option<String>) {
    (what.to_owned(), Some(value.into()))
}

fn blank(what: &str) -> (String, Option<String>) {
    (what.to_owned(), None)
}

/// 1. Who declares.
fn declarant(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    let words = &facts.choices.words;
    heading(blocks, "1. Who declares");
    blocks.push(Block::Facts(vec![
        ("Name".to_owned(), words.declarant.clone()),
        ("Post".to_owned(), words.declarant_post.clone()),
        ("Employer".to_owned(), Some(words.custodian.clone()).filter(|name| !name.is_empty())),
        blank("Training for it"),
        blank("How I know what I declare"),
    ]));
    blocks.push(Block::Choices(vec![
        "I am the custodian of the records described in part 9.".to_owned(),
        "I am otherwise a qualified person: I know how these records are made, kept and copied.".to_owned(),
    ]));
}

/// 2. The system.
fn system(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    heading(blocks, "2. The system");
    blocks.push(Block::text(
        "The records are kept in Daybook, an audit ledger: departments send it signed records of their dealings that concern immigration matters, and it keeps them in the order of their arrival.",
    ));
    blocks.push(Block::Facts(vec![
        fact("Name of the ledger", facts.choices.origin.as_str()),
        fact("Version of the program that made this production", facts.software.version.clone()),
        ("SHA-256 of that program".to_owned(), facts.software.build.clone()),
        blank("Who operates it, and where"),
        blank("In regular use since"),
    ]));
}

/// 3. The process in plain words.
fn process(blocks: &mut Vec<Block>) {
    heading(blocks, "3. How a record comes about and is kept");
    for text in [
        "The department's own system makes the record when its staff enter it, or when the system itself notes something. It signs the record with the department's key and keeps it until the ledger has confirmed it.",
        "The ledger checks the form, the signature and the sequence number of each record on arrival and writes it to disk before it confirms. Each entry contains the hash of the entry before. From all entries a hash tree (RFC 6962) is computed, and its top is signed in checkpoints that outsiders can keep. No part of the program changes or removes an entry.",
        "If a record does not arrive, the gap in its producer's sequence is visible. If two different records bear the same number, both are kept and the fact is recorded. If the disk fails, the ledger stops; a record that it had not confirmed is sent again. What a record says can be corrected only by a further record.",
        "Parts of a record that could single out a person are encrypted and held apart. Their digests are in the signed record, so leaving a part out, or destroying its key on order, changes neither signature nor hash.",
    ] {
        blocks.push(Block::text(text));
    }
}

/// 4. Reliability in the period.
fn reliability(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    heading(blocks, "4. Reliability in the period of these records");
    let incidents = match facts.incidents.len() as u64 {
        0 => "none recorded of the producers concerned".to_owned(),
        count => format!(
            "{} recorded of the producers concerned: data/LOGS/incidents.csv",
            counted(count, "incident", "incidents")
        ),
    };
    blocks.push(Block::Facts(vec![
        fact("Gaps, forks, revoked keys, failed counts", incidents),
        fact("Producers' keys that signed these records", facts.keys().count().to_string()),
        blank("Hours in which the ledger did not run"),
        blank("Verifications run, and their results"),
        blank("Source of the ledger's clock"),
        blank("Witnesses outside the office that keep checkpoints"),
    ]));
    blocks.push(Block::text("The time of receipt is the ledger's own. A checkpoint that somebody else kept proves that the records under it are not younger than that."));
}

/// 5. The elements of Rule 803(6), for what people entered.
fn regular_course(blocks: &mut Vec<Block>) {
    heading(blocks, "5. Records that people entered (Rule 803(6)(A) to (C))");
    blocks.push(Block::text("The column ASSERTION of the load file tells which records were entered by a person, as far as that is shown. Strike out what does not apply; the times of the event and of its recording are in each record."));
    blocks.push(Block::Choices(vec![
        "Each was made at or near the time of what it records, by a person with knowledge of it or from what such a person passed on.".to_owned(),
        "Each was kept in the course of a regularly conducted activity of the department.".to_owned(),
        "Making it was a regular practice of that activity.".to_owned(),
    ]));
    blocks.push(Block::Facts(vec![blank("Exceptions, by Bates number")]));
}

/// 6. How the copy was made.
fn copying(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    let choices = facts.choices;
    heading(blocks, "6. How this copy was made (Rule 902(14))");
    let mut rows = vec![
        fact("Search, as recorded", choices.query.clone()),
        fact("Entries searched", choices.searched_size.to_string()),
        fact("Found", choices.found.to_string()),
        fact("Produced", choices.produced.to_string()),
        fact("Held back as a whole", choices.withheld.to_string()),
        fact("Redaction profile", choices.profile.clone()),
        fact("Checkpoint", facts.checkpoint()),
        fact("Hash algorithm", "SHA-256"),
    ];
    rows.extend(facts.custody.iter().map(|step| {
        let by = if step.account.is_empty() { String::new() } else { format!(", account {}", step.account) };
        (format!("Step: {}", step.step), Some(format!("entry {}, {}{by}", step.index, step.at)))
    }));
    blocks.push(Block::Facts(rows));
    blocks.push(Block::text(
        "The program copied each entry byte for byte and hashed it; the hash is the leaf hash in the ledger's tree, and the proof in each native file leads from it to the checkpoint above. So each native file is identified by a digital process as a copy of what the ledger holds. \
         The checkpoint is the reference against which the copy is compared; it was signed before this package was made.",
    ));
}

/// 7. What was left out.
fn left_out(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    heading(blocks, "7. What was left out");
    blocks.push(redactions(facts));
    blocks.push(Block::text(
        "Every part that is left out is committed to by a digest in the signed record, which is listed in data/LOGS/redaction-log.csv. What is withheld or sealed can be shown later and will be found to fit that digest or not.",
    ));
}

/// 8. Keys.
fn keys(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    heading(blocks, "8. The keys, and how a stranger obtains them");
    let mut rows = vec![
        fact("The ledger's key", facts.log_vkey),
        blank("Where it is published, apart from this package"),
    ];
    rows.extend(facts.keys().map(|(issuer, kid)| fact(&format!("Key of {issuer}"), kid)));
    blocks.push(Block::Facts(rows));
    blocks.push(Block::text("The producers' keys were registered on the ledger by its governance key; those entries are in data/PROOFS/AUTHORITY, with their proofs."));
}

/// 9. The records.
fn records(blocks: &mut Vec<Block>, facts: &Facts<'_>) {
    heading(blocks, "9. The records that this certificate is about");
    let mut rows = vec![
        fact("Production", facts.choices.production.clone()),
        fact("Bates numbers", facts.bates()),
        fact("Records, pages", format!("{}, {}", facts.documents(), facts.pages())),
        fact("SHA-256 of VOL001.csv", facts.load_file_hash()),
    ];
    let types: Vec<String> = facts.types().map(|(title, count)| format!("{title} ({count})")).collect();
    rows.push(fact("Types of event", types.join("; ")));
    rows.push(blank("SHA-256 of tagmanifest-sha256.txt (in bag-record.json; write it in)"));
    blocks.push(Block::Facts(rows));
    blocks.push(Block::text("VOL001.csv names the SHA-256 of each native file. What the rules ask beyond authenticity (relevance, hearsay within a record, confrontation) this certificate does not speak to."));
}

/// 10. Oath, signature, notary.
fn oath(blocks: &mut Vec<Block>) {
    heading(blocks, "10. Declaration");
    blocks.push(Block::Choices(vec![
        "Federal proceeding (28 U.S.C. 1746): I declare under penalty of perjury under the laws of the United States of America that the foregoing is true and correct.".to_owned(),
        "Colorado proceeding (C.R.S. 13-27-106): I declare under penalty of perjury under the law of Colorado that the foregoing is true and correct.".to_owned(),
    ]));
    blocks
        .push(Block::Facts(vec![blank("Executed on (date)"), blank("At (city or other place, and state)")]));
    blocks.push(Block::Signatures(vec!["Printed name".to_owned(), "Signature".to_owned()]));
    blocks.push(Block::Heading("Notary, where one is asked for".to_owned()));
    blocks.push(Block::Facts(vec![
        blank("State and county"),
        blank("Subscribed and affirmed before me on"),
        blank("By"),
        blank("My commission expires"),
    ]));
    blocks.push(Block::Signatures(vec!["Notary's signature, and seal".to_owned()]));
}

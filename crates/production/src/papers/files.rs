//! The files of a package that are for people: papers, what a stranger opens first, the page that checks, what says how to write another.

use super::{Facts, certificate, cover_letter, form_37, form_38, hand_check, read_me_first};
use crate::page::{PAGE_FILE, verify_page};
use crate::render::PdfError;

const FORMATS: &str = include_str!("../../../../schemas/formats.md");
const PRODUCTION: &str = include_str!("../../../../schemas/production.md");

/// Each with its name in the package.
///
/// # Errors
/// Where a PDF would not conform to its standard. No paper is known for which that happens.
pub fn paper_files(facts: &Facts<'_>) -> Result<Vec<(String, Vec<u8>)>, PdfError> {
    let mut files = Vec::new();
    let named = [
        ("cover-letter", cover_letter(facts)),
        ("certificate", certificate(facts)),
        ("form-37", form_37(facts)),
        ("form-38", form_38(facts)),
    ];
    for (name, paper) in named {
        files.push((format!("data/PAPERS/{name}.txt"), paper.text(facts.choices).into_bytes()));
        files.push((format!("data/PAPERS/{name}.pdf"), paper.pdf(facts.choices)?));
    }
    let check = hand_check(&facts.choices.production, facts.first_native());
    let texts = [
        ("READ-ME-FIRST.txt", read_me_first(facts)),
        ("data/VERIFY/HAND-CHECK.txt", check),
        ("data/VERIFY/formats.md", FORMATS.to_owned()),
        ("data/VERIFY/production.md", PRODUCTION.to_owned()),
        (PAGE_FILE, verify_page()),
    ];
    files.extend(texts.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    Ok(files)
}

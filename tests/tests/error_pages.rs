//! Every code of a refusal, and of a problem over HTTP, has its page in `ops/errors`, and the pages say what the code says.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use daybook_event::Code;
use daybook_ledger::http::problem_codes;

/// Pages for reasons not to start have no code and begin with this.
const START: &str = "start-";

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("ops/errors")
}

fn names() -> BTreeSet<String> {
    let files = fs::read_dir(pages()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files
        .filter_map(|file| Some(file.strip_suffix(".md")?.to_owned()))
        .filter(|name| name != "README")
        .collect()
}

#[test]
fn each_code_has_a_page_with_its_title_and_whether_to_send_again() {
    for code in Code::ALL {
        let path = pages().join(format!("{code}.md"));
        let page =
            fs::read_to_string(&path).unwrap_or_else(|_| panic!("{code} has no page {}", path.display()));
        assert!(page.starts_with(&format!("# {code}\n\n{}.\n", code.title())), "{code}: heading or title");
        let again = "The same bytes may be accepted later";
        assert_eq!(page.contains(again), code.retry(), "{code}: does the page say whether to send again?");
    }
}

#[test]
fn each_code_of_a_problem_over_http_has_a_page_of_its_own() {
    let pages = names();
    let mut seen = BTreeSet::new();
    for code in problem_codes() {
        assert!(pages.contains(code), "{code} has no page");
        assert!(seen.insert(code), "{code} means two things");
        let page = fs::read_to_string(self::pages().join(format!("{code}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {code}\n\n")), "{code}: heading");
    }
    assert!(seen.len() > 60, "{} codes", seen.len());
    let refusals: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    let both: Vec<_> = seen.iter().filter(|code| refusals.contains(**code)).collect();
    assert!(both.is_empty(), "a refused event and a refused request have the same code: {both:?}");
}

#[test]
fn no_page_outlives_its_code() {
    let problems = problem_codes().map(str::to_owned);
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).chain(problems).collect();
    let strays: Vec<String> =
        names().into_iter().filter(|name| !name.starts_with(START) && !codes.contains(name)).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn each_page_says_cause_fault_and_remedy_and_is_in_the_index() {
    let index = fs::read_to_string(pages().join("README.md")).unwrap();
    for name in names() {
        let page = fs::read_to_string(pages().join(format!("{name}.md"))).unwrap();
        for heading in ["## Cause\n", "## Whose fault\n", "## Remedy\n"] {
            assert!(page.contains(heading), "{name} lacks {heading:?}");
        }
        assert!(index.contains(&format!("[{name}]({name}.md)")), "{name} is not in the index");
    }
}

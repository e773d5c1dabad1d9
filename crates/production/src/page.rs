//! `verify.html`: one file that checks a production in a browser, without a network.
//!
//! It is put together from the verifier in `schemas/verify` and the parts in `crates/production/page`, in a fixed order, so the same sources
//! give the same bytes. Its content security policy names the hashes of its one script and one style sheet: a browser runs nothing else
//! in it, and lets it reach nothing.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Its name in a package.
pub const PAGE_FILE: &str = "data/VERIFY/verify.html";

const TEMPLATE: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");

macro_rules! modules {
    ($($folder:literal: $($name:literal)*;)*) => {
        &[$($(($name, include_str!(concat!("../", $folder, $name, ".js"))),)*)*]
    };
}

/// Every module, each behind those that it imports from.
const MODULES: &[(&str, &str)] = modules! {
    "../../schemas/verify/":
        "fault" "bytes" "sha2" "curve" "ed25519" "json" "names" "tree" "tables" "note" "policy" "types" "catalogue" "event" "proof"
        "registry" "record" "leaves" "findings" "zip" "source" "bag" "package" "proofs" "records" "keys" "statement" "complete"
        "redactions" "loadfiles" "production";
    "page/": "words.en" "words.es" "dom" "files" "view" "work" "timeline" "verdict" "page" "main";
};

/// The whole page.
pub fn verify_page() -> String {
    let script = script();
    let style = format!("\n{STYLE}");
    TEMPLATE.replacen("{{policy}}", &policy(&script, &style), 1).replacen("{{style}}", &style, 1).replacen(
        "{{script}}",
        &script,
        1,
    )
}

/// SHA-256 of the page, lower-case hex: what a ledger publishes, so that anybody can recognise their copy.
pub fn verify_page_sha256() -> String {
    Sha256::digest(verify_page()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Nothing but the page's own script and style. The worker that checks is made of the same script.
fn policy(script: &str, style: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; worker-src blob:; img-src data:; connect-src 'none'; form-action 'none'; \
         base-uri 'none'",
        hash(script),
        hash(style)
    )
}

/// All modules as one script: each becomes a function that is called once and gives what the module exports.
fn script() -> String {
    let mut script = String::from("\n'use strict';\nconst modules = {};\n");
    let mut known = BTreeSet::new();
    for (name, text) in MODULES {
        let Module { body, exports } = Module::read(text, &known);
        let exports = exports.join(", ");
        script += &format!(
            "\n// ----- {name}.js -----\nmodules['{name}'] = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
        );
        known.insert(*name);
    }
    script
}

/// A module with its imports and exports taken out of their lines.
struct Module {
    body: String,
    exports: Vec<String>,
}

impl Module {
    /// Reads a module whose imports are named ones of the modules in `known`, and whose exports stand before their declarations. The
    /// sources are ours, and a test runs what comes out; so a line of another form is a mistake of whoever builds.
    fn read(text: &str, known: &BTreeSet<&str>) -> Self {
        let mut module = Self { body: String::with_capacity(text.len()), exports: Vec::new() };
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("import ") {
                let mut import = line.to_owned();
                while !import.ends_with(';') {
                    import += lines.next().expect("an import ends with a semicolon");
                }
                module.import(&import, known);
            } else if let Some(declaration) = line.strip_prefix("export ") {
                module.exports.push(declared(declaration).to_owned());
                module.line(declaration);
            } else {
                module.line(line);
            }
        }
        module
    }

    fn import(&mut self, import: &str, known: &BTreeSet<&str>) {
        let parts = import.strip_prefix("import {").and_then(|rest| rest.split_once("} from '"));
        let (names, path) = parts.expect("an import names what it imports");
        let stem = path.trim_end_matches("';").trim_end_matches(".js");
        let stem = stem.rsplit_once('/').map_or(stem, |(_, stem)| stem);
        assert!(known.contains(stem), "{stem} must stand in front of the modules that import from it");
        let names = names.split_whitespace().collect::<Vec<_>>().join(" ");
        self.line(&format!("const {{ {} }} = modules['{stem}'];", names.trim_end_matches(',')));
    }

    fn line(&mut self, line: &str) {
        self.body += line;
        self.body.push('\n');
    }
}

/// The name that a declaration declares.
fn declared(declaration: &str) -> &str {
    let rest = declaration.trim_start_matches("async ");
    let rest = ["function ", "const ", "class "].iter().find_map(|word| rest.strip_prefix(word));
    let rest = rest.expect("an export stands before a function, a const or a class");
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_one_file_that_reaches_nothing() {
        let page = verify_page();
        assert_eq!(page, verify_page());
        assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
        for out in [
            "http://",
            "https://",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "localStorage",
            "innerHTML",
            "eval(",
        ] {
            assert!(!page.contains(out), "the page has {out}");
        }
        for placeholder in ["{{policy}}", "{{style}}", "{{script}}"] {
            assert!(!page.contains(placeholder));
        }
    }

    #[test]
    fn nothing_in_the_script_ends_it_early() {
        // A browser's reader of HTML looks for these in whatever stands in a script.
        let script = script().to_lowercase();
        for end in ["</script", "<!--", "<script"] {
            assert!(!script.contains(end), "{end}");
        }
    }

    #[test]
    fn the_policy_names_the_script_and_the_style_that_are_there() {
        let page = verify_page();
        let between = |from: &str, to: &str| {
            let rest = page.split_once(from).unwrap().1;
            rest.split_once(to).unwrap().0.to_owned()
        };
        for text in [between("<style>", "</style>"), between("id=\"program\">", "</script>")] {
            let hash = STANDARD.encode(Sha256::digest(text));
            assert!(page.contains(&format!("'sha256-{hash}'")));
        }
    }

    #[test]
    fn every_module_of_the_verifier_and_of_the_page_is_in_it() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut expected = BTreeSet::new();
        for folder in ["page", "../../schemas/verify"] {
            for file in std::fs::read_dir(here.join(folder)).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                expected.extend(name.strip_suffix(".js").map(str::to_owned));
            }
        }
        assert_eq!(MODULES.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), expected);
        assert_eq!(MODULES.len(), expected.len(), "names of modules are unique");
    }

    #[test]
    fn a_module_gives_what_it_exports() {
        let text = "import { a } from './x.js';\nimport {\n  b,\n  c,\n} from '../y/z.w.js';\nexport async function f(n) {\n}\nexport const K = 1;\n";
        let module = Module::read(text, &BTreeSet::from(["x", "z.w"]));
        assert_eq!(module.exports, ["f", "K"]);
        let body = "const { a } = modules['x'];\nconst { b, c } = modules['z.w'];\nasync function f(n) {\n}\nconst K = 1;\n";
        assert_eq!(module.body, body);
    }
}

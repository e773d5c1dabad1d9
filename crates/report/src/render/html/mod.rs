//! HTML: one page that needs nothing else. No script, no resource, no style but its own.

mod blocks;
mod svg;

use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use sha2::{Digest, Sha256};

use super::words;
use crate::model::{Pack, Report};

/// The page's style. Its digest is in the page's policy, so no other style can run, not even one that text smuggled in.
const STYLE: &str = include_str!("page.css");

/// The report as one HTML page.
///
/// The page's own ids start with an underscore, which the report's cannot hold.
pub fn html(report: &Report) -> String {
    let head = report.head();
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (head.title) " – " (words::whose(head)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#_content" { "Skip to the figures" }
                (masthead(report))
                main id="_content" {
                    @for section in report.sections() {
                        (blocks::section(report, section))
                    }
                    @if !head.packs.is_empty() { (packs(&head.packs)) }
                    (checkpoint(report))
                }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

fn masthead(report: &Report) -> Markup {
    let head = report.head();
    markup! {
        header.masthead {
            p.kind { (words::whose(head)) " · " (words::kind(report.kind())) }
            h1 { (head.title) }
            p.period { (words::period(&head.period)) }
            p.as-of { "Figures as of " (words::as_of(report)) ", at ledger entry " (words::count(head.checkpoint.size)) }
            @if !head.notices.is_empty() {
                aside.notices aria-label="Please note" {
                    h2 { "Please note" }
                    ul { @for notice in &head.notices { li { (notice) } } }
                }
            }
            @if report.sections().len() > 1 {
                nav aria-label="Contents" {
                    ol {
                        @for section in report.sections() { li { a href={ "#" (section.id) } { (section.title) } } }
                        @if !head.packs.is_empty() { li { a href="#_rules" { "Rules applied" } } }
                        li { a href="#_checkpoint" { "Where the figures come from" } }
                    }
                }
            }
        }
    }
}

fn packs(packs: &[Pack]) -> Markup {
    markup! {
        section id="_rules" {
            h2 { "Rules applied" }
            div.scroll tabindex="0" role="region" aria-label="Rule packs" {
                table {
                    caption { "Rule packs" }
                    thead { tr {
                        th scope="col" { "Pack" } th scope="col" { "Version" } th scope="col" { "Valid" }
                        th scope="col" { "State" } th scope="col" { "Digest" }
                    } }
                    tbody {
                        @for pack in packs {
                            tr {
                                th scope="row" { (pack.title) br; code { (pack.id) } }
                                td { (pack.version) }
                                td { (words::validity(pack.valid_from, pack.valid_to)) }
                                td { (pack.state.words()) }
                                td { code.digest { (pack.digest) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn checkpoint(report: &Report) -> Markup {
    let checkpoint = &report.head().checkpoint;
    markup! {
        section id="_checkpoint" {
            h2 { "Where the figures come from" }
            p { (words::CHECKPOINT_MEANING) }
            dl.checkpoint {
                div { dt { "Ledger" } dd { code { (checkpoint.origin) } } }
                div { dt { "Entries" } dd { code { (checkpoint.size) } } }
                div { dt { "Root hash" } dd { code { (checkpoint.root) } } }
            }
        }
    }
}

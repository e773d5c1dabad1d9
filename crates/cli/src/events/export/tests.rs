use std::path::Path;

use super::*;
use crate::remote::tests::{connection, once, whole};

fn exported(answer: String, format: Format, out: &Path) -> Result<Promise, Trouble> {
    let (address, asked) = once(answer);
    let ledger = connection(&["--ledger", &address]).open().unwrap();
    let response =
        ledger.stream(&["v1", "events", "export"], &json!({}), format.media_type(), Some("r-9"))?;
    let accept = format!("accept: {}\r\n", format.media_type());
    let asked = asked.join().unwrap();
    assert!(asked.contains(&accept) && asked.contains("daybook-approval: r-9\r\n"), "{asked}");
    write_out(response, format, out)
}

/// Exports into a directory that is empty but for an earlier export, and gives back what it holds afterwards.
fn after(answer: String, format: Format) -> (Result<Promise, Trouble>, String) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    std::fs::write(&out, "earlier").unwrap();
    let result = exported(answer, format, &out);
    let files: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["out"], "nothing else is left behind");
    (result, std::fs::read_to_string(out).unwrap())
}

const TWO: &str = "daybook-rows: 2\r\ndaybook-complete-to: 90\r\ndaybook-read: r-1\r\n";
const JSONL: &str = "{\"entry\":1,\"fields\":{}}\n{\"entry\":2,\"fields\":{}}\n";

#[test]
fn a_whole_export_is_there_byte_for_byte_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("may.jsonl");
    let promise = exported(whole("200 OK", TWO, JSONL), Format::Jsonl, &out).unwrap();
    assert_eq!(promise, Promise { rows: 2, complete_to: "90".into(), read: Some("r-1".into()) });
    assert_eq!(std::fs::read_to_string(&out).unwrap(), JSONL);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn rows_of_a_table_are_counted_as_rows_and_not_as_lines() {
    let csv = "entry,fields\r\n1,\"{\"\"a\"\":\n\"\"b\"\"}\"\r\n2,{}\r\n".replace("\r\n", "\n");
    let (result, text) = after(whole("200 OK", TWO, &csv), Format::Csv);
    assert_eq!(result.unwrap().rows, 2);
    assert_eq!(text, csv);
    let (result, _) = after(whole("200 OK", "daybook-rows: 0\r\n", "entry,fields\n"), Format::Csv);
    assert_eq!(result.unwrap().rows, 0, "a table without rows is whole too");
}

#[test]
fn fewer_or_more_rows_than_were_promised_leave_the_earlier_file() {
    for rows in [1, 3] {
        let headers = format!("daybook-rows: {rows}\r\n");
        let (result, text) = after(whole("200 OK", &headers, JSONL), Format::Jsonl);
        let words = result.unwrap_err().to_string();
        assert!(words.contains("not whole") && words.contains("2 rows came"), "{words}");
        assert_eq!(text, "earlier");
    }
    let (result, text) = after(whole("200 OK", "", JSONL), Format::Jsonl);
    assert!(result.unwrap_err().to_string().contains("does not say how many rows"));
    assert_eq!(text, "earlier");
}

#[test]
fn an_export_that_breaks_off_leaves_the_earlier_file_wherever_it_breaks() {
    let body = format!("{:x}\r\n{JSONL}\r\n0\r\n\r\n", JSONL.len());
    let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{TWO}\r\n{body}");
    let (result, _) = after(answer.clone(), Format::Jsonl);
    result.unwrap();
    let head = answer.len() - body.len();
    // Also where all rows came and only the end of the answer did not.
    for cut in head..answer.len() - 2 {
        let (result, text) = after(answer[..cut].to_owned(), Format::Jsonl);
        assert!(result.is_err(), "cut at {cut}");
        assert_eq!(text, "earlier", "cut at {cut}");
    }
}

#[test]
fn a_last_row_without_its_end_is_no_row() {
    let cut = JSONL.trim_end();
    let (result, text) = after(whole("200 OK", TWO, cut), Format::Jsonl);
    assert!(result.unwrap_err().to_string().contains("within a row"));
    assert_eq!(text, "earlier");
    let (result, _) = after(whole("200 OK", TWO, "entry,fields\n1,{}\n2"), Format::Csv);
    assert!(result.is_err());
}

fn parsed(args: &[&str]) -> Result<Args, clap::Error> {
    use clap::{Args as _, FromArgMatches as _};
    let command = Args::augment_args(clap::Command::new("export"));
    let args = std::iter::once(&"export").chain(&["--purpose", "audit"]).chain(args);
    Args::from_arg_matches(&command.try_get_matches_from(args)?)
}

#[test]
fn an_export_is_asked_for_or_run_and_never_both() {
    let out = ["--format", "csv", "--out", "x.csv"];
    assert!(parsed(&out).is_ok(), "a department's own");
    assert!(parsed(&[&out[..], &["--approval", "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f"]].concat()).is_ok());
    assert!(parsed(&["--request", "--authority", "audit"]).is_ok());
    assert!(parsed(&["--request"]).is_err(), "on no authority");
    assert!(parsed(&["--request", "--authority", "retention_schedule"]).is_err());
    assert!(parsed(&["--request", "--authority", "audit", "--out", "x.csv", "--format", "csv"]).is_err());
    assert!(parsed(&["--out", "x.csv"]).is_err() && parsed(&[]).is_err());
}

#[test]
fn who_has_no_approval_reads_how_to_ask_for_one() {
    let body = json!({
        "type": "urn:daybook:http:approval-required", "title": "Forbidden", "status": 403, "code": "approval-required",
        "detail": "POST /v1/exports",
    });
    let trouble = exported(whole("403 Forbidden", "", &body.to_string()), Format::Csv, Path::new("x.csv"));
    let words = trouble.unwrap_err().advised("approval-required", UNAPPROVED).to_string();
    assert!(words.contains("daybook events export --request") && words.contains("--approval"), "{words}");
}

//! What is sent and what is said, against a server of a few lines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::JoinHandle;

use clap::{Args as _, FromArgMatches as _};
use daybook_event::Catalogue;
use serde_json::json;

use super::*;

/// A server that answers one request with `answer`, byte for byte, and gives back what it was asked.
pub(crate) fn once(answer: impl Into<Vec<u8>>) -> (String, JoinHandle<String>) {
    let (address, asked) = each(vec![answer]);
    (address, std::thread::spawn(move || asked.join().unwrap().remove(0)))
}

/// As [`once`], for as many requests as there are answers.
pub(crate) fn each(answers: Vec<impl Into<Vec<u8>>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<Vec<u8>> = answers.into_iter().map(Into::into).collect();
    let served = std::thread::spawn(move || answers.iter().map(|answer| serve(&listener, answer)).collect());
    (address, served)
}

fn serve(listener: &TcpListener, answer: &[u8]) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut asked, mut length) = (String::new(), 0);
    while !asked.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        asked += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    asked += std::str::from_utf8(&body).unwrap();
    let _ = stream.write_all(answer);
    asked
}

/// A whole answer.
pub(crate) fn whole(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

pub(crate) fn connection(args: &[&str]) -> Connection {
    let command = Connection::augment_args(clap::Command::new("it"));
    let matches = command.try_get_matches_from(std::iter::once(&"it").chain(args)).unwrap();
    Connection::from_arg_matches(&matches).unwrap()
}

fn purpose(args: &[&str]) -> Result<Purpose, clap::Error> {
    let command = Purpose::augment_args(clap::Command::new("it"));
    Purpose::from_arg_matches(&command.try_get_matches_from(std::iter::once(&"it").chain(args))?)
}

fn token_file(dir: &tempfile::TempDir, mode: u32) -> PathBuf {
    let path = dir.path().join("token");
    std::fs::write(&path, "dbt_abc\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn usage(connection: &Connection) -> String {
    match connection.open() {
        Err(Trouble::Usage(words)) => words,
        Err(other) => panic!("another trouble: {other}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn token_and_purpose_travel_in_headers_and_the_body_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let token = token_file(&dir, 0o600);
    let (address, asked) = once(whole("200 OK", "daybook-read: r-1\r\n", "{\"a\": 1}\n"));
    let connection = connection(&["--ledger", &address, "--token-file", token.to_str().unwrap()]);
    let purpose = purpose(&["--purpose", "audit", "--reference", "2026-A-17"]).unwrap();
    let ledger = connection.reading(&purpose).unwrap();
    let answer = ledger.post(&["v1", "events", "a/b"], &json!({ "limit": 1 })).unwrap();
    assert_eq!(answer.text(), "{\"a\": 1}", "as it came");
    assert_eq!(answer.read.as_deref(), Some("r-1"));
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /v1/events/a%2Fb HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer dbt_abc\r\n"), "{asked}");
    assert!(asked.contains("daybook-purpose: audit 2026-A-17\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"limit\":1}"), "{asked}");
}

#[test]
fn every_purpose_is_one_that_the_ledger_can_record() {
    let example = Catalogue::builtin().latest("records.read").unwrap();
    for code in PURPOSES {
        let mut flat = example.example().clone();
        flat["purpose"] = code.into();
        example.check_value(&flat).unwrap();
    }
    assert!(purpose(&["--purpose", "curiosity"]).is_err());
    assert!(purpose(&["--purpose", "audit", "--reference", "a b"]).is_err());
    assert!(purpose(&["--purpose", "audit", "--reference", &"x".repeat(33)]).is_err());
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = token_file(&dir, 0o640);
    let words = usage(&connection(&["--token-file", path.to_str().unwrap()]));
    assert!(words.contains("chmod 600") && !words.contains("dbt_"), "{words}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(connection(&["--token-file", path.to_str().unwrap()]).open().is_ok());
    std::fs::write(&path, "two words\n").unwrap();
    assert!(usage(&connection(&["--token-file", path.to_str().unwrap()])).contains("does not hold a token"));
}

#[test]
fn a_token_does_not_leave_the_machine_in_the_clear_unless_that_was_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = token_file(&dir, 0o600);
    let token = ["--token-file", path.to_str().unwrap()];
    let with = |more: &[&str]| connection(&[&token[..], more].concat());
    assert!(usage(&with(&["--ledger", "http://ledger.city.example"])).contains("--plain-http"));
    assert!(with(&["--ledger", "http://ledger.city.example", "--plain-http"]).open().is_ok());
    assert!(with(&["--ledger", "https://ledger.city.example"]).open().is_ok());
    assert!(with(&["--ledger", "http://[::1]:8420"]).open().is_ok());
    assert!(usage(&connection(&["--ledger", "ftp://ledger.city.example"])).contains("--ledger"));
    assert!(usage(&connection(&["--ledger", "https://me:secret@ledger.city.example"])).contains("--ledger"));
}

fn trouble(answer: String) -> Trouble {
    let (address, _asked) = once(answer);
    connection(&["--ledger", &address]).open().unwrap().get(&["v1", "me"]).err().unwrap()
}

#[test]
fn a_problem_is_one_plain_line_and_its_exit_code_says_who_refused() {
    let body = json!({
        "type": "urn:daybook:http:not-allowed", "title": "Forbidden", "status": 403, "code": "not-allowed",
        "detail": "The role witness may not\ndo this\u{1b}[2J.",
    })
    .to_string();
    let refused = trouble(whole("403 Forbidden", "content-type: application/problem+json\r\n", &body));
    assert_eq!(refused.to_string(), "Forbidden: The role witness may not do this\\u{1b}[2J. (not-allowed)");
    assert_eq!(refused.code(), 3);
    for (status, code) in [
        ("400 Bad Request", 3),
        ("401 Unauthorized", 3),
        ("409 Conflict", 3),
        ("404 Not Found", 1),
        ("503 X", 1),
    ] {
        assert_eq!(trouble(whole(status, "", &body)).code(), code, "{status}");
    }
}

#[test]
fn what_is_not_a_ledgers_answer_is_not_repeated() {
    let proxy = trouble(whole("403 Forbidden", "", "<html>blocked</html>"));
    assert!(
        proxy.to_string().contains("not as a ledger does") && !proxy.to_string().contains("html"),
        "{proxy}"
    );
    assert_eq!(proxy.code(), 1, "no ledger refused anything");
    let elsewhere = trouble(whole("302 Found", "location: http://127.0.0.1:1/\r\n", ""));
    assert!(elsewhere.to_string().contains("302"), "the token is not taken to another address: {elsewhere}");
}

#[test]
fn an_answer_that_breaks_off_or_never_comes_is_a_failure() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{\"a\":";
    assert!(trouble(cut.into()).to_string().contains("broke off"));
    let nobody = connection(&["--ledger", "http://127.0.0.1:1"]).open().unwrap().get(&["v1", "me"]);
    let trouble = nobody.err().unwrap();
    assert_eq!(trouble.code(), 1);
    assert!(trouble.to_string().contains("is the ledger running"), "{trouble}");
}

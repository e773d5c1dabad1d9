//! Speaking with a ledger over HTTP: where it is, who asks and what for, and what it refuses.

mod problem;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use daybook_access::{PURPOSES, REFERENCE_MAX_BYTES};
use daybook_ledger::open::check_private;
use reqwest::blocking::{Client, ClientBuilder, RequestBuilder, Response};
use reqwest::header::HeaderValue;
use reqwest::{Certificate, Identity, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{print, say};

pub(crate) use problem::{Trouble, failed, help};

/// Longest wait for a connection, seconds.
const CONNECT_TIMEOUT_S: u64 = 10;
/// Longest wait for an answer, or for its next piece, seconds.
const ANSWER_TIMEOUT_S: u64 = 60;
/// Largest answer that is held in memory, bytes: a page of the most and largest events.
const ANSWER_MAX_BYTES: u64 = 256 << 20;
/// Longest token, bytes.
const TOKEN_MAX_BYTES: usize = 4_096;
/// The header that says what a read is for.
const PURPOSE: &str = "daybook-purpose";
/// The header that names the request that a second person approved.
const APPROVAL: &str = "daybook-approval";
/// The header with the number under which a read is recorded.
const READ: &str = "daybook-read";

/// Where the ledger is, and who asks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The ledger's address
    #[arg(long, value_name = "URL", env = "DAYBOOK_LEDGER", default_value = "http://127.0.0.1:8420")]
    ledger: Url,
    /// File with the token of your account; nobody else may be able to read it
    #[arg(long, value_name = "FILE", env = "DAYBOOK_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Trust this authority's certificates (PEM) and no others
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The key of your client certificate (PEM); nobody else may be able to read it
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Send the token without TLS to another machine, on a network that you trust
    #[arg(long)]
    plain_http: bool,
    /// Print the answer as it came, as JSON
    #[arg(long)]
    json: bool,
}

/// What a read is for. It is recorded on the ledger with every read.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Purpose {
    /// What you read for; it is recorded with the read
    #[arg(long = "purpose", value_name = "CODE", env = "DAYBOOK_PURPOSE", value_parser = PURPOSES)]
    code: String,
    /// The number of your audit, request or case; it is recorded with the read
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    reference: Option<String>,
}

/// A reference as events hold it.
pub(crate) fn reference(text: &str) -> Result<String, String> {
    let good = text.len() <= REFERENCE_MAX_BYTES
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":./-".contains(&byte));
    let fault = || {
        format!("1 to {REFERENCE_MAX_BYTES} letters, digits and : . / - are wanted, a letter or digit first")
    };
    good.then(|| text.to_owned()).ok_or_else(fault)
}

impl Purpose {
    /// A purpose without a reference, for looks that belong to another act.
    pub(crate) fn of(code: &str) -> Self {
        Self { code: code.to_owned(), reference: None }
    }

    fn header(&self) -> String {
        match &self.reference {
            Some(reference) => format!("{} {reference}", self.code),
            None => self.code.clone(),
        }
    }
}

/// A ledger that can be asked.
pub(crate) struct Ledger {
    client: Client,
    address: Url,
    token: Option<Zeroizing<String>>,
    purpose: Option<String>,
}

/// What a ledger answered.
pub(crate) struct Answer {
    text: String,
    read: Option<String>,
}

impl Connection {
    /// Whether the answer is for a machine.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Makes ready to ask for what is recorded as no read.
    pub(crate) fn open(&self) -> Result<Ledger, Trouble> {
        self.ready(None)
    }

    /// Makes ready to read.
    pub(crate) fn reading(&self, purpose: &Purpose) -> Result<Ledger, Trouble> {
        self.ready(Some(purpose.header()))
    }

    fn ready(&self, purpose: Option<String>) -> Result<Ledger, Trouble> {
        let token = self.token_file.as_deref().map(read_token).transpose()?;
        self.check_address(token.is_some())?;
        // A redirect would take token and purpose to another address than the one that was named.
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_S))
            .timeout(Duration::from_secs(ANSWER_TIMEOUT_S));
        if self.is_local() {
            builder = builder.no_proxy();
        }
        builder = trusting(builder, self.ca.as_deref())?;
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            check_private(key).map_err(|e| Trouble::Usage(format!("--key: {e}")))?;
            let mut both = Zeroizing::new(read(certificate)?);
            both.push(b'\n');
            both.extend_from_slice(&Zeroizing::new(read(key)?));
            let identity = Identity::from_pem(&both).map_err(|e| not_pem(certificate, &e))?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|e| failed(format!("no HTTP client: {e}")))?;
        Ok(Ledger { client, address: self.ledger.clone(), token, purpose })
    }

    fn check_address(&self, secret: bool) -> Result<(), Trouble> {
        let address = &self.ledger;
        let named = matches!(address.scheme(), "http" | "https") && address.host_str().is_some();
        if !named || !address.username().is_empty() || address.password().is_some() {
            return Err(Trouble::Usage(
                "--ledger: an address such as https://ledger.city.example is wanted".into(),
            ));
        }
        if secret && address.scheme() == "http" && !self.is_local() && !self.plain_http {
            return Err(Trouble::Usage(format!(
                "--ledger: the token would travel readable for all to {}; give an https address, or --plain-http on a network that you trust",
                address.host_str().unwrap_or_default()
            )));
        }
        Ok(())
    }

    fn is_local(&self) -> bool {
        let host = self.ledger.host_str().unwrap_or_default();
        let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || number.is_ok_and(|address| address.is_loopback())
    }
}

/// A client that trusts this authority's certificates and no others, where one is named.
pub(crate) fn trusting(mut builder: ClientBuilder, ca: Option<&Path>) -> Result<ClientBuilder, Trouble> {
    if let Some(path) = ca {
        builder = builder.tls_built_in_root_certs(false);
        let bundle = Certificate::from_pem_bundle(&read(path)?).map_err(|e| not_pem(path, &e))?;
        for certificate in bundle {
            builder = builder.add_root_certificate(certificate);
        }
    }
    Ok(builder)
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|e| Trouble::Usage(format!("{}: {e}", path.display())))
}

fn not_pem(path: &Path, error: &reqwest::Error) -> Trouble {
    Trouble::Usage(format!("{}: it is not the PEM file that is wanted: {error}", path.display()))
}

/// A token that only its owner can read.
pub(crate) fn read_token(path: &Path) -> Result<Zeroizing<String>, Trouble> {
    check_private(path).map_err(|e| Trouble::Usage(format!("--token-file: {e}")))?;
    let text = Zeroizing::new(read(path)?);
    let token = std::str::from_utf8(&text).unwrap_or_default().trim();
    if token.is_empty() || token.len() > TOKEN_MAX_BYTES || !token.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(Trouble::Usage(format!(
            "--token-file: {} does not hold a token: one line, as `daybook account grant` wrote it",
            path.display()
        )));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

impl Ledger {
    /// Asks for what is at a path, given in segments.
    pub(crate) fn get(&self, path: &[&str]) -> Result<Answer, Trouble> {
        answer(self.send(self.client.get(self.url(path)?))?)
    }

    /// As [`get`](Self::get), with a query string of names and values.
    pub(crate) fn get_with(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, Trouble> {
        answer(self.stream_get(path, query)?)
    }

    /// As [`get_with`](Self::get_with), for an answer that is read piece by piece.
    pub(crate) fn stream_get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Response, Trouble> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.client.get(url))
    }

    /// Sends a body to a path.
    pub(crate) fn post(&self, path: &[&str], body: &Value) -> Result<Answer, Trouble> {
        answer(self.send(self.json(path, body)?)?)
    }

    /// As [`post`](Self::post), for an answer that is read piece by piece; `approval` is the request that was approved, for what takes two.
    pub(crate) fn stream(
        &self,
        path: &[&str],
        body: &Value,
        accept: &str,
        approval: Option<&str>,
    ) -> Result<Response, Trouble> {
        let mut request = self.json(path, body)?.header(reqwest::header::ACCEPT, accept);
        if let Some(approval) = approval {
            request = request.header(APPROVAL, approval);
        }
        self.send(request)
    }

    fn json(&self, path: &[&str], body: &Value) -> Result<RequestBuilder, Trouble> {
        let request = self.client.post(self.url(path)?);
        Ok(request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_string()))
    }

    /// The address of a path; each segment is escaped.
    fn url(&self, path: &[&str]) -> Result<Url, Trouble> {
        let mut url = self.address.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut()
            .map_err(|()| Trouble::Usage("--ledger: the address cannot have a path".into()))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    fn send(&self, mut request: RequestBuilder) -> Result<Response, Trouble> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.as_str());
        }
        if let Some(purpose) = &self.purpose {
            let value = HeaderValue::from_str(purpose).map_err(failed)?;
            request = request.header(PURPOSE, value);
        }
        let response = request.send().map_err(|error| problem::unreachable(&self.address, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = text(response).unwrap_or_default();
        Err(problem::read(status, &body))
    }
}

fn answer(response: Response) -> Result<Answer, Trouble> {
    let read = read_number(&response);
    Ok(Answer { text: text(response)?, read })
}

/// The number under which a read was recorded.
pub(crate) fn read_number(response: &Response) -> Option<String> {
    response.headers().get(READ)?.to_str().ok().map(str::to_owned)
}

fn text(response: Response) -> Result<String, Trouble> {
    use std::io::Read as _;
    let mut text = String::new();
    let cut = |e| failed(format!("the answer broke off: {e}"));
    response.take(ANSWER_MAX_BYTES + 1).read_to_string(&mut text).map_err(cut)?;
    if text.len() as u64 > ANSWER_MAX_BYTES {
        return Err(failed("the answer is larger than any of a ledger; ask for less at a time"));
    }
    Ok(text)
}

impl Answer {
    /// The answer as it came.
    pub(crate) fn text(&self) -> &str {
        self.text.trim_end()
    }

    /// The answer, understood.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_str(&self.text).map_err(|error| {
            failed(format!(
                "the answer is not one that this version understands ({error}); --json shows it as it came"
            ))
        })
    }

    /// Says under which number the read was recorded, where it was.
    pub(crate) fn say_read(&self) {
        if let Some(read) = &self.read {
            say(&format!("this read is recorded as {}", crate::shown::plain(read)));
        }
    }
}

/// Prints an answer: as it came, or as `told` tells it.
pub(crate) fn show<T: DeserializeOwned>(
    connection: &Connection,
    answer: &Answer,
    told: impl FnOnce(T) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    if connection.json {
        print(answer.text());
        return Ok(());
    }
    told(answer.parse()?)?;
    answer.say_read();
    Ok(())
}

/// Ends a command.
pub(crate) fn end(result: Result<(), Trouble>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            say(&format!("error: {trouble}"));
            trouble.exit_code()
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

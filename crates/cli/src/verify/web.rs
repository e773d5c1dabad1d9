//! Verifying over HTTP: the files of a log as its service or any web server gives them.

use std::io;
use std::path::Path;
use std::time::Duration;

use daybook_verify::{FileReader, Layout, LogSource};
use zeroize::Zeroizing;

use crate::remote::trusting;

/// Longest wait for one file of a log on the web, seconds.
const HTTP_TIMEOUT_S: u64 = 60;

/// A log on the web: a C2SP tile tree under an address.
pub(super) struct WebSource {
    client: reqwest::blocking::Client,
    prefix: String,
    token: Option<Zeroizing<String>>,
}

impl WebSource {
    pub(super) fn new(
        address: &str,
        token: Option<Zeroizing<String>>,
        ca: Option<&Path>,
    ) -> Result<Self, String> {
        let builder = reqwest::blocking::Client::builder().timeout(Duration::from_secs(HTTP_TIMEOUT_S));
        let builder = trusting(builder, ca).map_err(|trouble| format!("--ca: {trouble}"))?;
        let client = builder.build().map_err(|error| format!("no HTTP client: {error}"))?;
        let prefix = format!("{}/", address.trim_end_matches('/'));
        Ok(Self { client, prefix, token })
    }
}

impl LogSource for WebSource {
    fn layout(&self) -> Layout {
        Layout::Tiles
    }

    fn open(&self, path: &str) -> io::Result<Option<FileReader>> {
        let mut request = self.client.get(format!("{}{path}", self.prefix));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.as_str());
        }
        let answer = request.send().map_err(io::Error::other)?;
        match answer.status() {
            status if status.is_success() => Ok(Some(Box::new(answer))),
            reqwest::StatusCode::NOT_FOUND | reqwest::StatusCode::GONE => Ok(None),
            status => Err(io::Error::other(format!("{}{path}: the server answered {status}", self.prefix))),
        }
    }

    fn list(&self, _: &str) -> io::Result<Option<Vec<String>>> {
        Ok(None)
    }
}

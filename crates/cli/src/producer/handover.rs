//! Handing events to a producer that is running: one process holds the outbox, and others on the same machine reach
//! it through a socket in its home. Who may connect is who may enter the home: its owner.
//!
//! One JSON request per connection, ended by closing the sending side; one JSON answer.

use std::path::{Path, PathBuf};

use daybook_event::Draft;
use serde::{Deserialize, Serialize};

use super::Failure;

/// Largest request, in bytes: 4,096 drafts of 8 KiB.
const REQUEST_MAX_BYTES: u64 = 32 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// Sign and keep these, all or none.
    Record(Vec<Draft>),
    /// What became of the events with these numbers.
    Standing { from: u64, before: u64 },
}

/// An event as it was recorded.
#[derive(Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) seq: u64,
    pub(super) jti: String,
    pub(super) event: String,
}

/// What became of events, and what is to be told about them.
#[derive(Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) receipts: u64,
    pub(super) refused: u64,
    pub(super) waiting: u64,
    pub(super) messages: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Recorded(Vec<Recorded>),
    Outcome(Outcome),
    /// The draft at this place may not be signed.
    NotIssued {
        place: usize,
        what: String,
    },
    Failed(String),
}

/// The socket of a home. It has a directory of its own, so that it is never open to others, not even for the moment
/// between its making and a change of its mode.
fn socket(home: &Path) -> PathBuf {
    home.join("run").join("socket")
}

#[cfg(unix)]
pub(super) use unix::{ask, serve};

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::time::Duration;

    use daybook_producer::Home;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;
    use tokio::sync::Semaphore;

    use super::*;

    /// Connections served at one time; further ones wait.
    const CONNECTIONS_MAX: usize = 8;
    /// Longest time for one request, in seconds.
    const REQUEST_LIMIT_S: u64 = 30;

    /// Asks the producer that runs in `home`; `None` if none answers there.
    pub(in super::super) fn ask(home: &Path, request: &Request) -> Option<Result<Answer, Failure>> {
        let mut stream = UnixStream::connect(socket(home)).ok()?;
        let mut talk = || -> std::io::Result<Answer> {
            stream.set_read_timeout(Some(Duration::from_secs(REQUEST_LIMIT_S)))?;
            stream.set_write_timeout(Some(Duration::from_secs(REQUEST_LIMIT_S)))?;
            stream.write_all(&serde_json::to_vec(request)?)?;
            stream.shutdown(std::net::Shutdown::Write)?;
            let mut answer = Vec::new();
            (&stream).take(REQUEST_MAX_BYTES).read_to_end(&mut answer)?;
            Ok(serde_json::from_slice(&answer)?)
        };
        Some(talk().map_err(|error| {
            Failure::Said(format!(
                "the running producer did not answer ({error}); `daybook producer status` shows whether the events were recorded"
            ))
        }))
    }

    /// Serves requests until dropped. `answer` is called on a thread where it may block.
    ///
    /// A socket that cannot be made (a path too long for one) is told and the producer runs without it.
    pub(in super::super) async fn serve(home: Arc<Home>, answer: fn(&Home, Request) -> Answer) {
        let listener = match bind(home.dir()) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!("other processes cannot hand events over while this one runs: {error}");
                return std::future::pending().await;
            }
        };
        let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let home = Arc::clone(&home);
            tokio::spawn(async move {
                let talk =
                    tokio::time::timeout(Duration::from_secs(REQUEST_LIMIT_S), talk(stream, home, answer));
                if let Ok(Err(error)) = talk.await {
                    tracing::warn!("a handover failed: {error}");
                }
                drop(permit);
            });
        }
    }

    fn bind(home: &Path) -> std::io::Result<UnixListener> {
        let path = socket(home);
        let dir = home.join("run");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700))?;
        // The outbox is locked by this process, so that a socket that is there is left over.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => UnixListener::bind(&path),
        }
    }

    async fn talk(
        mut stream: tokio::net::UnixStream,
        home: Arc<Home>,
        answer: fn(&Home, Request) -> Answer,
    ) -> std::io::Result<()> {
        let mut request = Vec::new();
        (&mut stream).take(REQUEST_MAX_BYTES + 1).read_to_end(&mut request).await?;
        let answer = if request.len() as u64 > REQUEST_MAX_BYTES {
            Answer::Failed(format!(
                "the request is longer than {REQUEST_MAX_BYTES} bytes; hand over fewer events"
            ))
        } else {
            tokio::task::spawn_blocking(move || match serde_json::from_slice(&request) {
                Ok(request) => answer(&home, request),
                Err(error) => Answer::Failed(format!("the request cannot be read: {error}")),
            })
            .await?
        };
        stream.write_all(&serde_json::to_vec(&answer)?).await?;
        stream.shutdown().await
    }
}

#[cfg(not(unix))]
pub(super) fn ask(_home: &Path, _request: &Request) -> Option<Result<Answer, Failure>> {
    None
}

#[cfg(not(unix))]
pub(super) async fn serve(
    _home: std::sync::Arc<daybook_producer::Home>,
    _answer: fn(&daybook_producer::Home, Request) -> Answer,
) {
    std::future::pending().await
}

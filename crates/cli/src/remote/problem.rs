//! What a ledger refuses, and what goes wrong on the way to it: one plain line, and an exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use reqwest::{StatusCode, Url};
use serde::Deserialize;

use crate::exit;
use crate::shown::plain;

/// Longest text of a problem that is shown, characters.
const SHOWN_MAX_CHARS: usize = 1_000;

/// Why a command over HTTP did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The call was wrong.
    #[error("{0}")]
    Usage(String),
    /// The ledger answered with a problem.
    #[error("{0}")]
    Problem(Problem),
    /// This program refuses it, and asks no ledger.
    #[error("{why} ({code})")]
    Refused {
        /// A stable code.
        code: &'static str,
        /// What is in the way, and what to do.
        why: String,
    },
    /// Something failed.
    #[error("{0}")]
    Failed(String),
}

/// A problem as RFC 9457 writes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    code: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| plain(&text.chars().take(SHOWN_MAX_CHARS).collect::<String>());
        write!(f, "{}: {} ({})", short(&self.title), short(&self.detail), short(&self.code))
    }
}

impl Trouble {
    /// 2 for a wrong call, 3 for what the ledger refuses, 1 for the rest.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// The same with what to do in the words of the command line, where it is the problem with this code.
    pub(crate) fn advised(mut self, code: &str, advice: &str) -> Self {
        if let Self::Problem(problem) = &mut self
            && problem.code == code
        {
            advice.clone_into(&mut problem.detail);
        }
        self
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Refused { .. } => exit::REFUSED,
            Self::Problem(problem) if matches!(problem.status.as_u16(), 400 | 401 | 403 | 409) => {
                exit::REFUSED
            }
            Self::Problem(_) | Self::Failed(_) => exit::FAILED,
        }
    }
}

/// A failure that is no refusal.
pub(crate) fn failed(reason: impl fmt::Display) -> Trouble {
    Trouble::Failed(reason.to_string())
}

/// The problem in an answer. What is not one comes from something else on the way, and its text says nothing to anybody.
pub(super) fn read(status: StatusCode, body: &str) -> Trouble {
    match serde_json::from_str::<Problem>(body) {
        Ok(problem) if !problem.code.is_empty() => Trouble::Problem(Problem { status, ..problem }),
        _ => Trouble::Failed(format!(
            "the address answered {status} and not as a ledger does; is --ledger right, and is there a proxy in between?"
        )),
    }
}

/// The ledger could not be asked.
pub(super) fn unreachable(address: &Url, error: &reqwest::Error) -> Trouble {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = if error.is_timeout() { "it took too long".to_owned() } else { plain(&cause.to_string()) };
    Trouble::Failed(format!(
        "{} cannot be asked: {cause}; is the ledger running, and is --ledger right?",
        address.host_str().unwrap_or_default()
    ))
}

/// The help below a command: its words and examples, then the exit codes that all commands over HTTP share.
pub(crate) fn help(words: &str) -> String {
    format!(
        "{words}\n
Exit codes:
  0  done
  1  failed: the ledger cannot be reached or read, has nothing of that name, or its answer is not whole
  2  wrong usage
  3  refused, by the ledger or by what is looked at before it is asked; the line says why and what to do"
    )
}

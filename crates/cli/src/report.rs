//! `daybook report`: figures of a ledger as a document.

mod making;

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_reporting::grant::Stated;
use daybook_rules::figures::Window;
use jiff::civil::Date;

use crate::{exit, fail, output, say};

pub(crate) const HELP: &str = "\
Every report shows the checkpoint that its figures come from, the time up to which clocks ran, and the rules that were
applied. Events count on the day on which they happened; corrected ones do not count. The same ledger, rules and period
give the same bytes, so anybody who holds the ledger can make a report again and compare.

  council           everything, counted, with denominators
  public            for everybody: half-years or years, small figures withheld
  grant-conditions  three neutral answers with their evidence; it never says what is lawful
  department        one department's part, how good its record is, and its open findings

What each figure means and where it comes from is in ops/reports.md.

Examples:
  daybook report council --dir my-ledger --from 2026-01-01 --to 2026-12-31 --format pdf --out council.pdf
  daybook report department --dir my-ledger --department sheriff --from 2026-01-01 --to 2026-03-31 --format html --out sheriff.html
  daybook report public --dir my-ledger --from 2024-07-01 --to 2026-06-30 --format csv
  daybook report grant-conditions --dir my-ledger --from 2026-01-01 --to 2026-12-31 --format pdf --out grant.pdf \\
      --enforceable notice=no --enforceable access=unknown

Exit codes: 0 written; 1 failed; 2 wrong usage; 3 the report must not be published: the period is too short or too recent";

/// What a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// For the city council
    Council,
    /// For everybody; small figures are withheld
    Public,
    /// On the conditions of a federal grant
    GrantConditions,
    /// For one department
    Department,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A page for a browser, whole in one file
    Html,
    /// For print, tagged for screen readers
    Pdf,
    /// One line for each figure
    Csv,
    /// For programs
    Json,
}

/// Arguments of `daybook report`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which report
    #[arg(value_name = "KIND")]
    kind: Kind,
    /// The ledger's directory; a running service is not disturbed
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// The first day, in the jurisdiction's time zone
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Date,
    /// The last day, which is counted
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Date,
    /// The department, for the report of that kind
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT")]
    format: Format,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Let clocks run to this time [default: when the last entry reached the ledger]: 2026-03-05 or 2026-03-05T12:00-07:00
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Counsel's view of a grant condition, shown as stated: information, access or notice, = yes, no or unknown
    #[arg(long, value_name = "CONDITION=VIEW")]
    enforceable: Vec<Stated>,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    if let Err(words) = usage(args) {
        say(&words);
        return ExitCode::from(exit::USAGE);
    }
    match making::make(args) {
        Ok(bytes) => match output::write(&args.out, &bytes) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error.as_ref()),
        },
        Err(making::Unmade::Usage(words)) => {
            say(&words);
            ExitCode::from(exit::USAGE)
        }
        Err(making::Unmade::Refused(words)) => {
            say(&words);
            ExitCode::from(exit::REFUSED)
        }
        Err(making::Unmade::Failed(error)) => fail(error.as_ref()),
    }
}

/// What is wrong with the call, before a ledger is read.
fn usage(args: &Args) -> Result<(), String> {
    Window::new(args.from, args.to).map_err(|fault| format!("--from and --to: {fault}"))?;
    match (args.kind, &args.department) {
        (Kind::Department, None) => {
            return Err("--department is missing: a department report is about one; `daybook keys list` shows the names".into());
        }
        (Kind::Department, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            return Err("--department belongs to the report `department`; the others are about all".into());
        }
    }
    if args.kind != Kind::GrantConditions && !args.enforceable.is_empty() {
        return Err("--enforceable belongs to the report `grant-conditions`".into());
    }
    if args.format == Format::Pdf && output::is_terminal(&args.out) {
        return Err("a PDF is not for a terminal; give --out FILE".into());
    }
    Ok(())
}

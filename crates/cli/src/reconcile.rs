//! `daybook reconcile`: the ledger's counts against those of a fax server, a visitors' book, a jail's releases.

mod list;

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_event::{Catalogue, Draft, Period};
use daybook_rules::fact::Fact;
use daybook_rules::reconcile::{DayForm, LedgerCount, MonthCount, OutsideMonths, Question, Source, compare};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::known::{self, Until};
use crate::producer::record_and_wait;
use crate::{Fault, exit, fail, print, say};

/// The counts differ. Distinct, so that scripts notice.
const EXIT_DIFFER: u8 = 6;

pub(crate) const HELP: &str = "\
What is counted on the ledger, of the department's own events that stand (a corrected event counts once):
  fax-log        request.received with channel fax
  email-log      request.received with channel email
  phone-log      request.received with channel phone
  visitor-log    access.requested
  jail-releases  release.completed, and custody.transferred where the matter has no release.completed
  ice-list       request.received of kind hold or release_notice
--type counts every event of other types instead.

The file is CSV in UTF-8 with a header: one row for each item with a column of days, called day or date or named with
--day-column; or, with --counts, a row for each month with the columns month and count. No other column is kept, and no
cell is ever printed. Months are those of the jurisdiction's time zone. A month without a row, from the first to the last
of the file or from --from to --to, counts as 0. The month that is not over yet is left out unless --to names it.

For each month a signed event count.reconciled is appended, with the two numbers and nothing else. A month for which the
ledger has the same two numbers already is not appended again, so the command may run every night.

Examples:
  daybook reconcile --dir my-ledger --source fax-log --department sheriff fax.csv --dry-run
  daybook reconcile --dir my-ledger --source fax-log --department sheriff fax.csv \\
      --day-column Received --format '%m/%d/%Y %H:%M' --from 2026-01 --to 2026-06 --home auditor
  daybook reconcile --dir my-ledger --source jail-releases --department sheriff --counts releases.csv --home auditor

Exit codes: 0 the counts agree; 6 they differ (appended as well); 1 failed; 2 wrong usage; 3 the file or an event was
refused, nothing was appended; 4 signed and queued, not recorded yet";

/// Arguments of `daybook reconcile`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory; a running service is not disturbed
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Where the other count comes from
    #[arg(long, value_name = "SOURCE", value_parser = Source::ALL.map(Source::name))]
    source: String,
    /// The outside list or counts, CSV
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// The department whose events are counted
    #[arg(long, value_name = "NAME")]
    department: String,
    /// The producer's home whose key signs the counts
    #[arg(long, value_name = "HOME", required_unless_present = "dry_run")]
    home: Option<PathBuf>,
    /// File with the passphrase of that key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The file has a row for each month, with the columns month and count
    #[arg(long)]
    counts: bool,
    /// The column with the day (with --counts: the month) [default: day or date; month]
    #[arg(long, value_name = "NAME")]
    day_column: Option<String>,
    /// How days are written, as strftime has it [default: 2026-03-05, also followed by a time]
    #[arg(long, value_name = "FORMAT", conflicts_with = "counts")]
    format: Option<String>,
    /// The first month [default: the first of the file]
    #[arg(long, value_name = "YYYY-MM")]
    from: Option<Period>,
    /// The last month [default: the last of the file]
    #[arg(long, value_name = "YYYY-MM")]
    to: Option<Period>,
    /// Count all events of this type instead; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Append months as well for which the ledger has the same numbers
    #[arg(long)]
    again: bool,
    /// Show the counts and append nothing
    #[arg(long)]
    dry_run: bool,
    /// How long to wait for the receipts
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    reconcile(args).unwrap_or_else(|error| fail(error.as_ref()))
}

fn reconcile(args: &Args) -> Result<ExitCode, Fault> {
    if let Some(unknown) = args.types.iter().find(|name| Catalogue::builtin().latest(name).is_none()) {
        say(&format!("--type {unknown}: there is no such type; the types are in schemas/events"));
        return Ok(ExitCode::from(exit::USAGE));
    }
    let zone = known::zone(&args.dir)?;
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let form = match DayForm::new(args.format.as_deref(), zone.clone(), today) {
        Ok(form) => form,
        Err(fault) => {
            say(&format!("--format: {fault}"));
            return Ok(ExitCode::from(exit::USAGE));
        }
    };
    let outside = match list::read(&args.file, args.counts, args.day_column.as_deref(), &form)? {
        Ok(outside) => outside,
        Err(reasons) => return Ok(refused(&reasons)),
    };
    let (to, unfinished) = last_month(args, &outside, &form);
    let question = Question {
        source: Source::of_name(&args.source).ok_or("--source has only the names in its help")?,
        department: args.department.clone(),
        types: args.types.clone(),
        zone,
    };
    let mut counter = LedgerCount::new(question.clone());
    let mut heard_of = false;
    let folded = known::fold(&args.dir, Until::default(), |fact| {
        heard_of |= is_of(fact, &args.department);
        counter.look(fact);
    })?;
    if !heard_of {
        say(&format!(
            "--department {}: no event and no key on the ledger is of this department; `daybook keys list` shows the names",
            args.department
        ));
        return Ok(ExitCode::from(exit::USAGE));
    }
    let ledger = counter.finish(&folded.engine);
    let months = match compare(&ledger, &outside, args.from, to) {
        Ok(months) => months,
        Err(fault) => return Ok(refused(&[fault.to_string()])),
    };
    let to_append: Vec<&MonthCount> = months.iter().filter(|month| args.again || !month.known).collect();
    tell(args, &question, &months, to_append.len());
    beside(args, &months, &outside, unfinished);
    append(args, &question, &to_append, &months)
}

/// Whether a fact shows that there is such a department: a misspelt one would count nothing, month after month.
fn is_of(fact: &Fact, department: &str) -> bool {
    let registered = fact.text("producer").filter(|_| &*fact.kind == "key.registered");
    fact.issuer.department() == department
        || registered.and_then(|producer| producer.split('/').next()) == Some(department)
}

/// The last month that is compared, and the month that is left out because it is not over.
fn last_month(args: &Args, outside: &OutsideMonths, form: &DayForm) -> (Option<Period>, Option<Period>) {
    let listed = outside.counts.keys().next_back().copied();
    match (args.to, form.this_month()) {
        (None, Some(this)) if listed == Some(this) => {
            (outside.counts.keys().rev().find(|month| **month < this).copied().or(args.from), Some(this))
        }
        _ => (args.to, None),
    }
}

fn refused(reasons: &[String]) -> ExitCode {
    reasons.iter().for_each(|reason| say(reason));
    say("nothing was appended");
    ExitCode::from(exit::REFUSED)
}

fn tell(args: &Args, question: &Question, months: &[MonthCount], to_append: usize) {
    let differ = months.iter().filter(|month| month.difference() != 0).count();
    if args.json {
        let rows: Vec<Value> = months
            .iter()
            .map(|one| {
                json!({
                    "month": one.month, "ledger": one.ledger, "outside": one.outside, "difference": one.difference(),
                    "listed": one.listed, "known": one.known,
                })
            })
            .collect();
        let all = json!({
            "source": args.source, "department": args.department, "counts": question.counts(),
            "counted_type": question.counted_type(), "months": rows, "differ": differ, "to_append": to_append,
            "dry_run": args.dry_run,
        });
        return print(&all.to_string());
    }
    print(&format!("{}: {} against {}", args.department, question.counts(), args.source));
    print("month       ledger    outside  difference");
    for one in months {
        let mut notes = Vec::new();
        if !one.listed {
            notes.push("no row in the file");
        }
        if one.known {
            notes.push("on the ledger already");
        }
        let line = format!(
            "{}  {:>9}  {:>9}  {:>10}  {}",
            one.month,
            one.ledger,
            one.outside,
            one.difference(),
            notes.join("; ")
        );
        print(line.trim_end());
    }
    say(&format!("{differ} of {} months differ", months.len()));
}

/// What was not compared, or only as none.
fn beside(args: &Args, months: &[MonthCount], outside: &OutsideMonths, unfinished: Option<Period>) {
    let unlisted: Vec<String> =
        months.iter().filter(|one| !one.listed).map(|one| one.month.to_string()).collect();
    if !unlisted.is_empty() {
        say(&format!("no row in the file, counted as 0: {}", unlisted.join(", ")));
    }
    if let Some(month) = unfinished {
        say(&format!("{month} is not over yet and is left out; --to {month} compares it all the same"));
    }
    let compared =
        |month: &&Period| months.iter().any(|one| one.month == **month) || unfinished == Some(**month);
    let left: u64 = outside.counts.iter().filter(|(month, _)| !compared(month)).map(|(_, count)| count).sum();
    if left > 0 {
        say(&format!("{left} items of the file are of months that were not asked for"));
    }
    if args.dry_run {
        say("nothing was appended: --dry-run");
    }
}

fn append(
    args: &Args,
    question: &Question,
    to_append: &[&MonthCount],
    months: &[MonthCount],
) -> Result<ExitCode, Fault> {
    let agreed = months.iter().all(|month| month.difference() == 0);
    let done = if agreed { ExitCode::SUCCESS } else { ExitCode::from(EXIT_DIFFER) };
    let Some(home) = args.home.as_ref().filter(|_| !args.dry_run) else { return Ok(done) };
    if to_append.is_empty() {
        say("the ledger has these numbers already: nothing was appended; --again appends them once more");
        return Ok(done);
    }
    let drafts = to_append.iter().map(|month| draft(question, month)).collect::<Result<Vec<_>, Fault>>()?;
    let recorded = record_and_wait(home, args.passphrase_file.as_deref(), drafts, args.wait)?;
    Ok(if recorded == ExitCode::SUCCESS { done } else { recorded })
}

fn draft(question: &Question, month: &MonthCount) -> Result<Draft, Fault> {
    let now = format!("{:.0}", Timestamp::now());
    let fields: [(&str, Value); 9] = [
        ("source", question.source.code().into()),
        ("about_department", question.department.clone().into()),
        ("counted_period", month.month.to_string().into()),
        ("counted_type", question.counted_type().into()),
        ("recorded", month.ledger.into()),
        ("outside", month.outside.into()),
        ("difference", month.difference().into()),
        ("occurred_at", now.clone().into()),
        ("recorded_at", now.into()),
    ];
    let fields: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Draft::new("count.reconciled".parse()?, fields))
}

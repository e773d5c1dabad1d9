//! From a ledger to the bytes of a report.

use daybook_report::model::Checkpoint;
use daybook_report::{Report, render};
use daybook_reporting::public::PublicFault;
use daybook_reporting::{Basis, council, department, grant, public};
use daybook_rules::figures::{Collector, Figures, Window};
use daybook_tlog::root_at;
use jiff::Timestamp;

use super::{Args, Format, Kind};
use crate::Fault;
use crate::known::{self, Known, Until};

/// Why there is no report.
pub(super) enum Unmade {
    /// The call was wrong; the words say how.
    Usage(String),
    /// The report must not be published.
    Refused(String),
    /// Something failed.
    Failed(Fault),
}

impl<E: Into<Fault>> From<E> for Unmade {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Folds the ledger and makes the report.
pub(super) fn make(args: &Args) -> Result<Vec<u8>, Unmade> {
    let (known, figures) = folded(args)?;
    let basis = basis(&known)?;
    let report = match args.kind {
        Kind::Council => council::report(&figures, &basis)?,
        Kind::Public => public::report(&figures, &basis).map_err(unpublished)?,
        Kind::GrantConditions => grant::report(&figures, &basis, &args.enforceable)?,
        Kind::Department => {
            let name = args.department.as_deref().unwrap_or_default();
            has_department(&figures, name)?;
            department::report(&figures, &basis, name)?
        }
    };
    rendered(&report, args.format)
}

/// A report that the policy for public reports forbids is refused, not failed.
fn unpublished(fault: PublicFault) -> Unmade {
    match fault {
        PublicFault::Publish(_) => Unmade::Refused(format!("no public report: {fault}")),
        PublicFault::BrokenMonths => Unmade::Usage(format!("--from and --to: {fault}")),
        fault => Unmade::Failed(fault.into()),
    }
}

fn folded(args: &Args) -> Result<(Known, Figures), Unmade> {
    let window = Window::new(args.from, args.to)?;
    let mut collector = Collector::new(window, known::calendar(&args.dir)?);
    let mut known = known::fold(&args.dir, Until::default(), |fact| collector.look(fact))?;
    if let Some(text) = &args.as_of {
        let as_of = known::time(text, known.engine.ruleset())
            .map_err(|error| Unmade::Usage(format!("--as-of: {error}")))?;
        if as_of < known.engine.now() {
            let zone = known.engine.ruleset().calendar().zone();
            let last = daybook_rules::time::show(known.engine.now(), zone);
            return Err(Unmade::Usage(format!(
                "--as-of {text}: the last entry reached the ledger at {last}; a report cannot be of a time before it. Leave --as-of out, or give a later time"
            )));
        }
        known.engine.advance(as_of)?;
    }
    let figures = collector.finish(&known.engine, args.department.as_deref());
    Ok((known, figures))
}

/// The checkpoint of exactly the entries that were counted, whatever a running service appended meanwhile.
fn basis(known: &Known) -> Result<Basis<'_>, Unmade> {
    let (reader, size) = (known.facts.reader(), known.engine.size());
    let origin = reader.origin().to_owned();
    let root = root_at(reader, size)?.to_base64();
    let zone = known.engine.ruleset().calendar().zone().clone();
    let as_of = Timestamp::from_second(known.engine.now())?.to_zoned(zone);
    Ok(Basis { checkpoint: Checkpoint { origin, size, root }, as_of, rules: known.engine.ruleset() })
}

fn has_department(figures: &Figures, name: &str) -> Result<(), Unmade> {
    if figures.departments().contains_key(name) {
        return Ok(());
    }
    let names: Vec<&str> = figures.departments().keys().map(String::as_str).collect();
    let there = if names.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    };
    Err(Unmade::Usage(format!("--department {name}: the ledger knows no such department; {there}")))
}

fn rendered(report: &Report, format: Format) -> Result<Vec<u8>, Unmade> {
    Ok(match format {
        Format::Html => render::html(report).into_bytes(),
        Format::Pdf => render::pdf(report)?,
        Format::Csv => render::csv(report).into_bytes(),
        Format::Json => render::json(report).into_bytes(),
    })
}

//! CSV files of a package, row by row, with their header checked.

use super::code::Check;
use super::report::Findings;
use super::rows::{CsvRows, RowFault};
use super::source::PackageSource;

/// Reads a CSV file and hands each row to `row`, with its line number. Faults of form go to `check`; `false` where the file did not
/// read to its end.
pub(crate) fn read_table(
    source: &dyn PackageSource,
    name: &str,
    header: &[&str],
    check: Check,
    findings: &mut Findings,
    mut row: impl FnMut(u64, &[String], &mut Findings),
) -> bool {
    let file = match source.open(name) {
        Ok(Some(file)) => file,
        Ok(None) => {
            findings.file(check, name, "there is no such file");
            return false;
        }
        Err(error) => {
            findings.file(Check::Package, name, format!("this file cannot be read: {error}"));
            return false;
        }
    };
    let mut rows = CsvRows::new(file);
    let mut first = true;
    loop {
        match rows.next() {
            Ok(Some(values)) if first => {
                if values != header {
                    findings.file(check, name, format!("the first line is not {}", header.join(",")));
                    return false;
                }
                first = false;
            }
            Ok(Some(values)) if values.len() != header.len() => {
                let what =
                    format!("line {} has {} values, not {}", rows.lines.number, values.len(), header.len());
                findings.file(check, name, what);
                return false;
            }
            Ok(Some(values)) => row(rows.lines.number, &values, findings),
            Ok(None) if first => {
                findings.file(check, name, "the file is empty; it has at least its header");
                return false;
            }
            Ok(None) => return true,
            Err(RowFault::Form(why)) => {
                findings.file(check, name, format!("line {} {why}", rows.lines.number));
                return false;
            }
            Err(RowFault::Io(error)) => {
                findings.file(Check::Package, name, format!("this file cannot be read: {error}"));
                return false;
            }
        }
    }
}

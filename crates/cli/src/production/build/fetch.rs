//! Taking down what the ledger hands out, line by line, into a file that has its name only when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use daybook_production::build::MAX_LINE_BYTES;

use super::at;
use crate::remote::{Ledger, Trouble, failed, read_number};

/// How the last line begins.
const END: &[u8] = b"{\"end\":true";
/// Only the owner may read it: it holds restricted fields.
const PRIVATE: u32 = 0o600;
/// Lines after which progress is told.
const TELL_EVERY: u64 = 64;

/// Takes a file down from one of the routes of a production, unless it is there already. Gives the number under which the read was recorded.
pub(super) fn fetch(
    ledger: &Ledger,
    route: &[&str],
    into: &Path,
    tell: &dyn Fn(u64),
) -> Result<Option<String>, Trouble> {
    if into.exists() {
        return Ok(None);
    }
    let response = ledger.stream_get(route, &[])?;
    let read = read_number(&response);
    take_down(response, into, tell)?;
    Ok(read)
}

fn take_down(from: impl Read, into: &Path, tell: &dyn Fn(u64)) -> Result<(), Trouble> {
    let part = beside(into);
    let named = at(&part);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE)
        .open(&part)
        .map_err(&named)?;
    let mut file = BufWriter::new(file);
    let (mut reader, mut line, mut lines) = (BufReader::new(from), Vec::new(), 0_u64);
    let mut ended = false;
    loop {
        line.clear();
        let broke = |error: std::io::Error| cut(&format!("the answer broke off: {error}"));
        if (&mut reader).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line).map_err(broke)? == 0 {
            break;
        }
        if ended || !line.ends_with(b"\n") {
            return Err(cut("a line is cut, or there is one behind the last"));
        }
        ended = line.starts_with(END);
        file.write_all(&line).map_err(&named)?;
        lines += 1;
        if lines.is_multiple_of(TELL_EVERY) {
            tell(lines);
        }
    }
    if !ended {
        return Err(cut("the line that ends it did not come"));
    }
    let file = file.into_inner().map_err(|error| named(error.into_error()))?;
    file.sync_all().map_err(&named)?;
    fs::rename(&part, into).map_err(at(into))?;
    let folder = into.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn cut(why: &str) -> Trouble {
    failed(format!("what the ledger hands out did not come whole: {why}; run the same command again"))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const WHOLE: &str = "{\"entry\":1}\n{\"end\":true,\"produced\":1,\"withheld\":0}\n";

    #[test]
    fn a_file_has_its_name_only_when_its_last_line_came_and_its_owner_alone_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("materials.jsonl");
        for cut in [0, 5, WHOLE.find('\n').unwrap() + 1, WHOLE.len() - 1] {
            let refused = take_down(&WHOLE.as_bytes()[..cut], &into, &|_| {}).unwrap_err().to_string();
            assert!(refused.contains("run the same command again"), "{cut}: {refused}");
            assert!(!into.exists(), "{cut}");
        }
        assert!(take_down(format!("{WHOLE}{{}}\n").as_bytes(), &into, &|_| {}).is_err());
        take_down(WHOLE.as_bytes(), &into, &|_| {}).unwrap();
        assert_eq!(fs::read_to_string(&into).unwrap(), WHOLE);
        assert_eq!(fs::metadata(&into).unwrap().permissions().mode() & 0o777, PRIVATE);
        assert!(!beside(&into).exists());
    }
}

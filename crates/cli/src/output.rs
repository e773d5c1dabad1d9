//! Where a result that is a file goes.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use crate::Fault;

/// Whether it would be printed on a terminal.
pub(crate) fn is_terminal(out: &Path) -> bool {
    is_stdout(out) && std::io::stdout().is_terminal()
}

/// Writes it whole: a file appears with its last byte, or stays what it was.
pub(crate) fn write(out: &Path, bytes: &[u8]) -> Result<(), Fault> {
    if is_stdout(out) {
        let mut stdout = std::io::stdout();
        return match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            // A reader that has gone away (`| head`) is no error.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        };
    }
    let named = |error: std::io::Error| format!("{}: {error}", out.display());
    // Beside the file, so that the rename stays on one disk. Something that is no plain file is written to as it is.
    if out.exists() && !out.is_file() {
        return Ok(std::fs::write(out, bytes).map_err(named)?);
    }
    let mut beside = out.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, bytes).map_err(named)?;
    Ok(std::fs::rename(&beside, out).map_err(named)?)
}

fn is_stdout(out: &Path) -> bool {
    out == Path::new("-")
}

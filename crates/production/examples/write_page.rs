//! Writes the page that checks productions: `cargo run -p daybook-production --example write_page -- FILE`.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let file = env::args().nth(1).unwrap_or_else(|| "verify.html".to_owned());
    fs::write(file, daybook_production::page::verify_page())
}

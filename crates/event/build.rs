//! Lists the schemas of the event types, so that a new type is a new file and no code.
use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let schemas = Path::new("../../schemas/events");
    println!("cargo:rerun-if-changed={}", schemas.display());
    let mut names: Vec<String> = fs::read_dir(schemas)
        .expect("the repository has schemas/events")
        .map(|file| file.expect("schemas/events can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        println!("cargo:rerun-if-changed={}", schemas.join(&name).display());
        let path = format!(r#"concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/events/{name}")"#);
        writeln!(list, "    ({name:?}, include_bytes!({path})),").expect("a string takes text");
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("schemas.rs"), list).expect("OUT_DIR can be written");
}

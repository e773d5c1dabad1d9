//! Lists the rule packs, so that a new pack is a new file and no code.
use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let packs = Path::new("../../ops/packs");
    println!("cargo:rerun-if-changed={}", packs.display());
    let mut names: Vec<String> = fs::read_dir(packs)
        .expect("the repository has ops/packs")
        .map(|file| file.expect("ops/packs can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        println!("cargo:rerun-if-changed={}", packs.join(&name).display());
        let path = format!(r#"concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/packs/{name}")"#);
        writeln!(list, "    ({name:?}, include_str!({path})),").expect("a string takes text");
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("packs.rs"), list).expect("OUT_DIR can be written");
}

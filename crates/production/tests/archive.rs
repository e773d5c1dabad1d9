//! The bytes of an archive follow from its files, and are read as they were written.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read};

use daybook_production::package::{ArchivePackage, ArchiveWriter};
use daybook_verify::production::{PackageSource, hex};
use sha2::{Digest, Sha256};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "A-P0001");
    for (name, bytes) in files {
        archive.add(name, bytes.len() as u64, *bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_same_files_always_give_the_same_bytes() {
    let zip = archive(&[("a.txt", b"one\n"), ("data/z.bin", &[0, 255]), ("data/é.txt", b"")]);
    // Also what a few lines of Python with `struct` and `zlib` give, written from the page.
    let golden = "bf4bfd3f4d7929251880c0d923106da54b34e4cc49c01d7fae72d596db0b15bc";
    assert_eq!(hex::encode(&Sha256::digest(&zip)), golden);
}

#[test]
fn what_was_written_is_read() {
    let files: [(&str, &[u8]); 3] = [("a.txt", b"one\n"), ("data/b", b""), ("data/c", &[7; 70_000])];
    let package = ArchivePackage::from_bytes(archive(&files)).unwrap();
    assert_eq!((package.faults(), package.top()), (Vec::new(), Some("A-P0001")));
    assert_eq!(package.names().unwrap(), files.map(|(name, _)| name));
    for (name, bytes) in files {
        let mut read = Vec::new();
        package.open(name).unwrap().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes, "{name}");
    }
    assert!(package.open("nothing").unwrap().is_none());
}

#[test]
fn files_out_of_order_or_of_another_size_are_not_written() {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "A-P0001");
    archive.add("b", 1, &b"x"[..]).unwrap();
    assert!(archive.add("a", 1, &b"x"[..]).is_err());
    assert!(archive.add("b", 1, &b"x"[..]).is_err());
    assert!(archive.add("c", 1, &b"xy"[..]).is_err());
    assert!(archive.add("d", 2, &b"x"[..]).is_err());
}

/// More files than the short end record can count: the ZIP64 records are there and are read.
#[test]
fn many_files_are_counted_in_the_wide_records() {
    const FILES: usize = 65_535;
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), "A-P0001");
    for number in 0..FILES {
        archive.add(&format!("{number:05}"), 0, std::io::empty()).unwrap();
    }
    let zip = archive.finish().unwrap().into_inner();
    assert!(zip[zip.len() - 98..].starts_with(b"PK\x06\x06"));
    let package = ArchivePackage::from_bytes(zip).unwrap();
    assert_eq!((package.faults().len(), package.names().unwrap().len()), (0, FILES));
}

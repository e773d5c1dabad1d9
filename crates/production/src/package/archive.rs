//! The ZIP: writing it, and reading it back without leaving a byte unaccounted for.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_verify::FileReader;
use daybook_verify::production::PackageSource;

use super::zip_form::{
    END_BYTES, END_SIGNATURE, Entry, Fields, MAX_NAME_BYTES, WIDE_END_BYTES, WIDE_LOCATOR_BYTES, end,
    read_central,
};

/// Largest directory that is read, bytes: some four million files.
const MAX_DIRECTORY_BYTES: u64 = 512 << 20;

/// Most faults of the container that are listed.
const MAX_FAULTS: usize = 100;

/// Writes the ZIP of a package: stored files, in bytewise order of their names.
pub struct ArchiveWriter<W> {
    out: W,
    top: String,
    entries: Vec<Entry>,
    at: u64,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Begins an archive with one top folder, at the start of `out`.
    pub fn new(out: W, top: &str) -> Self {
        Self { out, top: top.to_owned(), entries: Vec::new(), at: 0 }
    }

    /// Appends a file of `size` bytes. Names must come in bytewise order.
    ///
    /// # Errors
    /// If reading or writing fails, the reader has another number of bytes, or a name is out of order.
    pub fn add(&mut self, name: &str, size: u64, mut bytes: impl Read) -> io::Result<()> {
        let name = format!("{}/{name}", self.top);
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        if name.len() > MAX_NAME_BYTES || self.entries.last().is_some_and(|before| before.name >= name) {
            return Err(invalid(format!("{name} is too long, or does not come after the name before it")));
        }
        let mut entry = Entry { name, crc: 0, size, offset: self.at };
        let header = entry.local();
        self.out.write_all(&header)?;
        let mut body = Summed { out: &mut self.out, crc: crc32fast::Hasher::new() };
        let copied = io::copy(&mut bytes.by_ref().take(size.saturating_add(1)), &mut body)?;
        entry.crc = body.crc.finalize();
        if copied != size {
            return Err(invalid(format!("{} has {copied} bytes or more, not {size}", entry.name)));
        }
        // The checksum is known only now; the header goes in front again.
        self.out.seek(SeekFrom::Start(self.at))?;
        self.out.write_all(&entry.local())?;
        self.at += header.len() as u64 + size;
        self.out.seek(SeekFrom::Start(self.at))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory and gives back what was written to, flushed.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        let mut size = 0;
        for entry in &self.entries {
            let header = entry.central();
            size += header.len() as u64;
            self.out.write_all(&header)?;
        }
        self.out.write_all(&end(self.entries.len() as u64, self.at, size))?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Sums what passes through.
struct Summed<W> {
    out: W,
    crc: crc32fast::Hasher,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.crc.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where the bytes of an archive are.
#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

impl Place {
    fn open(&self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }
}

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// A package in its ZIP, read strictly: whatever is not as [`ArchiveWriter`] writes it is a fault.
#[derive(Clone, Debug)]
pub struct ArchivePackage {
    place: Place,
    top: Option<String>,
    /// Name below the top folder, and where it is; in the order of the directory.
    entries: Vec<(String, Entry)>,
    faults: Vec<(Option<String>, String)>,
}

impl ArchivePackage {
    /// Reads the directory of an archive on disk.
    ///
    /// # Errors
    /// If the file cannot be read. What is wrong with its form is among the faults.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::read(Place::File(path.to_owned()))
    }

    /// Reads the directory of an archive in memory.
    ///
    /// # Errors
    /// None in practice.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> io::Result<Self> {
        Self::read(Place::Memory(bytes.into()))
    }

    fn read(place: Place) -> io::Result<Self> {
        let mut package = Self { place, top: None, entries: Vec::new(), faults: Vec::new() };
        let mut file = package.place.open()?;
        let length = file.seek(SeekFrom::End(0))?;
        let directory = match directory(&mut *file, length)? {
            Ok(directory) => directory,
            Err(what) => {
                let remedy = "ask for the package again, or unpack it and check the folder";
                package.fault(None, format!("{what}; {remedy}"));
                return Ok(package);
            }
        };
        package.read_entries(&directory);
        package.check_layout(&mut *file, &directory)?;
        package.find_top();
        Ok(package)
    }

    fn fault(&mut self, name: Option<&str>, what: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push((name.map(str::to_owned), what.into()));
        }
    }

    fn read_entries(&mut self, directory: &Directory) {
        let mut rest = directory.bytes.as_slice();
        while !rest.is_empty() {
            let Some((entry, length)) = read_central(rest) else {
                let what = "the directory of the ZIP cannot be read to its end";
                return self.fault(None, what);
            };
            let (header, after) = rest.split_at(length);
            if header != entry.central() {
                let what = "its header in the directory has another form than that of a package: stored, dated 1980, no extras";
                self.fault(Some(&entry.name), what);
            }
            self.entries.push((String::new(), entry));
            rest = after;
        }
        if self.entries.len() as u64 != directory.entries {
            self.fault(None, "the end record counts another number of files than the directory lists");
        }
    }

    /// Header, bytes, header, bytes, directory: no gap, no overlap, nothing before or between.
    fn check_layout(&mut self, file: &mut dyn ReadSeek, directory: &Directory) -> io::Result<()> {
        let mut at = 0;
        let mut before: Option<String> = None;
        let mut faults = Vec::new();
        for (_, entry) in &self.entries {
            let header = entry.local();
            let end = at + header.len() as u128 + u128::from(entry.size);
            if u128::from(entry.offset) != at || end > u128::from(directory.offset) {
                faults.push((
                    entry.name.clone(),
                    "does not stand right behind the file before it, or reaches beyond the files",
                ));
            } else {
                let mut found = vec![0; header.len()];
                file.seek(SeekFrom::Start(entry.offset))?;
                file.read_exact(&mut found)?;
                if found != header {
                    faults.push((
                        entry.name.clone(),
                        "the header in front of it is not the one that the directory asks for",
                    ));
                }
            }
            if before.as_ref().is_some_and(|before| *before >= entry.name) {
                faults.push((entry.name.clone(), "is out of order, or there twice"));
            }
            before = Some(entry.name.clone());
            at = end;
        }
        faults.into_iter().for_each(|(name, what)| self.fault(Some(&name), what));
        if at != u128::from(directory.offset) {
            self.fault(None, "there are bytes between the files and the directory that belong to neither");
        }
        Ok(())
    }

    fn find_top(&mut self) {
        let first = self.entries.first().and_then(|(_, entry)| entry.name.split_once('/'));
        let Some(top) = first.map(|(top, _)| top.to_owned()) else {
            return self.fault(None, "the ZIP has no top folder");
        };
        let mut outside = Vec::new();
        for (name, entry) in &mut self.entries {
            match entry.name.split_once('/') {
                Some((folder, below)) if folder == top => *name = below.to_owned(),
                _ => {
                    outside.push(entry.name.clone());
                    *name = entry.name.clone();
                }
            }
        }
        outside.into_iter().for_each(|name| self.fault(Some(&name), "is not in the one top folder"));
        self.top = Some(top);
    }
}

impl PackageSource for ArchivePackage {
    fn faults(&self) -> Vec<(Option<String>, String)> {
        self.faults.clone()
    }

    fn top(&self) -> Option<&str> {
        self.top.as_deref()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.entries.iter().map(|(name, _)| name.clone()).collect())
    }

    fn open(&self, name: &str) -> io::Result<Option<FileReader>> {
        // A sound archive is in order; of an unsound one any file of the name will do, since it is refused anyway.
        let at = self.entries.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok();
        let at = at.or_else(|| self.entries.iter().position(|(known, _)| known == name));
        let Some((_, entry)) = at.and_then(|at| self.entries.get(at)) else { return Ok(None) };
        let mut file = self.place.open()?;
        let start = entry.offset.saturating_add(entry.local().len() as u64);
        file.seek(SeekFrom::Start(start))?;
        let body = Checked {
            file: file.take(entry.size),
            left: entry.size,
            crc: Some((entry.crc, Default::default())),
        };
        Ok(Some(Box::new(body)))
    }
}

/// The bytes of one file, whose checksum is compared at the end.
struct Checked {
    file: io::Take<Box<dyn ReadSeek>>,
    left: u64,
    crc: Option<(u32, crc32fast::Hasher)>,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        if read > 0 {
            self.left = self.left.saturating_sub(read as u64);
            if let Some((_, crc)) = &mut self.crc {
                crc.update(buffer.get(..read).unwrap_or_default());
            }
        } else if !buffer.is_empty() {
            if self.left > 0 {
                return Err(invalid("the ZIP ends within this file"));
            }
            if let Some((expected, crc)) = self.crc.take()
                && crc.finalize() != expected
            {
                return Err(invalid("its bytes do not have the checksum that the ZIP names"));
            }
        }
        Ok(read)
    }
}

/// The directory of an archive.
struct Directory {
    bytes: Vec<u8>,
    offset: u64,
    entries: u64,
}

fn directory(file: &mut dyn ReadSeek, length: u64) -> io::Result<Result<Directory, &'static str>> {
    let whole = END_BYTES + WIDE_LOCATOR_BYTES + WIDE_END_BYTES;
    let tail_length = length.min(whole);
    let mut tail = vec![0; tail_length as usize];
    file.seek(SeekFrom::Start(length - tail_length))?;
    file.read_exact(&mut tail)?;
    let Some((entries, size, offset)) = read_end(&tail) else {
        return Ok(Err("the file does not end with the end record of a ZIP without comment"));
    };
    let end = end(entries, offset, size);
    let fits = offset.checked_add(size).and_then(|at| at.checked_add(end.len() as u64)) == Some(length);
    if !tail.ends_with(&end) || !fits {
        return Ok(Err("the end record of the ZIP does not fit what is in front of it"));
    }
    if size > MAX_DIRECTORY_BYTES {
        return Ok(Err("the directory of the ZIP is larger than any"));
    }
    let mut bytes = vec![0; size as usize];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(Ok(Directory { bytes, offset, entries }))
}

/// Number of entries, size and offset of the directory, from the last bytes of an archive.
fn read_end(tail: &[u8]) -> Option<(u64, u64, u64)> {
    let end = Fields(tail.get(tail.len().checked_sub(END_BYTES as usize)?..)?);
    if end.u32(0)? != END_SIGNATURE {
        return None;
    }
    let (entries, size, offset) = (end.u16(10)?, end.u32(12)?, end.u32(16)?);
    if entries == u16::MAX || size == u32::MAX || offset == u32::MAX {
        let wide = tail.len().checked_sub((END_BYTES + WIDE_LOCATOR_BYTES + WIDE_END_BYTES) as usize)?;
        let wide = Fields(tail.get(wide..)?);
        return Some((wide.u64(32)?, wide.u64(40)?, wide.u64(48)?));
    }
    Some((u64::from(entries), u64::from(size), u64::from(offset)))
}

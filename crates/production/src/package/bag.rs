//! Writing the bag (RFC 8493): files are hashed while they are written, and the manifests follow from the hashes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use daybook_verify::production::{BAG_RECORD, DECLARATION, Digests, MANIFESTS, manifest_line};
use sha2::{Digest, Sha256, Sha512};

/// Where the files of a bag go.
pub trait Sink {
    /// Begins a file, replacing one of the same name. Names are relative, with `/` between the parts.
    ///
    /// # Errors
    /// If it cannot be made.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>>;
}

/// Files in a folder.
#[derive(Clone, Debug)]
pub struct DirSink(pub PathBuf);

impl Sink for DirSink {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Box::new(BufWriter::new(File::create(path)?)))
    }
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(pub BTreeMap<String, Vec<u8>>);

impl Sink for MemorySink {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + '_>> {
        let file = self.0.entry(name.to_owned()).or_default();
        file.clear();
        Ok(Box::new(file))
    }
}

/// Writes a bag: first its files in any order, then [`close`](Self::close), then the ledger's record of it.
#[derive(Debug)]
pub struct BagWriter<S> {
    sink: S,
    digests: BTreeMap<String, Digests>,
}

impl<S: Sink> BagWriter<S> {
    /// Begins an empty bag.
    pub fn new(sink: S) -> Self {
        Self { sink, digests: BTreeMap::new() }
    }

    /// Writes a file whose bytes are at hand.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.stream(name, |file| file.write_all(bytes))
    }

    /// Writes a file whose digests were computed already, as on another core.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_hashed(&mut self, name: &str, bytes: &[u8], digests: Digests) -> io::Result<()> {
        debug_assert_eq!(digests, Digests::of(bytes), "the digests are those of the bytes");
        let mut file = self.sink.create(name)?;
        file.write_all(bytes)?;
        file.flush()?;
        drop(file);
        self.digests.insert(name.to_owned(), digests);
        Ok(())
    }

    /// Writes a file as `write` makes it.
    ///
    /// # Errors
    /// If it cannot be written, or what `write` says.
    pub fn stream<E: From<io::Error>>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file =
            Hashed { out: self.sink.create(name)?, sha256: Sha256::new(), sha512: Sha512::new(), bytes: 0 };
        write(&mut file)?;
        file.flush()?;
        let Hashed { sha256, sha512, bytes, .. } = file;
        let digests = Digests { sha256: sha256.finalize().into(), sha512: sha512.finalize().into(), bytes };
        self.digests.insert(name.to_owned(), digests);
        Ok(())
    }

    /// Takes in a file that is in its place already, as after an interruption.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn adopt(&mut self, name: &str, bytes: impl Read) -> io::Result<()> {
        self.digests.insert(name.to_owned(), Digests::of_stream(bytes)?);
        Ok(())
    }

    /// The digests of a file that was written.
    pub fn digests(&self, name: &str) -> Option<&Digests> {
        self.digests.get(name)
    }

    /// The files that were written, in bytewise order of their names.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Digests)> {
        self.digests.iter().map(|(name, digests)| (name.as_str(), digests))
    }

    /// Writes declaration, `bag-info.txt` with these lines and the size of the payload, and the manifests. Afterwards only the bag's record may
    /// be added. Gives the bag's hash: SHA-256 of `tagmanifest-sha256.txt`.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn close(&mut self, info: &[(&str, &str)]) -> io::Result<[u8; 32]> {
        let payload = || self.digests.iter().filter(|(name, _)| name.starts_with("data/"));
        let bytes: u64 = payload().map(|(_, digests)| digests.bytes).sum();
        let oxum = format!("{bytes}.{}", payload().count());
        let lines = info.iter().copied().chain([("Payload-Oxum", oxum.as_str())]);
        let info: String = lines.map(|(label, value)| format!("{label}: {value}\n")).collect();
        self.add("bagit.txt", DECLARATION.as_bytes())?;
        self.add("bag-info.txt", info.as_bytes())?;
        let [payload256, payload512, tags256, tags512] = MANIFESTS;
        for (name, long) in [(payload256, false), (payload512, true)] {
            let text = self.manifest(long, |name| name.starts_with("data/"));
            self.add(name, text.as_bytes())?;
        }
        let tag = |name: &str| !name.starts_with("data/") && ![tags256, tags512, BAG_RECORD].contains(&name);
        let [short, long] = [false, true].map(|long| self.manifest(long, tag));
        self.add(tags256, short.as_bytes())?;
        self.add(tags512, long.as_bytes())?;
        Ok(Sha256::digest(short).into())
    }

    /// Adds the ledger's record of the bag and gives back where everything went.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn seal(mut self, record: &[u8]) -> io::Result<S> {
        self.add(BAG_RECORD, record)?;
        Ok(self.sink)
    }

    fn manifest(&self, long: bool, belongs: impl Fn(&str) -> bool) -> String {
        let listed = self.digests.iter().filter(|(name, _)| belongs(name));
        let line = |(name, digests): (&String, &Digests)| {
            let digest = if long { digests.sha512.as_slice() } else { &digests.sha256 };
            manifest_line(digest, name)
        };
        listed.map(line).collect()
    }
}

/// Hashes what passes through.
struct Hashed<'s> {
    out: Box<dyn Write + 's>,
    sha256: Sha256,
    sha512: Sha512,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let part = bytes.get(..written).unwrap_or_default();
        self.sha256.update(part);
        self.sha512.update(part);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

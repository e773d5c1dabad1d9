//! The bag (RFC 8493): its declaration, and whether every file is the one that the manifests list.

use std::io::{self, Read};

use sha2::{Digest, Sha256, Sha512};

use super::code::Check;
use super::manifest::{Manifest, read_manifest};
use super::names::{BAG_RECORD, REQUIRED};
use super::report::Findings;
use super::source::PackageSource;

/// What `bagit.txt` says, to the byte.
pub const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// The tag manifest of which the ledger records the hash.
pub const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// The four manifests: SHA-256 and SHA-512 of the payload, and of the tag files.
pub const MANIFESTS: [&str; 4] =
    ["manifest-sha256.txt", "manifest-sha512.txt", TAG_MANIFEST, "tagmanifest-sha512.txt"];

/// Largest file that is read into memory as a whole, other than records, bytes: a manifest of a million files.
const MAX_WHOLE_BYTES: u64 = 512 << 20;

/// How much is read at a time, bytes.
const BUFFER_BYTES: usize = 64 << 10;

/// The digests of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// SHA-512.
    pub sha512: [u8; 64],
    /// How many bytes were hashed.
    pub bytes: u64,
}

impl Digests {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Sha256::digest(bytes).into(),
            sha512: Sha512::digest(bytes).into(),
            bytes: bytes.len() as u64,
        }
    }

    /// Of a stream, to its end.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of_stream(mut reader: impl Read) -> io::Result<Self> {
        let (mut sha256, mut sha512, mut bytes) = (Sha256::new(), Sha512::new(), 0);
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let part = buffer.get(..read).unwrap_or_default();
            sha256.update(part);
            sha512.update(part);
            bytes += read as u64;
        }
        Ok(Self { sha256: sha256.finalize().into(), sha512: sha512.finalize().into(), bytes })
    }
}

/// Reads a file as a whole; `None` where it is not there or larger than `limit`.
pub(crate) fn read_whole(source: &dyn PackageSource, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(reader) = source.open(name)? else { return Ok(None) };
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// The manifests, as far as they read.
#[derive(Default)]
pub(crate) struct Bag {
    payload: (Option<Manifest<32>>, Option<Manifest<64>>),
    tags: (Option<Manifest<32>>, Option<Manifest<64>>),
    /// SHA-256 of the tag manifest that the ledger records.
    pub(crate) hash: Option<[u8; 32]>,
    /// Bytes of the manifests that are not files of the bag's own lists.
    pub(crate) bytes: u64,
}

impl Bag {
    /// Reads declaration and manifests, and says which files are missing.
    pub(crate) fn read(source: &dyn PackageSource, names: &[String], findings: &mut Findings) -> Self {
        let has = |name: &str| names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        for name in REQUIRED.into_iter().filter(|name| !has(name)) {
            findings.file(Check::Declaration, name, "this file is missing; every production has it");
        }
        let declaration = read_whole(source, "bagit.txt", DECLARATION.len() as u64 + 1);
        if has("bagit.txt") && !matches!(declaration, Ok(Some(bytes)) if bytes == DECLARATION.as_bytes()) {
            let what = "this is not exactly the two lines that declare a bag of BagIt 1.0 in UTF-8";
            findings.file(Check::Declaration, "bagit.txt", what);
        }
        let [payload256, payload512, tags256, tags512] = MANIFESTS;
        let mut bag = Self::default();
        bag.payload.0 = bag.manifest(source, payload256, Check::Manifest, findings);
        bag.payload.1 = bag.manifest(source, payload512, Check::Manifest, findings);
        bag.tags.0 = bag.manifest(source, tags256, Check::TagManifest, findings);
        bag.tags.1 = bag.manifest(source, tags512, Check::TagManifest, findings);
        bag.surplus(names, findings);
        bag
    }

    fn manifest<const N: usize>(
        &mut self,
        source: &dyn PackageSource,
        name: &str,
        check: Check,
        findings: &mut Findings,
    ) -> Option<Manifest<N>> {
        let bytes = match read_whole(source, name, MAX_WHOLE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                findings.file(check, name, "there is no such manifest, or it is larger than any");
                return None;
            }
            Err(error) => {
                findings.file(Check::Package, name, format!("this file cannot be read: {error}"));
                findings.file(check, name, "this manifest cannot be read");
                return None;
            }
        };
        if name == TAG_MANIFEST {
            self.hash = Some(Sha256::digest(&bytes).into());
        }
        if is_tag_manifest(name) {
            self.bytes += bytes.len() as u64;
        }
        match read_manifest(&bytes) {
            Ok(manifest) => Some(manifest),
            Err(what) => {
                findings.file(check, name, what);
                None
            }
        }
    }

    /// Files that are listed and not there.
    fn surplus(&self, names: &[String], findings: &mut Findings) {
        let mut check = |check: Check, manifest: &str, listed: Vec<&String>, belongs: fn(&str) -> bool| {
            for name in listed {
                if !belongs(name) {
                    findings.file(
                        check,
                        manifest,
                        format!("{name} is listed, which this manifest does not cover"),
                    );
                } else if names.binary_search(name).is_err() {
                    findings.file(
                        check,
                        name,
                        format!("{manifest} lists this file, which is not in the package"),
                    );
                }
            }
        };
        let [payload256, payload512, tags256, tags512] = MANIFESTS;
        let tags = |name: &str| !name.starts_with("data/") && is_listed_tag(name);
        let payload = |name: &str| name.starts_with("data/");
        check(Check::Manifest, payload256, self.payload.0.iter().flat_map(Manifest::keys).collect(), payload);
        check(Check::Manifest, payload512, self.payload.1.iter().flat_map(Manifest::keys).collect(), payload);
        check(Check::TagManifest, tags256, self.tags.0.iter().flat_map(Manifest::keys).collect(), tags);
        check(Check::TagManifest, tags512, self.tags.1.iter().flat_map(Manifest::keys).collect(), tags);
    }

    /// What is wrong with a file of these digests.
    pub(crate) fn compare(&self, name: &str, found: &Digests) -> Vec<(Check, String)> {
        let (check, (by256, by512)) = match name.starts_with("data/") {
            true => (Check::Manifest, &self.payload),
            false if is_listed_tag(name) => (Check::TagManifest, &self.tags),
            false => return Vec::new(),
        };
        let fault = |listed: Option<&[u8]>, found: &[u8], kind: &str| match listed {
            Some(listed) if listed == found => None,
            Some(_) => Some(format!("this file was changed: its {kind} is not the one in the manifest")),
            None => Some(format!("the {kind} manifest does not list this file")),
        };
        let of256 = by256
            .as_ref()
            .and_then(|listed| fault(listed.get(name).map(<[u8; 32]>::as_slice), &found.sha256, "SHA-256"));
        let of512 = by512
            .as_ref()
            .and_then(|listed| fault(listed.get(name).map(<[u8; 64]>::as_slice), &found.sha512, "SHA-512"));
        [of256, of512].into_iter().flatten().map(|what| (check, what)).collect()
    }
}

/// Whether a file is one of the tag manifests, which list all other tag files.
pub(crate) fn is_tag_manifest(name: &str) -> bool {
    name.starts_with("tagmanifest-") && name.ends_with(".txt") && MANIFESTS.contains(&name)
}

/// Whether a file outside `data/` is one that the tag manifests list.
fn is_listed_tag(name: &str) -> bool {
    !is_tag_manifest(name) && name != BAG_RECORD
}

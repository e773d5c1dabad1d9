//! The file of the segments' keys: `search.keys`, one small file beside sled's, replaced as a whole.
//!
//! `FORMAT ‖ newline ‖ nonce ‖ AES-256-GCM(u64 revision ‖ 32-byte key, per segment)`. What the index is of (ledger, time zone, segment size) is the
//! associated data, so that the file of another ledger or another way of reading does not open.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Tag};
use daybook_event::{Entropy, OsEntropy};
use zeroize::Zeroizing;

use super::FORMAT;
use super::blobs::SegmentKey;
use super::error::SearchError;

/// The file's name in the index directory.
pub(super) const FILE: &str = "search.keys";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const RECORD_BYTES: usize = 8 + 32;

pub(super) struct KeyFile {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
    about: Vec<u8>,
}

impl KeyFile {
    /// `about` says what the index is of.
    pub(super) fn new(directory: &Path, key: Zeroizing<[u8; 32]>, about: Vec<u8>) -> Self {
        Self { path: directory.join(FILE), key, about }
    }

    fn head() -> String {
        format!("{FORMAT}\n")
    }

    /// The keys of all segments, in order; none where the file is missing, damaged, or not of this index and secret.
    pub(super) fn read(&self) -> Option<Vec<SegmentKey>> {
        let bytes = fs::read(&self.path).ok()?;
        let rest = bytes.strip_prefix(Self::head().as_bytes())?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let mut plain = Zeroizing::new(body.to_vec());
        Aes256Gcm::new((&*self.key).into())
            .decrypt_inout_detached(
                nonce.into(),
                &self.about,
                plain.as_mut_slice().into(),
                &Tag::try_from(tag).ok()?,
            )
            .ok()?;
        let (records, rest) = plain.as_chunks::<RECORD_BYTES>();
        let read = |record: &[u8; RECORD_BYTES]| {
            let (revision, secret) = record.split_first_chunk::<8>()?;
            let secret = Zeroizing::new(secret.try_into().ok()?);
            Some(SegmentKey { revision: u64::from_be_bytes(*revision), secret })
        };
        rest.is_empty().then(|| records.iter().map(read).collect()).flatten()
    }

    /// Puts these keys in the place of the file's. When it returns, the old ones are in no file any more and the new ones are durable; when it fails,
    /// the old or the new file is there, whole.
    pub(super) fn write(&self, keys: &[SegmentKey]) -> Result<(), SearchError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(keys.len() * RECORD_BYTES));
        for key in keys {
            plain.extend_from_slice(&key.revision.to_be_bytes());
            plain.extend_from_slice(&*key.secret);
        }
        let mut nonce = [0; NONCE_BYTES];
        OsEntropy.fill(&mut nonce)?;
        let tag = Aes256Gcm::new((&*self.key).into())
            .encrypt_inout_detached((&nonce).into(), &self.about, plain.as_mut_slice().into())
            .map_err(|_| SearchError::Seal)?;
        let bytes = [Self::head().as_bytes(), &nonce, &plain, &tag].concat();
        let temporary = self.path.with_extension("keys.new");
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

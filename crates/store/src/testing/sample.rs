//! Sample material, the same in every run.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::{Entropy, EntropyError};
use daybook_tlog::NoteSigner;

use crate::batch::NewEntry;
use crate::error::{CreateError, OpenError};
use crate::keyring::Keyring;
use crate::layout::Layout;
use crate::recover::Recovery;
use crate::storage::Storage;
use crate::vault::seal_batch;
use crate::writer::Writer;

/// Randomness that repeats (SplitMix64). For tests only: whoever knows the seed knows the bytes.
#[derive(Debug, Clone)]
pub struct SeededEntropy(pub u64);

impl Entropy for SeededEntropy {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buf.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The material of one entry, owned. It has the form of a JWT with disclosures, and no meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEntry {
    /// Three base64url parts.
    pub jwt: String,
    /// Stands for the intake disclosure.
    pub intake: String,
    /// Stand for disclosures of class R.
    pub r: Vec<String>,
    /// Stand for disclosures of class W.
    pub w: Vec<String>,
}

impl SampleEntry {
    /// As the writer takes it.
    #[must_use]
    pub fn new_entry(&self) -> NewEntry<'_> {
        NewEntry {
            jwt: &self.jwt,
            intake: &self.intake,
            r: self.r.iter().map(String::as_str).collect(),
            w: self.w.iter().map(String::as_str).collect(),
        }
    }
}

/// `n` small entries: the first `n` of a series that never changes.
#[must_use]
pub fn sample_entries(n: usize) -> Vec<SampleEntry> {
    sample_entries_sized(n, 120, 60, 30)
}

/// `n` entries with a JWT, R disclosures and W disclosures of about so many bytes.
#[must_use]
pub fn sample_entries_sized(n: usize, jwt_bytes: usize, r_bytes: usize, w_bytes: usize) -> Vec<SampleEntry> {
    let mut rng = SeededEntropy(7);
    let mut text = |bytes: usize| {
        let mut raw = vec![0; bytes.div_ceil(4) * 3];
        // Never fails.
        let _ = rng.fill(&mut raw);
        URL_SAFE_NO_PAD.encode(raw)
    };
    let jwt = |text: &mut dyn FnMut(usize) -> String| {
        format!("{}.{}.{}", text(16), text(jwt_bytes.saturating_sub(104)), text(86))
    };
    (0..n)
        .map(|_| SampleEntry {
            jwt: jwt(&mut text),
            intake: text(100),
            r: vec![text(r_bytes / 2), text(r_bytes / 2)],
            w: vec![text(w_bytes)],
        })
        .collect()
}

/// `n` entries with as many disclosures of the lengths that `paper.classified` has: times, details, place and links; matter, case
/// number and whether the person matches.
#[must_use]
pub fn sample_papers(n: usize) -> Vec<SampleEntry> {
    let mut samples = sample_entries_sized(n, 1_800, 0, 0);
    let mut rng = SeededEntropy(8);
    let mut text = |bytes: usize| {
        let mut raw = vec![0; bytes / 4 * 3];
        // Never fails.
        let _ = rng.fill(&mut raw);
        URL_SAFE_NO_PAD.encode(raw)
    };
    for sample in &mut samples {
        sample.r = [160, 260, 220, 140].map(&mut text).to_vec();
        sample.w = [80, 44, 44].map(&mut text).to_vec();
    }
    samples
}

/// Seals a batch as the writer does, whose first entry is `first`; how many bytes go into the vault, or none where it fails.
#[must_use]
pub fn seal(keyring: &Keyring, origin: &str, first: u64, batch: &[NewEntry<'_>]) -> Option<usize> {
    let [r, w] = seal_batch(keyring, origin, first, batch).ok()?;
    Some(r.bytes.len() + w.bytes.len())
}

/// As the writer takes them.
#[must_use]
pub fn new_entries(samples: &[SampleEntry]) -> Vec<NewEntry<'_>> {
    samples.iter().map(SampleEntry::new_entry).collect()
}

/// A ledger with fixed keys on a storage of the test's choice.
#[derive(Clone)]
pub struct SampleLedger {
    /// Where its files are.
    pub storage: Arc<dyn Storage>,
    /// Its keyring.
    pub keyring: Arc<Keyring>,
    layout: Layout,
}

impl SampleLedger {
    /// Its origin, and the name of its key.
    pub const ORIGIN: &'static str = "ledger.example/sample";

    /// The standard layout.
    #[must_use]
    pub fn on(storage: Arc<dyn Storage>) -> SampleLedger {
        SampleLedger::with_layout(storage, Layout::STANDARD)
    }

    /// Another number of entries per file.
    ///
    /// # Panics
    /// Never: the seeded source does not fail.
    #[must_use]
    pub fn with_layout(storage: Arc<dyn Storage>, layout: Layout) -> SampleLedger {
        let keyring = Keyring::create(&mut SeededEntropy(1)).expect("the seeded source does not fail");
        SampleLedger { storage, keyring: Arc::new(keyring), layout }
    }

    /// The log's key.
    ///
    /// # Panics
    /// Never: the origin is a key name.
    #[must_use]
    pub fn signer(&self) -> NoteSigner {
        NoteSigner::from_seed(Self::ORIGIN.parse().expect("the origin is a key name"), [3; 32])
    }

    /// Creates it with the first of the [`sample_entries`].
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create(&self) -> Result<(), CreateError> {
        let genesis = sample_entries(1);
        let storage = Arc::clone(&self.storage);
        let signer = self.signer();
        Writer::create_in(storage, Self::ORIGIN, &self.keyring, &signer, genesis[0].new_entry(), self.layout)
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub fn open(&self) -> Result<(Writer, Recovery), OpenError> {
        let storage = Arc::clone(&self.storage);
        Writer::open_in(storage, self.signer(), Arc::clone(&self.keyring), self.layout)
    }
}

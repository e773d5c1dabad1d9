//! A small and complete production, made from a ledger in memory: for tests of whatever reads productions. Every kind of state is in it.
//!
//! The bytes are the same every time.

mod acts;
mod document;
mod ledger;
mod make;
mod papers;
mod service;
mod story;

use std::collections::BTreeMap;
use std::io;

pub use ledger::{Kept, Ledger, ORIGIN};
pub use make::{Sample, produce};
pub use papers::Dress;
pub use service::Service;
pub use story::{Special, Story, play, unrelated};

/// Two plain productions of one ledger, the first with these files in the place of the sample's own. Test vectors are of these.
///
/// # Errors
/// Where the machine has no time zone data.
pub fn samples(extras: &BTreeMap<String, Vec<u8>>) -> io::Result<[Sample; 2]> {
    dressed_samples(Dress::Plain, extras)
}

/// The same in a dress.
///
/// # Errors
/// Where the machine has no time zone data, or a rendering fails.
pub fn dressed_samples(dress: Dress, extras: &BTreeMap<String, Vec<u8>>) -> io::Result<[Sample; 2]> {
    let mut ledger = Ledger::new();
    let story = play(&mut ledger);
    let first = produce(&mut ledger, &story, 1, 1, dress, extras)?;
    let fewer =
        Story { found: story.found.iter().filter(|(index, _)| index % 3 != 1).copied().collect(), ..story };
    let second = produce(&mut ledger, &fewer, 2, 101, dress, extras)?;
    Ok([first, second])
}

/// The plain sample.
///
/// # Errors
/// Where the machine has no time zone data.
pub fn sample() -> io::Result<Sample> {
    let [first, _] = samples(&BTreeMap::new())?;
    Ok(first)
}

/// The sample as it would go to a recipient.
///
/// # Errors
/// Where the machine has no time zone data, or a rendering fails.
pub fn full_sample() -> io::Result<Sample> {
    let [first, _] = dressed_samples(Dress::Full, &BTreeMap::new())?;
    Ok(first)
}

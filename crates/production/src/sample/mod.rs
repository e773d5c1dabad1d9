//! A small and complete production, made from a ledger in memory: for tests of whatever reads productions. Every kind of state is in it.
//!
//! The bytes are the same every time.

mod ledger;
mod load;
mod make;
mod story;

use std::collections::BTreeMap;
use std::io;

pub use ledger::{Kept, Ledger, ORIGIN};
pub use make::{Sample, produce};
pub use story::{Special, Story, play, unrelated};

/// Two productions of one ledger, the first with these files in the place of the sample's own.
///
/// # Errors
/// None in practice: everything is in memory.
pub fn samples(extras: &BTreeMap<String, Vec<u8>>) -> io::Result<[Sample; 2]> {
    let mut ledger = Ledger::new();
    let story = play(&mut ledger);
    let first = produce(&mut ledger, &story, 1, 1, extras)?;
    let fewer =
        Story { found: story.found.iter().filter(|(index, _)| index % 3 != 1).copied().collect(), ..story };
    let second = produce(&mut ledger, &fewer, 2, 101, extras)?;
    Ok([first, second])
}

/// The sample.
///
/// # Errors
/// None in practice: everything is in memory.
pub fn sample() -> io::Result<Sample> {
    let [first, _] = samples(&BTreeMap::new())?;
    Ok(first)
}

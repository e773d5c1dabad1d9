//! Waiting until a ledger rests.

use std::time::{Duration, Instant};

use crate::ledger::Ledger;

/// How often the ledger's size is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Ledger {
    /// Waits until the ledger holds at least so many entries and none was added for as long as `quiet`: what rules raise comes after what they read.
    ///
    /// # Panics
    /// It does not come to rest within `limit`.
    pub fn settle(&self, at_least: u64, quiet: Duration, limit: Duration) {
        let deadline = Instant::now() + limit;
        let (mut size, mut since) = (0, Instant::now());
        while size < at_least || since.elapsed() < quiet {
            assert!(Instant::now() < deadline, "{size} of {at_least} entries:\n{}", self.log_tail());
            std::thread::sleep(LOOK_EVERY);
            if self.size() != size {
                (size, since) = (self.size(), Instant::now());
            }
        }
    }
}

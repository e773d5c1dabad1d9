//! The two clocks a producer reads, behind a trait so that tests can turn them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What time it is, for people and for waiting.
pub trait Clock: Send + Sync + 'static {
    /// Wall clock: milliseconds since 1970-01-01T00:00:00Z. For messages to people; never for order.
    fn wall_ms(&self) -> u64;
    /// Time since an arbitrary fixed moment; never goes back. For waiting and resending.
    fn elapsed(&self) -> Duration;
}

/// The clocks of the machine.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts counting now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .unwrap_or(0)
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

//! How often somebody may try a password: per account and in all, whether the account exists or not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// Attempts at one account in a row.
const ACCOUNT_ATTEMPTS: u32 = 5;
/// After this long one more attempt at an account is allowed.
const ACCOUNT_PAUSE: Duration = Duration::from_secs(60);
/// Attempts at all accounts together in a row.
const TOTAL_ATTEMPTS: u32 = 30;
/// After this long one more attempt in all is allowed.
const TOTAL_PAUSE: Duration = Duration::from_secs(1);
/// Accounts that are kept in mind. More cannot have been tried in the time after which an account is forgotten.
const ACCOUNTS_MAX: usize = 512;

const _: () = {
    let forgotten_after = ACCOUNT_ATTEMPTS as u64 * ACCOUNT_PAUSE.as_secs();
    assert!(TOTAL_ATTEMPTS as u64 + forgotten_after / TOTAL_PAUSE.as_secs() < ACCOUNTS_MAX as u64);
};

/// A token bucket, as the time at which it will be full again.
#[derive(Clone, Copy)]
struct Bucket(Instant);

impl Bucket {
    /// The bucket with one attempt less, or how long to wait for the next.
    fn take(self, attempts: u32, pause: Duration, now: Instant) -> Result<Self, Duration> {
        let full = self.0.max(now) + pause;
        match full.duration_since(now).checked_sub(pause * attempts) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(Self(full)),
        }
    }
}

/// The attempts of late.
pub(super) struct Attempts {
    total: Bucket,
    accounts: BTreeMap<[u8; 32], Bucket>,
}

impl Attempts {
    pub(super) fn new(now: Instant) -> Self {
        Self { total: Bucket(now), accounts: BTreeMap::new() }
    }

    /// Counts an attempt, or says how long to wait. An attempt that is not allowed counts nowhere, so nobody locks others out by
    /// trying one account without end.
    pub(super) fn take(&mut self, account: &str, now: Instant) -> Result<(), Duration> {
        let name = Sha256::digest(account).into();
        let bucket = self.accounts.get(&name).copied().unwrap_or(Bucket(now));
        let bucket = bucket.take(ACCOUNT_ATTEMPTS, ACCOUNT_PAUSE, now)?;
        self.total = self.total.take(TOTAL_ATTEMPTS, TOTAL_PAUSE, now)?;
        if self.accounts.len() >= ACCOUNTS_MAX {
            self.accounts.retain(|_, bucket| bucket.0 > now);
        }
        self.accounts.insert(name, bucket);
        Ok(())
    }

    /// Gives an account's attempts back: its holder has come.
    pub(super) fn forgive(&mut self, account: &str) {
        self.accounts.remove(&<[u8; 32]>::from(Sha256::digest(account)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_tried_five_times_and_then_once_a_minute() {
        let start = Instant::now();
        let mut attempts = Attempts::new(start);
        for _ in 0..ACCOUNT_ATTEMPTS {
            attempts.take("a-0001", start).expect("allowed");
        }
        assert_eq!(attempts.take("a-0001", start), Err(ACCOUNT_PAUSE));
        attempts.take("a-0002", start).expect("another account is not held up");
        let later = start + ACCOUNT_PAUSE;
        attempts.take("a-0001", later).expect("one more");
        assert!(attempts.take("a-0001", later).is_err());
        attempts.forgive("a-0001");
        attempts.take("a-0001", later).expect("forgiven");
    }

    #[test]
    fn all_accounts_together_have_a_limit_and_the_memory_has_one() {
        let start = Instant::now();
        let mut attempts = Attempts::new(start);
        for number in 0..TOTAL_ATTEMPTS {
            attempts.take(&format!("a-{number:04}"), start).expect("allowed");
        }
        assert_eq!(attempts.take("a-9999", start), Err(TOTAL_PAUSE));
        for second in 1..5_000_u32 {
            attempts.take(&format!("b-{second}"), start + TOTAL_PAUSE * second).expect("one a second");
            assert!(attempts.accounts.len() <= ACCOUNTS_MAX);
        }
    }

    #[test]
    fn what_is_refused_does_not_hold_up_others() {
        let start = Instant::now();
        let mut attempts = Attempts::new(start);
        for _ in 0..1_000 {
            let _ = attempts.take("a-0001", start);
        }
        attempts.take("a-0002", start).expect("allowed");
    }
}

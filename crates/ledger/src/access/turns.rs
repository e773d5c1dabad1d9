//! Turns: how many requests of one account are answered at a time, so that one account cannot keep the others waiting.
//!
//! It counts by account and not by address: behind one address may sit a whole department, and one person may have many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Requests of one account that are answered at a time. More are refused, not queued: a queue would be the account's to fill.
pub(crate) const REQUESTS_PER_ACCOUNT_MAX: usize = 32;

/// Requests in hand, by account; an account without any is not in it.
type InHand = Mutex<HashMap<String, usize>>;

/// The requests in hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<InHand>);

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    account: String,
    in_hand: Arc<InHand>,
}

impl Turns {
    /// A turn for an account; none where it has all that it gets at a time.
    pub(crate) fn take(&self, account: &str) -> Option<Turn> {
        let mut in_hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = in_hand.entry(account.to_owned()).or_default();
        if *count >= REQUESTS_PER_ACCOUNT_MAX {
            return None;
        }
        *count += 1;
        Some(Turn { account: account.to_owned(), in_hand: Arc::clone(&self.0) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_hand.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                in_hand.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_so_many_turns_others_have_theirs_and_nothing_stays_behind() {
        let turns = Turns::default();
        let mut taken: Vec<Turn> =
            (0..REQUESTS_PER_ACCOUNT_MAX).map(|_| turns.take("a-0001").unwrap()).collect();
        assert!(turns.take("a-0001").is_none());
        let other = turns.take("a-0002").unwrap();
        taken.pop();
        taken.push(turns.take("a-0001").unwrap());
        assert!(turns.take("a-0001").is_none());
        drop((taken, other));
        assert!(turns.0.lock().unwrap().is_empty());
    }
}

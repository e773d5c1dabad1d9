//! What is on its way: the events sent and not yet receipted, and when each is sent again.
//!
//! A pure state machine: it is told the time and asked what is due. Two questions are kept apart.
//! Whether the *bus* has the message (its publish acknowledgement) decides under which message id
//! it goes out again; whether the *ledger* has it (a verified receipt) decides whether it is
//! finished. Only the second one ever removes an event from the outbox.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;

/// First wait for a receipt before the event is sent again.
pub const RECEIPT_WAIT_FIRST: Duration = Duration::from_secs(10);
/// Longest wait between two sendings of one event.
pub const RECEIPT_WAIT_MAX: Duration = Duration::from_secs(300);
/// Wait before an event that the bus did not acknowledge goes out again.
pub const PUBLISH_RETRY_FIRST: Duration = Duration::from_millis(500);
/// First wait after a refusal that may pass (an unregistered key).
pub const REFUSED_WAIT_FIRST: Duration = Duration::from_secs(5);
/// Events that may be without a receipt at one time, in events. Bounds memory: 65,536 bytes each at worst.
pub const AWAITING_MAX: usize = 8_192;

/// Attempts during which a message that the bus does not take holds up the events after it.
pub const HOLD_STEPS: u32 = 8;

/// How long to wait at each step. The defaults are the constants of this module.
#[derive(Debug, Clone)]
pub struct Waits {
    /// First wait for a receipt.
    pub receipt_first: Duration,
    /// Bound of every wait.
    pub max: Duration,
    /// First wait after the bus did not acknowledge.
    pub publish_retry: Duration,
    /// First wait after a refusal that may pass.
    pub refused_first: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            receipt_first: RECEIPT_WAIT_FIRST,
            max: RECEIPT_WAIT_MAX,
            publish_retry: PUBLISH_RETRY_FIRST,
            refused_first: REFUSED_WAIT_FIRST,
        }
    }
}

impl Waits {
    /// `first` doubled `step` times, at most `max`, spread by up to a quarter either way so that
    /// producers that lost the ledger at one moment do not all come back at one moment.
    fn backed_off(&self, first: Duration, step: u32, jitter: u8) -> Duration {
        let wait = first.saturating_mul(1_u32.checked_shl(step.min(20)).unwrap_or(u32::MAX)).min(self.max);
        let spread = wait / 4;
        (wait - spread) + (spread * 2).mul_f64(f64::from(jitter) / 255.0)
    }
}

/// One sending of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) seq: u64,
    pub(crate) jti: String,
    pub(crate) event_type: String,
    pub(crate) body: Bytes,
    /// 1 for the first message of an event; from 2 on a message that asks for the receipt again.
    pub(crate) attempt: u32,
}

impl Sending {
    /// The message id under which the bus removes duplicates (formats.md, "On the bus").
    pub(crate) fn message_id(&self) -> String {
        if self.attempt <= 1 { self.jti.clone() } else { format!("{}/{}", self.jti, self.attempt) }
    }
}

#[derive(Debug)]
struct Flight {
    sending: Sending,
    /// The bus acknowledged the message of this attempt.
    acknowledged: bool,
    /// Sendings that brought nothing, for the back-off.
    step: u32,
    /// The ledger answered that it cannot take it yet.
    put_off: bool,
    due: Duration,
}

/// The events on their way.
#[derive(Debug, Default)]
pub(crate) struct Window {
    flights: BTreeMap<u64, Flight>,
    due: BTreeSet<(Duration, u64)>,
    /// Events that the bus did not take lately, not those that it never takes.
    untaken: BTreeSet<u64>,
}

impl Window {
    /// How many more events may be sent for the first time.
    pub(crate) fn room(&self) -> usize {
        AWAITING_MAX.saturating_sub(self.flights.len())
    }

    /// An event goes out for the first time in this run.
    pub(crate) fn sent(&mut self, sending: Sending, now: Duration, waits: &Waits, jitter: u8) {
        let due = now + waits.backed_off(waits.receipt_first, 0, jitter);
        let seq = sending.seq;
        self.remove(seq);
        self.flights.insert(seq, Flight { sending, acknowledged: false, step: 0, put_off: false, due });
        self.due.insert((due, seq));
    }

    /// The bus has the message. `duplicate`: it had it already, so that this sending asked for
    /// nothing; the next one needs a new message id and need not wait longer than the first time.
    pub(crate) fn acknowledged(
        &mut self,
        seq: u64,
        attempt: u32,
        duplicate: bool,
        now: Duration,
        waits: &Waits,
    ) {
        let Some(flight) = self.flights.get_mut(&seq) else { return };
        if flight.sending.attempt != attempt {
            return;
        }
        flight.acknowledged = true;
        self.untaken.remove(&seq);
        if duplicate {
            let due = flight.due.min(now + waits.receipt_first);
            self.reschedule(seq, due);
        }
    }

    /// The bus did not take the message: send the same one again soon.
    pub(crate) fn not_taken(&mut self, seq: u64, attempt: u32, now: Duration, waits: &Waits, jitter: u8) {
        let Some(flight) = self.flights.get_mut(&seq) else { return };
        if flight.sending.attempt != attempt || flight.acknowledged {
            return;
        }
        let due = now + waits.backed_off(waits.publish_retry, flight.step, jitter);
        flight.step = flight.step.saturating_add(1);
        if flight.step <= HOLD_STEPS {
            self.untaken.insert(seq);
        } else {
            self.untaken.remove(&seq);
        }
        self.reschedule(seq, due);
    }

    /// The ledger refused it for a reason that may pass.
    pub(crate) fn put_off(&mut self, seq: u64, now: Duration, waits: &Waits, jitter: u8) {
        let Some(flight) = self.flights.get_mut(&seq) else { return };
        flight.acknowledged = true;
        flight.put_off = true;
        let due = now + waits.backed_off(waits.refused_first, flight.step, jitter);
        self.untaken.remove(&seq);
        self.reschedule(seq, due);
    }

    /// The ledger answered about some event, so it is there. What is still without an answer and would be asked for
    /// late, because it was sent in vain while the ledger or the bus was away, is asked for after the first wait again.
    pub(crate) fn answered(&mut self, now: Duration, waits: &Waits) {
        let soon = now + waits.receipt_first;
        let late: Vec<u64> = self.due.range((soon, u64::MAX)..).map(|(_, seq)| *seq).collect();
        for seq in late {
            match self.flights.get_mut(&seq) {
                Some(flight) if !flight.put_off => flight.step = 0,
                _ => continue,
            }
            self.reschedule(seq, soon);
        }
    }

    /// Whether new events should wait because an earlier one was not taken by the bus. Not for ever: after
    /// [`HOLD_STEPS`] attempts the others go ahead, and the ledger records a gap until that one arrives.
    pub(crate) fn held_up(&self) -> bool {
        !self.untaken.is_empty()
    }

    /// Finished: receipted or refused for good.
    pub(crate) fn remove(&mut self, seq: u64) -> bool {
        let Some(flight) = self.flights.remove(&seq) else { return false };
        self.due.remove(&(flight.due, seq));
        self.untaken.remove(&seq);
        true
    }

    /// What has to go out again by now, at most `max`, oldest first by time due.
    pub(crate) fn due(&mut self, now: Duration, max: usize, waits: &Waits, jitter: u8) -> Vec<Sending> {
        let seqs: Vec<u64> =
            self.due.iter().take_while(|(due, _)| *due <= now).take(max).map(|(_, seq)| *seq).collect();
        let mut sendings = Vec::with_capacity(seqs.len());
        for seq in seqs {
            let Some(flight) = self.flights.get_mut(&seq) else { continue };
            if flight.acknowledged {
                // The bus would drop the same id as a duplicate, and the ledger would never see the question.
                flight.sending.attempt = flight.sending.attempt.saturating_add(1);
                flight.acknowledged = false;
            }
            flight.step = flight.step.saturating_add(1);
            let due = now + waits.backed_off(waits.receipt_first, flight.step, jitter);
            sendings.push(flight.sending.clone());
            self.reschedule(seq, due);
        }
        sendings.sort_by_key(|sending| sending.seq);
        sendings
    }

    /// When the next sending falls due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.due.first().map(|(due, _)| *due)
    }

    fn reschedule(&mut self, seq: u64, due: Duration) {
        if let Some(flight) = self.flights.get_mut(&seq) {
            self.due.remove(&(flight.due, seq));
            flight.due = due;
            self.due.insert((due, seq));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending(seq: u64) -> Sending {
        Sending {
            seq,
            jti: format!("jti-{seq}"),
            event_type: "request.received".into(),
            body: Bytes::from_static(b"body"),
            attempt: 1,
        }
    }

    const MID: u8 = 127;
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_event_without_a_receipt_goes_out_again_under_a_new_id_and_less_and_less_often() {
        let (mut window, waits) = (Window::default(), Waits::default());
        window.sent(sending(7), Duration::ZERO, &waits, MID);
        let mut gaps = Vec::new();
        let mut last = Duration::ZERO;
        for attempt in 2..12_u32 {
            window.acknowledged(7, attempt - 1, false, last, &waits);
            let due = window.next_due().unwrap();
            assert!(window.due(due - Duration::from_millis(1), 10, &waits, MID).is_empty());
            let again = window.due(due, 10, &waits, MID);
            assert_eq!(again[0].message_id(), format!("jti-7/{attempt}"));
            gaps.push(due - last);
            last = due;
        }
        assert!(gaps.windows(2).all(|pair| pair[0] <= pair[1]), "{gaps:?}");
        assert!(*gaps.last().unwrap() <= RECEIPT_WAIT_MAX + RECEIPT_WAIT_MAX / 4);
        assert_eq!(window.room(), AWAITING_MAX - 1, "only a receipt ends it");
    }

    #[test]
    fn a_message_the_bus_did_not_take_goes_out_under_its_old_id() {
        let (mut window, waits) = (Window::default(), Waits::default());
        window.sent(sending(0), Duration::ZERO, &waits, MID);
        window.not_taken(0, 1, SECOND, &waits, MID);
        let again = window.due(3 * SECOND, 10, &waits, MID);
        assert_eq!(again[0].message_id(), "jti-0");
    }

    #[test]
    fn a_late_failure_of_an_older_attempt_changes_nothing() {
        let (mut window, waits) = (Window::default(), Waits::default());
        window.sent(sending(0), Duration::ZERO, &waits, MID);
        window.acknowledged(0, 1, false, SECOND, &waits);
        let due = window.next_due();
        window.not_taken(0, 1, SECOND, &waits, MID);
        assert_eq!(window.next_due(), due);
    }

    #[test]
    fn an_id_that_the_bus_dropped_as_a_duplicate_is_soon_followed_by_a_new_one() {
        let (mut window, waits) = (Window::default(), Waits::default());
        window.sent(sending(0), Duration::ZERO, &waits, MID);
        for attempt in 1..6 {
            window.acknowledged(0, attempt, false, Duration::ZERO, &waits);
            let due = window.next_due().unwrap();
            window.due(due, 1, &waits, MID);
        }
        let now = Duration::from_secs(1_000);
        assert!(window.next_due().unwrap() > RECEIPT_WAIT_FIRST);
        window.acknowledged(0, 6, true, Duration::from_secs(1), &waits);
        assert_eq!(window.next_due(), Some(RECEIPT_WAIT_FIRST + SECOND));
        assert_eq!(window.due(now, 1, &waits, MID)[0].message_id(), "jti-0/7");
    }

    #[test]
    fn once_the_ledger_answers_again_what_it_missed_is_asked_for_soon() {
        let (mut window, waits) = (Window::default(), Waits::default());
        for seq in 0..3 {
            window.sent(sending(seq), Duration::ZERO, &waits, MID);
        }
        let mut now = Duration::ZERO;
        for attempt in 1..8 {
            for seq in 0..2 {
                window.acknowledged(seq, attempt, false, now, &waits);
            }
            now = window.next_due().unwrap().max(now + SECOND * 400);
            window.due(now, 10, &waits, MID);
        }
        window.put_off(1, now, &waits, MID);
        let put_off_until = window.flights[&1].due;
        window.remove(2);
        window.answered(now, &waits);
        assert_eq!(window.next_due(), Some(now + RECEIPT_WAIT_FIRST));
        assert_eq!(window.flights[&1].due, put_off_until, "what the ledger put off is left alone");
        window.due(now + RECEIPT_WAIT_FIRST, 1, &waits, MID);
        assert!(
            window.flights[&0].due <= now + 4 * RECEIPT_WAIT_FIRST,
            "the back-off starts from the beginning"
        );
    }

    #[test]
    fn a_receipt_ends_the_sending() {
        let (mut window, waits) = (Window::default(), Waits::default());
        window.sent(sending(3), Duration::ZERO, &waits, MID);
        assert!(window.remove(3));
        assert!(!window.remove(3));
        assert_eq!(window.next_due(), None);
        assert!(window.due(Duration::from_secs(9_999), 10, &waits, MID).is_empty());
    }

    #[test]
    fn jitter_stays_within_a_quarter() {
        let waits = Waits::default();
        let wait = |jitter| waits.backed_off(8 * SECOND, 0, jitter);
        assert_eq!(wait(0), 6 * SECOND);
        assert_eq!(wait(255), 10 * SECOND);
        assert_eq!(waits.backed_off(SECOND, u32::MAX, 255), RECEIPT_WAIT_MAX + RECEIPT_WAIT_MAX / 4);
    }
}

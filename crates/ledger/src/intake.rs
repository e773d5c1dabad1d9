//! The intake disclosure: when and from where a message reached the ledger.

use daybook_event::entry::intake_disclosure;
use daybook_event::{Entropy, EntropyError};
use jiff::Timestamp;

use crate::bus::{Inbound, NOT_FROM_THE_BUS};

/// The intake disclosure of a message off the bus.
///
/// # Errors
/// No randomness for the salt.
pub(crate) fn disclosure(
    message: &Inbound,
    stream: &str,
    entropy: &mut dyn Entropy,
) -> Result<String, EntropyError> {
    let from = (message.stream_seq != NOT_FROM_THE_BUS).then_some((stream, message.stream_seq));
    intake_disclosure(&milliseconds(message.received_at), from, entropy)
}

/// The intake disclosure of the first entry, which came over no bus.
///
/// # Errors
/// No randomness for the salt.
pub(crate) fn genesis_disclosure(now: Timestamp, entropy: &mut dyn Entropy) -> Result<String, EntropyError> {
    intake_disclosure(&milliseconds(now), None, entropy)
}

/// The second of the intake disclosure of a message.
pub(crate) fn received_at(message: &Inbound) -> i64 {
    // As it is written down: what is beyond the millisecond is cut off there, never rounded.
    message.received_at.as_second()
}

fn milliseconds(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_exactly_three_decimals() {
        let time = Timestamp::from_millisecond(1_795_340_292_000).expect("in range");
        assert_eq!(milliseconds(time), "2026-11-22T09:38:12.000Z");
    }
}

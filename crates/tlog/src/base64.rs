//! Canonical base64 (RFC 4648 section 4): padding required, tail bits zero, so that one value has one spelling.
//!
//! A decoder that forgives either would let a signed note be changed by a byte and still verify.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_spelling_of_the_same_bytes_is_refused() {
        assert_eq!(decode("AQ=="), Some(vec![1]));
        for other in ["AR==", "AQ=", "AQ", "AQ===", " AQ==", "AQ==\n"] {
            assert_eq!(decode(other), None, "{other:?}");
        }
    }
}

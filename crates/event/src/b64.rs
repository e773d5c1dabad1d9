//! base64url without padding (RFC 4648 section 5), one spelling per value: padding, other alphabets, white space and
//! non-zero tail bits are refused, so that two readers never see the same bytes under two texts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Length of the text of 32 bytes, characters.
pub const DIGEST_CHARS: usize = 43;

/// Writes `bytes` as base64url.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends `bytes` to `out` as base64url.
pub fn encode_into(bytes: impl AsRef<[u8]>, out: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// Reads canonical base64url; `None` for anything else.
pub fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Reads canonical base64url into `out`, which is emptied first; `None` for anything else.
pub(crate) fn decode_into(text: impl AsRef<[u8]>, out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    URL_SAFE_NO_PAD.decode_vec(text, out).ok()
}

/// Reads canonical base64url of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
    let text = text.as_ref();
    // The length decides first: the decoder below asks for room for whole groups of three bytes.
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    let mut room = [0u8; 96];
    let written = URL_SAFE_NO_PAD.decode_slice(text, room.get_mut(..N.div_ceil(3) * 3)?).ok()?;
    room.get(..written)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let bytes = [0xfbu8; 32];
        assert_eq!(decode_array::<32>(encode(bytes)), Some(bytes));
        assert_eq!(decode_array::<16>(encode([7u8; 16])), Some([7u8; 16]));
        assert_eq!(decode_array::<64>(encode([9u8; 64])), Some([9u8; 64]));
        assert_eq!(encode(bytes).len(), DIGEST_CHARS);
    }

    #[test]
    fn refuses_every_second_spelling() {
        assert_eq!(decode("AA"), Some(vec![0]));
        for other in ["AA==", "AB", "A A", "AA\n", "A", "+/", "AA=", "ÄÄ"] {
            assert_eq!(decode(other), None, "{other:?}");
        }
        let mut tail = encode([0u8; 32]);
        tail.replace_range(42.., "B");
        assert_eq!(decode_array::<32>(&tail), None);
    }
}

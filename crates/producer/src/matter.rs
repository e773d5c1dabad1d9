//! Random tokens that stand for a matter, so that the ledger never sees a booking number.

use daybook_event::Entropy;

use crate::outbox::OutboxError;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Length of a token, in characters: 130 bits, five in each.
const TOKEN_CHARS: usize = 26;

/// A new token: 26 random characters of lower-case base32. Never derived from the matter, since the few booking
/// numbers that there are could all be tried.
pub(crate) fn new_token(rng: &mut dyn Entropy) -> Result<String, OutboxError> {
    let mut bytes = [0_u8; TOKEN_CHARS];
    rng.fill(&mut bytes).map_err(|error| OutboxError::Entropy(error.to_string()))?;
    // 256 is a multiple of 32, so that the remainder is as even as the byte.
    Ok(bytes.iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_event::OsEntropy;

    #[test]
    fn tokens_have_the_form_of_the_schema_and_do_not_repeat() {
        let tokens: std::collections::HashSet<String> =
            (0..1_000).map(|_| new_token(&mut OsEntropy).unwrap()).collect();
        assert_eq!(tokens.len(), 1_000);
        assert!(tokens.iter().all(|t| t.len() == 26 && t.bytes().all(|b| BASE32.contains(&b))));
    }
}

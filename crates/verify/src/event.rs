//! One entry by itself: everything about it that needs no other entry.

use daybook_event::entry::{EntryFault, EntryRef, parse_entry};
use daybook_event::{Catalogue, Code, Origin, Refusal, Token};
use daybook_tlog::{Hash, leaf_hash};

/// What an entry turned out to be.
pub(crate) struct Looked<'a> {
    pub(crate) leaf: Hash,
    /// The entry with the event in it, or why it is none.
    pub(crate) entry: Result<Held<'a>, EntryFault>,
}

/// A well-formed entry.
pub(crate) struct Held<'a> {
    pub(crate) entry: EntryRef<'a>,
    /// The event, in the form that its type asks for as far as that shows without disclosures. Not verified.
    pub(crate) event: Result<Token<'a>, Refusal>,
}

/// Takes an entry apart.
pub(crate) fn look<'a>(bytes: &'a [u8], origin: &Origin, catalogue: &Catalogue) -> Looked<'a> {
    let entry =
        parse_entry(bytes).map(|entry| Held { entry, event: read_event(entry.event, origin, catalogue) });
    Looked { leaf: leaf_hash(bytes), entry }
}

/// Reads the issuer-signed JWT of an entry and checks everything that needs neither key nor disclosure.
pub(crate) fn read_event<'a>(
    jwt: &'a str,
    origin: &Origin,
    catalogue: &Catalogue,
) -> Result<Token<'a>, Refusal> {
    let token = Token::parse_jwt(jwt)?;
    if token.claims().aud != *origin {
        return Err(token.refusal(Code::WrongAudience));
    }
    daybook_event::check_public(&token, catalogue)?;
    Ok(token)
}

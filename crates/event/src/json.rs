//! Strict JSON. RFC 8259 leaves open what a repeated member means and how deep a text may nest; two readers that choose differently would
//! see two events under one signature. So both are refused here, as are numbers that are not whole.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deepest nesting of objects and arrays, levels; the outermost is level 1.
pub const MAX_DEPTH: usize = 8;
/// Longest member name that an error repeats, characters.
const SHOWN_NAME_MAX: usize = 32;

/// What is wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFaultKind {
    /// Not JSON, not UTF-8, or something after the end.
    Syntax,
    /// An object names a member twice.
    DuplicateKey,
    /// More than [`MAX_DEPTH`] levels.
    TooDeep,
    /// A number with a fraction or exponent, or out of the range of 64 bits.
    NotWhole,
    /// A member name that SD-JWT reserves (`_sd`, `...`) where it has no place.
    Reserved,
    /// JSON, but not of the shape that was expected there.
    Shape,
}

/// A refused JSON text: what, and where as a JSON pointer. Never holds a value; member names only where they look like field names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} at {:?}", self.kind.text(), self.place)]
pub struct JsonFault {
    /// What is wrong.
    pub kind: JsonFaultKind,
    /// Where: a JSON pointer (RFC 6901) in which names that do not look like field names are `*`.
    pub place: String,
}

impl JsonFaultKind {
    fn text(self) -> &'static str {
        match self {
            Self::Syntax => "not valid JSON",
            Self::DuplicateKey => "a member is named twice",
            Self::TooDeep => "nested more than 8 levels deep",
            Self::NotWhole => "a number is not whole or too large",
            Self::Reserved => "a member has a reserved name",
            Self::Shape => "not the kind of value that belongs there",
        }
    }
}

/// Reads one strict JSON text.
///
/// # Errors
/// See [`JsonFaultKind`].
pub fn parse(bytes: &[u8]) -> Result<Value, JsonFault> {
    let watch = Watch::default();
    read(bytes, &watch, Strict::top(&watch))
}

/// Runs `seed` over the whole of `bytes` and turns whatever goes wrong into a fault.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    watch: &Watch,
    seed: S,
) -> Result<S::Value, JsonFault> {
    // UTF-8 is checked once here, so that strings inside can be borrowed without another look.
    let text = std::str::from_utf8(bytes)
        .map_err(|_| JsonFault { kind: JsonFaultKind::Syntax, place: String::new() })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    outcome.map_err(|error| watch.fault(&error))
}

/// Remembers the first fault and, while the error travels outwards, the way to it. Costs nothing until something is wrong.
#[derive(Default)]
pub(crate) struct Watch {
    kind: Cell<Option<JsonFaultKind>>,
    path: RefCell<Vec<String>>,
}

impl Watch {
    /// Notes the fault and makes an error to return.
    pub(crate) fn fail<E: serde::de::Error>(&self, kind: JsonFaultKind) -> E {
        self.kind.set(Some(kind));
        E::custom("")
    }

    /// Notes that the error came from inside the member or item `step`.
    pub(crate) fn inside<E>(&self, step: &str) -> impl FnOnce(E) -> E {
        self.path.borrow_mut().push(shown_name(step).replace('~', "~0").replace('/', "~1"));
        |error| error
    }

    fn fault(&self, error: &serde_json::Error) -> JsonFault {
        let by_category = if error.is_data() { JsonFaultKind::Shape } else { JsonFaultKind::Syntax };
        let kind = if error.is_data() { self.kind.get().unwrap_or(by_category) } else { by_category };
        let place = self.path.borrow().iter().rev().fold(String::new(), |place, step| place + "/" + step);
        JsonFault { kind, place }
    }
}

/// A member name if it can be repeated in an error without giving anything away, else `*`.
pub(crate) fn shown_name(name: &str) -> &str {
    let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
    let index = !name.is_empty() && name.len() <= 4 && name.bytes().all(|b| b.is_ascii_digit());
    let named = (1..=SHOWN_NAME_MAX).contains(&name.len()) && name.bytes().all(plain);
    if (named && crate::xscan::find_in_name(name).is_none()) || index || name == "..." { name } else { "*" }
}

/// A string, borrowed from the text where it has no escapes.
pub(crate) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(v))
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(v.to_owned()))
    }
}

/// Any strict value.
#[derive(Clone, Copy)]
pub(crate) struct Strict<'w> {
    pub(crate) watch: &'w Watch,
    /// Level of a container found here.
    pub(crate) depth: usize,
    /// Whether the names that SD-JWT reserves are refused.
    pub(crate) no_reserved: bool,
}

impl<'w> Strict<'w> {
    pub(crate) fn top(watch: &'w Watch) -> Self {
        Self { watch, depth: 1, no_reserved: false }
    }

    fn inner(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// Reads the rest of an object; `first` is a name that was read already.
    pub(crate) fn members<'de, A: MapAccess<'de>>(
        self,
        mut from: A,
        first: Option<Cow<'de, str>>,
    ) -> Result<Value, A::Error> {
        if self.depth > MAX_DEPTH {
            return Err(self.watch.fail(JsonFaultKind::TooDeep));
        }
        let mut members = Map::new();
        let mut next = first;
        loop {
            let Some(name) = next.take().map_or_else(|| from.next_key_seed(Text), |name| Ok(Some(name)))?
            else {
                return Ok(Value::Object(members));
            };
            if self.no_reserved && matches!(&*name, "..." | "_sd") {
                let error = self.watch.fail(JsonFaultKind::Reserved);
                return Err(self.watch.inside(&name)(error));
            }
            if members.contains_key(&*name) {
                let error = self.watch.fail(JsonFaultKind::DuplicateKey);
                return Err(self.watch.inside(&name)(error));
            }
            let value = from.next_value_seed(self.inner()).map_err(|e| self.watch.inside(&name)(e))?;
            members.insert(name.into_owned(), value);
        }
    }

    /// Reads the rest of an array; `items` were read already.
    pub(crate) fn items<'de, A: SeqAccess<'de>>(
        self,
        mut from: A,
        mut items: Vec<Value>,
    ) -> Result<Value, A::Error> {
        if self.depth > MAX_DEPTH {
            return Err(self.watch.fail(JsonFaultKind::TooDeep));
        }
        loop {
            let next = from.next_element_seed(self.inner());
            match next.map_err(|e| self.watch.inside(&items.len().to_string())(e))? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.watch.fail(JsonFaultKind::NotWhole))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        self.items(seq, Vec::new())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        self.members(map, None)
    }
}

/// The names of the members of the object at `path`, in the order in which the text gives them; [`Map`] does not keep it.
pub(crate) fn member_order(bytes: &[u8], path: &[&str]) -> Vec<String> {
    struct At<'p>(&'p [&'p str]);
    impl<'de> DeserializeSeed<'de> for At<'_> {
        type Value = Vec<String>;
        fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
            d.deserialize_map(self)
        }
    }
    impl<'de> Visitor<'de> for At<'_> {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = map.next_key_seed(Text)? {
                match self.0.split_first() {
                    Some((step, rest)) if name == *step => names = map.next_value_seed(At(rest))?,
                    Some(_) => drop(map.next_value::<serde::de::IgnoredAny>()?),
                    None => {
                        map.next_value::<serde::de::IgnoredAny>()?;
                        names.push(name.into_owned());
                    }
                }
            }
            Ok(names)
        }
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    At(path).deserialize(&mut json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use JsonFaultKind::*;

    fn fault(text: &str) -> (JsonFaultKind, String) {
        let fault = parse(text.as_bytes()).unwrap_err();
        (fault.kind, fault.place)
    }

    #[test]
    fn plain_json_reads_as_it_is() {
        let text = r#"{"a":[1,-2,true,null,"x\u0041"],"b":{"c":""}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_repeated_member_is_refused_at_any_depth() {
        assert_eq!(fault(r#"{"a":1,"a":1}"#), (DuplicateKey, "/a".into()));
        assert_eq!(fault(r#"{"a":[0,{"b":1,"c":2,"\u0062":3}]}"#), (DuplicateKey, "/a/1/b".into()));
    }

    #[test]
    fn eight_levels_pass_and_nine_do_not() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(nested(8).as_bytes()).is_ok());
        assert_eq!(fault(&nested(9)).0, TooDeep);
        assert_eq!(fault(&nested(100_000)).0, TooDeep);
        let objects = |n: usize| r#"{"a":"#.repeat(n) + "1" + &"}".repeat(n);
        assert!(parse(objects(8).as_bytes()).is_ok());
        assert_eq!(fault(&objects(9)).0, TooDeep);
    }

    #[test]
    fn numbers_are_whole() {
        for text in ["[1.5]", "[1e3]", "[1.0]", "[18446744073709551616]", "[-0.0]"] {
            assert_eq!(fault(text), (NotWhole, "/0".into()), "{text}");
        }
    }

    #[test]
    fn broken_text_is_refused() {
        for text in ["", "{", "[1,]", "{} {}", "nul", "{\"a\"}", "[\"\u{1}\"]", "{'a':1}"] {
            assert_eq!(fault(text).0, Syntax, "{text}");
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err().kind, Syntax);
        assert_eq!(parse(br#""\ud800""#).unwrap_err().kind, Syntax);
    }

    #[test]
    fn an_error_repeats_no_value_and_no_odd_name() {
        assert_eq!(fault(r#"{"A123456789":{"x":1,"x":2}}"#).1, "/*/x");
        let shown = parse(br#"{"a":1,"a":"A123456789"}"#).unwrap_err().to_string();
        assert!(!shown.contains("A12"), "{shown}");
    }

    #[test]
    fn member_order_is_that_of_the_text() {
        assert_eq!(member_order(br#"{"x":1,"p":{"z":{},"a":[1]}}"#, &["p"]), ["z", "a"]);
    }
}

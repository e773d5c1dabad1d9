//! The Concordance DAT: no standard governs it; these are the delimiters that importers expect unless told otherwise.

/// Between values.
const SEPARATOR: char = '\u{14}';
/// Around every value; doubled inside.
const QUALIFIER: char = '\u{fe}';
/// In place of a line end inside a value.
const LINE_END: char = '\u{ae}';
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What Windows-1252 has at 0x80 to 0x9F; five places are empty.
const CP1252_HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The encoding of the DAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DatEncoding {
    /// UTF-8 with a byte order mark.
    #[default]
    Utf8,
    /// Windows-1252, for platforms that cannot read anything else. What it cannot hold is refused.
    Cp1252,
}

impl DatEncoding {
    /// What a file begins with.
    pub(super) fn begin(self, out: &mut Vec<u8>) {
        if self == Self::Utf8 {
            out.extend_from_slice(BOM);
        }
    }

    /// Whether a value can be written.
    pub(super) fn holds(self, value: &str) -> bool {
        self == Self::Utf8 || value.chars().all(|c| cp1252(c).is_some())
    }

    /// Writes a line.
    pub(super) fn line<T: AsRef<str>>(self, out: &mut Vec<u8>, values: &[T]) {
        let mut line = String::new();
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                line.push(SEPARATOR);
            }
            line.push(QUALIFIER);
            for c in value.as_ref().chars() {
                match c {
                    QUALIFIER => line.extend([QUALIFIER, QUALIFIER]),
                    '\n' => line.push(LINE_END),
                    c => line.push(c),
                }
            }
            line.push(QUALIFIER);
        }
        line.push_str("\r\n");
        match self {
            Self::Utf8 => out.extend_from_slice(line.as_bytes()),
            Self::Cp1252 => out.extend(line.chars().map(|c| cp1252(c).unwrap_or(b'?'))),
        }
    }
}

fn cp1252(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => CP1252_HIGH.iter().position(|high| *high == Some(c)).and_then(|at| u8::try_from(0x80 + at).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_qualified_separated_and_escaped() {
        let mut out = Vec::new();
        DatEncoding::Utf8.begin(&mut out);
        DatEncoding::Utf8.line(&mut out, &["a\u{fe}b", "", "one\ntwo"]);
        let expected =
            "\u{feff}\u{fe}a\u{fe}\u{fe}b\u{fe}\u{14}\u{fe}\u{fe}\u{14}\u{fe}one\u{ae}two\u{fe}\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn windows_1252_writes_what_it_has_and_holds_nothing_else() {
        let mut out = Vec::new();
        DatEncoding::Cp1252.line(&mut out, &["ñ€"]);
        assert_eq!(out, [0xfe, 0xf1, 0x80, 0xfe, b'\r', b'\n']);
        assert!(DatEncoding::Cp1252.holds("Oficina del Alguacil – ñ"));
        assert!(!DatEncoding::Cp1252.holds("Łódź"));
        assert!(!DatEncoding::Cp1252.holds("\u{81}"));
        assert!(DatEncoding::Utf8.holds("Łódź"));
    }
}

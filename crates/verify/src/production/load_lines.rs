//! How a row stands in the load files other than the CSV.

/// The line of the DAT file for a row, with its end.
pub fn dat_line(row: &[String], western: bool) -> Vec<u8> {
    let mut line = String::new();
    for (at, value) in row.iter().enumerate() {
        if at > 0 {
            line.push('\u{14}');
        }
        let value =
            value.replace("\r\n", "\n").replace(['\r', '\n'], "\u{ae}").replace('\u{fe}', "\u{fe}\u{fe}");
        line.push('\u{fe}');
        line.push_str(&value);
        line.push('\u{fe}');
    }
    line.push_str("\r\n");
    if western { line.chars().map(western_byte).collect() } else { line.into_bytes() }
}

/// The line of the JSON Lines file for a row, with its end.
pub fn jsonl_line(titles: &[String], row: &[String]) -> Vec<u8> {
    let text = |text: &String| serde_json::Value::from(text.as_str()).to_string();
    let members: Vec<String> =
        titles.iter().zip(row).map(|(title, value)| format!("{}:{}", text(title), text(value))).collect();
    format!("{{{}}}\n", members.join(",")).into_bytes()
}

/// What Windows-1252 has at 0x80 to 0x9F; `\0` where it has nothing.
const WESTERN: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“',
    '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// A character in Windows-1252, `?` where it has none.
fn western_byte(c: char) -> u8 {
    match u32::from(c) {
        plain @ (0..=0x7f | 0xa0..=0xff) => plain as u8,
        _ => WESTERN.iter().position(|known| *known == c).map_or(b'?', |at| 0x80 + at as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_dat_and_json_follow_from_a_row() {
        let row = ["a".to_owned(), "þ\r\n“x”\n".to_owned()];
        assert_eq!(dat_line(&row, false), "þaþ\u{14}þþþ®“x”®þ\r\n".as_bytes());
        assert_eq!(dat_line(&row, true), b"\xfea\xfe\x14\xfe\xfe\xfe\xae\x93x\x94\xae\xfe\r\n");
        assert_eq!(
            jsonl_line(&["A".into(), "B".into()], &["1".into(), "\"\n".into()]),
            b"{\"A\":\"1\",\"B\":\"\\\"\\n\"}\n"
        );
        assert_eq!(western_byte('漢'), b'?');
        assert_eq!(western_byte('€'), 0x80);
    }
}

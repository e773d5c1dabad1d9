//! A text as words without case and accents, with what stands between them.

/// Most words of one text that are looked at; the forms of the fields leave room for fewer.
const MAX_WORDS: usize = 160;
/// Most characters that people put between the groups of one number.
const JOINT_MAX_CHARS: usize = 3;

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'f> {
    /// Lower case, without accents.
    pub(super) text: &'f str,
    /// How many of its characters are digits.
    pub(super) digits: usize,
    /// Whether it is written in capitals.
    pub(super) upper: bool,
    /// What stands before it.
    pub(super) gap: Gap,
}

impl Word<'_> {
    pub(super) fn all_digits(&self) -> bool {
        self.digits == self.text.len()
    }
}

/// What stands before a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: the text begins here.
    Start,
    /// Blanks.
    Blank,
    /// Points, hyphens, slashes, without a blank.
    Tight,
    /// A few characters that people write inside a number, blanks and brackets among them.
    Joint,
    /// A comma or another mark, or too much to stand inside a number.
    Break,
}

/// A folded text.
#[derive(Debug)]
pub(super) struct Folded {
    buffer: String,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    start: usize,
    end: usize,
    digits: usize,
    lower: bool,
    gap: Gap,
}

/// The characters since the last word.
#[derive(Debug, Default, Clone, Copy)]
struct Between {
    count: usize,
    blank: bool,
    joint: bool,
    odd: bool,
}

impl Between {
    fn add(&mut self, c: char) {
        self.count += 1;
        match c {
            ' ' => self.blank = true,
            '.' | '-' | '_' | '/' | '#' | ':' | '\u{2010}'..='\u{2014}' => self.joint = true,
            '(' | ')' => (self.blank, self.joint) = (true, true),
            _ => self.odd = true,
        }
    }

    fn gap(self) -> Gap {
        match self {
            Self { odd: true, .. } => Gap::Break,
            Self { count, .. } if count > JOINT_MAX_CHARS => Gap::Break,
            Self { joint: true, blank: false, .. } => Gap::Tight,
            Self { joint: true, .. } => Gap::Joint,
            _ => Gap::Blank,
        }
    }
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let mut folded = Self { buffer: String::with_capacity(text.len()), marks: Vec::with_capacity(16) };
        let (mut inside, mut between) = (false, Between::default());
        for c in text.chars() {
            if matches!(c, '\u{300}'..='\u{36f}') {
                // Combining marks belong to the letter before them.
                continue;
            }
            if !c.is_alphanumeric() {
                inside = false;
                between.add(c);
                continue;
            }
            if !inside {
                if folded.marks.len() == MAX_WORDS {
                    break;
                }
                let at = folded.buffer.len();
                let gap = if folded.marks.is_empty() { Gap::Start } else { between.gap() };
                folded.marks.push(Mark { start: at, end: at, digits: 0, lower: false, gap });
                (inside, between) = (true, Between::default());
            }
            folded.push(c);
        }
        folded
    }

    fn push(&mut self, c: char) {
        let Some(mark) = self.marks.last_mut() else { return };
        mark.digits += usize::from(c.is_ascii_digit());
        mark.lower |= c.is_lowercase();
        if c.is_ascii() {
            self.buffer.push(c.to_ascii_lowercase());
        } else {
            let plain = c.to_lowercase().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
            self.buffer.extend(plain.map(without_accent));
        }
        mark.end = self.buffer.len();
    }

    pub(super) fn words(&self) -> Vec<Word<'_>> {
        let word = |mark: &Mark| Word {
            text: &self.buffer[mark.start..mark.end],
            digits: mark.digits,
            upper: !mark.lower,
            gap: mark.gap,
        };
        self.marks.iter().map(word).collect()
    }
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ē' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ī' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'ū' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

//! Drawing values: the same seed draws the same.

/// A value and the kind that it is counted under.
pub(crate) struct Value {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// SplitMix64; for test data only.
pub(crate) struct Draw(u64);

impl Draw {
    /// Seeded by `DAYBOOK_SEED`, else by the clock; prints the seed.
    pub(crate) fn seeded() -> Self {
        let given = std::env::var("DAYBOOK_SEED").ok().and_then(|seed| seed.parse().ok());
        let clock =
            || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        let seed = given.unwrap_or_else(clock);
        println!("DAYBOOK_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn many(&mut self, count: usize, one: fn(&mut Self) -> Value) -> Vec<Value> {
        (0..count).map(|_| one(self)).collect()
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % end as u64).unwrap()
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// One of the words of a list that is written as one text, separated by commas.
    pub(crate) fn word<'a>(&mut self, list: &'a str) -> &'a str {
        let words: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        self.pick(&words)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Fills a form: `9` is a digit, `8` one from 2 to 9, `X` a capital; `\` lets the next character stand. Everything else stands.
    pub(crate) fn fill(&mut self, form: &str) -> String {
        let mut text = String::new();
        let mut characters = form.chars();
        while let Some(c) = characters.next() {
            match c {
                '9' => text.push(char::from(b'0' + self.digit(0))),
                '8' => text.push(char::from(b'0' + self.digit(2))),
                'X' => text.push(char::from(b'A' + u8::try_from(self.below(26)).unwrap())),
                '\\' => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        text
    }

    fn digit(&mut self, least: usize) -> u8 {
        u8::try_from(least + self.below(10 - least)).unwrap()
    }

    /// Upper case, lower case or as it is.
    pub(crate) fn case(&mut self, text: String) -> String {
        match self.below(5) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text,
        }
    }
}

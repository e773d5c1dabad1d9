//! Types and departments by number: an entry keeps two bytes for each instead of a text.

use std::collections::HashMap;
use std::sync::Arc;

/// Short numbers for names that repeat.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, u16>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a name; a new one, where it comes for the first time.
    pub(super) fn number(&mut self, name: &str) -> u16 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number =
            u16::try_from(self.names.len()).expect("a ledger has fewer than 65,536 types and departments");
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u16) -> &str {
        &self.names[usize::from(number)]
    }
}

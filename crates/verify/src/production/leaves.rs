//! `leaves.csv`: every leaf of the log, alone or under a subtree, and what became of it. The roots follow from the rows.

use std::collections::BTreeMap;
use std::io::Read;

use daybook_tlog::{Frontier, Hash};

use super::hex;
use super::rows::{Lines, RowFault};

/// First line of the file, without its end.
pub const LEAVES_HEADER: &str = "first,count,hash,state";

/// What became of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeafState {
    /// Found, and its record is among the natives.
    Produced,
    /// Found, and held back as a whole.
    Withheld,
    /// Not searched for; others rest on its record.
    Authority,
    /// Not found by the search.
    NotResponsive,
    /// Came after the search.
    Later,
}

impl LeafState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Produced, Self::Withheld, Self::Authority, Self::NotResponsive, Self::Later];

    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Produced => "produced",
            Self::Withheld => "withheld",
            Self::Authority => "authority",
            Self::NotResponsive => "not_responsive",
            Self::Later => "later",
        }
    }

    /// Whether neighbouring leaves of this state are joined into subtrees.
    pub fn joins(self) -> bool {
        matches!(self, Self::NotResponsive | Self::Later)
    }

    /// Whether a leaf with this number can have the state.
    pub fn fits(self, first: u64, searched: u64) -> bool {
        match self {
            Self::Authority => true,
            Self::Later => first >= searched,
            _ => first < searched,
        }
    }
}

/// One row: a leaf, or a complete subtree of leaves of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafRow {
    /// Number of the first leaf.
    pub first: u64,
    /// How many leaves, a power of two.
    pub count: u64,
    /// The leaf's hash, or the subtree's.
    pub hash: Hash,
    /// What became of them.
    pub state: LeafState,
}

impl LeafRow {
    /// The row's line with its end.
    pub fn line(&self) -> String {
        let Self { first, count, hash, state } = self;
        format!("{first},{count},{},{}\r\n", hex::encode(hash.as_bytes()), state.name())
    }

    /// Reads a line without its end; `None` for anything that [`Self::line`] does not write.
    pub fn parse(line: &str) -> Option<Self> {
        let mut values = line.split(',');
        let mut value = || values.next();
        let (first, count) = (number(value()?)?, number(value()?)?);
        let hash = Hash(hex::decode(value()?)?);
        let state = value()?;
        let state = LeafState::ALL.into_iter().find(|known| known.name() == state)?;
        values.next().is_none().then_some(Self { first, count, hash, state })
    }
}

/// A decimal number without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// What the list says, read row by row.
#[derive(Debug)]
pub(crate) struct Leaves {
    /// The leaves that are named one by one: produced, withheld and authority.
    pub(crate) named: BTreeMap<u64, (LeafState, Hash)>,
    /// Leaves covered.
    pub(crate) size: u64,
    /// Root over all rows.
    pub(crate) root: Hash,
    /// Root over the rows that were searched.
    pub(crate) searched_root: Option<Hash>,
    /// Leaves of all other rows, so that every index is known to be one or the other.
    pub(crate) produced: u64,
    pub(crate) withheld: u64,
}

/// Reads the list; what is wrong with it as a sentence, where it is not whole.
pub(crate) fn read_leaves(file: impl Read, searched: u64) -> Result<Leaves, String> {
    let mut lines = Lines::new(file);
    let mut line = Vec::new();
    let mut tree = Frontier::new();
    let mut leaves = Leaves {
        named: BTreeMap::new(),
        size: 0,
        root: Hash::EMPTY_ROOT,
        searched_root: None,
        produced: 0,
        withheld: 0,
    };
    let mut before: Option<LeafRow> = None;
    let at = |lines: &Lines<_>, what: &str| format!("line {} {what}", lines.number);
    loop {
        line.clear();
        match lines.next(&mut line) {
            Ok(false) => break,
            Ok(true) => {}
            Err(RowFault::Io(error)) => return Err(format!("cannot be read: {error}")),
            Err(RowFault::Form(why)) => return Err(at(&lines, why)),
        }
        let text = std::str::from_utf8(&line).ok().and_then(|line| line.strip_suffix("\r\n"));
        let text = text.ok_or_else(|| at(&lines, "is not text that ends in CRLF"))?;
        if lines.number == 1 {
            if text != LEAVES_HEADER {
                return Err(at(&lines, "is not the header first,count,hash,state"));
            }
            continue;
        }
        let row =
            LeafRow::parse(text).ok_or_else(|| at(&lines, "is not a number, a count, a hash and a state"))?;
        if tree.size() == searched {
            leaves.searched_root = Some(tree.root());
        }
        check_row(&row, before.as_ref(), searched).map_err(|what| at(&lines, what))?;
        if row.first != tree.size() || !tree.push_subtree(row.count.trailing_zeros(), row.hash) {
            return Err(at(
                &lines,
                "does not begin where the row before it ends, or is no complete subtree there",
            ));
        }
        match row.state {
            LeafState::Produced => leaves.produced += 1,
            LeafState::Withheld => leaves.withheld += 1,
            _ => {}
        }
        if !row.state.joins() {
            leaves.named.insert(row.first, (row.state, row.hash));
        }
        before = Some(row);
    }
    if lines.number == 0 {
        return Err("is empty".to_owned());
    }
    if tree.size() == searched {
        leaves.searched_root = Some(tree.root());
    }
    (leaves.size, leaves.root) = (tree.size(), tree.root());
    Ok(leaves)
}

fn check_row(row: &LeafRow, before: Option<&LeafRow>, searched: u64) -> Result<(), &'static str> {
    if !row.count.is_power_of_two() || !row.first.is_multiple_of(row.count) {
        return Err(
            "covers no complete subtree: its count must be a power of two that divides its first leaf",
        );
    }
    if row.count != 1 && !row.state.joins() {
        return Err("names more than one leaf in a state that is given leaf by leaf");
    }
    let last = row.first.checked_add(row.count - 1).ok_or("is beyond any log")?;
    if !row.state.fits(row.first, searched) || !row.state.fits(last, searched) {
        return Err(
            "has a state that leaves on its side of the searched size cannot have, or lies on both sides",
        );
    }
    if let Some(before) = before {
        let same = before.state == row.state && before.count == row.count && row.state.joins();
        if same && before.first.is_multiple_of(2 * row.count) {
            return Err("is not joined with the row before it, though both are halves of one subtree");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_tlog::{leaf_hash, node_hash};

    fn leaf(n: u8) -> Hash {
        leaf_hash(&[n])
    }

    fn list(rows: &[(u64, u64, Hash, LeafState)]) -> String {
        let lines = rows.iter().map(|(first, count, hash, state)| {
            LeafRow { first: *first, count: *count, hash: *hash, state: *state }.line()
        });
        format!("{LEAVES_HEADER}\r\n{}", lines.collect::<String>())
    }

    use LeafState::{Authority, Later, NotResponsive, Produced, Withheld};

    #[test]
    fn the_roots_follow_from_the_rows() {
        let pair = node_hash(&leaf(0), &leaf(1));
        let rows = [
            (0, 2, pair, NotResponsive),
            (2, 1, leaf(2), Produced),
            (3, 1, leaf(3), Withheld),
            (4, 1, leaf(4), Authority),
            (5, 1, leaf(5), Later),
        ];
        let read = read_leaves(list(&rows).as_bytes(), 4).unwrap();
        let four = node_hash(&pair, &node_hash(&leaf(2), &leaf(3)));
        assert_eq!((read.size, read.searched_root), (6, Some(four)));
        assert_eq!(read.root, node_hash(&four, &node_hash(&leaf(4), &leaf(5))));
        assert_eq!((read.produced, read.withheld, read.named.len()), (1, 1, 3));
    }

    #[test]
    fn a_list_that_breaks_a_rule_is_refused() {
        let x = leaf(9);
        let refused = |rows: &[(u64, u64, Hash, LeafState)], words: &str| {
            let why = read_leaves(list(rows).as_bytes(), 4).unwrap_err();
            assert!(why.contains(words), "{why}");
        };
        refused(&[(1, 1, x, Produced)], "does not begin");
        refused(&[(0, 1, x, Produced), (0, 1, x, Produced)], "does not begin");
        refused(&[(0, 3, x, NotResponsive)], "power of two");
        refused(&[(0, 0, x, NotResponsive)], "power of two");
        refused(&[(0, 2, x, Produced)], "leaf by leaf");
        refused(&[(0, 8, x, NotResponsive)], "side");
        refused(&[(0, 1, x, Later)], "side");
        refused(&[(0, 4, x, NotResponsive), (4, 1, x, Withheld)], "side");
        refused(&[(0, 1, x, NotResponsive), (1, 1, x, NotResponsive)], "not joined");
        let good = list(&[(0, 1, x, Produced)]);
        for (from, to) in
            [("\r\n", "\n"), ("first", "First"), ("0,1", "00,1"), ("produced", "lost"), ("1,", "1,,")]
        {
            assert!(read_leaves(good.replacen(from, to, 1).as_bytes(), 4).is_err(), "{to:?}");
        }
        assert!(read_leaves(&b""[..], 0).is_err());
    }
}

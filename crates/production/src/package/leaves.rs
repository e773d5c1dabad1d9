//! Writing `leaves.csv` from a stored tree: what is not named leaf by leaf is joined into subtrees, so that the work grows with the leaves named
//! and the depth of the tree, never with the log.

use std::io::{self, Write};

use daybook_tlog::{HashReader, subtree_at};
use daybook_verify::production::{LEAVES_HEADER, LeafRow, LeafState};

/// Why no list was written.
#[derive(Debug, thiserror::Error)]
pub enum LeavesError<E> {
    /// A named leaf is out of order, beyond the log, or in a state that it cannot have at its place.
    #[error("leaf {0} is out of order, beyond the log, or has a state that no leaf at its place can have")]
    Named(u64),
    /// The tree could not be read.
    #[error("the stored tree could not be read")]
    Read(E),
    /// The list could not be written.
    #[error("leaves.csv could not be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes the list for a log of `size` leaves that was searched up to `searched`. `named` gives the leaves that are produced, withheld or
/// authorities, ascending.
///
/// # Errors
/// See [`LeavesError`].
pub fn write_leaves<R: HashReader>(
    tree: &R,
    size: u64,
    searched: u64,
    named: impl IntoIterator<Item = (u64, LeafState)>,
    out: &mut dyn Write,
) -> Result<(), LeavesError<R::Error>> {
    write!(out, "{LEAVES_HEADER}\r\n")?;
    let mut list = List { tree, searched: searched.min(size), out };
    let mut next = 0;
    for (index, state) in named {
        if index < next || index >= size || state.joins() || !state.fits(index, searched) {
            return Err(LeavesError::Named(index));
        }
        list.gap(next, index)?;
        list.row(index, 0, state)?;
        next = index + 1;
    }
    list.gap(next, size)
}

struct List<'a, R> {
    tree: &'a R,
    searched: u64,
    out: &'a mut dyn Write,
}

impl<R: HashReader> List<'_, R> {
    /// Leaves that nothing names, from `first` up to `end`, in the largest subtrees on either side of what was searched.
    fn gap(&mut self, first: u64, end: u64) -> Result<(), LeavesError<R::Error>> {
        let split = self.searched.clamp(first, end);
        self.joined(first, split, LeafState::NotResponsive)?;
        self.joined(split, end, LeafState::Later)
    }

    fn joined(&mut self, mut first: u64, end: u64, state: LeafState) -> Result<(), LeavesError<R::Error>> {
        while first < end {
            let height = first.trailing_zeros().min((end - first).ilog2());
            self.row(first, height, state)?;
            first += 1 << height;
        }
        Ok(())
    }

    fn row(&mut self, first: u64, height: u32, state: LeafState) -> Result<(), LeavesError<R::Error>> {
        let hash = subtree_at(self.tree, first, height).map_err(LeavesError::Read)?;
        let row = LeafRow { first, count: 1 << height, hash, state };
        Ok(self.out.write_all(row.line().as_bytes())?)
    }
}

//! Where tiles lie: the path arithmetic of C2SP tlog-tiles. No bytes, only names.

use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// The highest level that a path may name.
pub const MAX_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes: the roots of complete subtrees of `256^level` leaves.
    Hashes {
        /// 0 to 63; level 0 holds leaf hashes.
        level: u8,
    },
    /// Entries, each after its length in two big-endian bytes.
    Entries,
}

/// The name of one tile or entry bundle, relative to the log's prefix: `tile/0/x001/x234/067.p/112`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    /// What it holds.
    pub kind: TileKind,
    /// Number of the tile in its level; it covers hashes (or entries) from `index * 256` on.
    pub index: u64,
    /// Hashes (or entries) in it, 1 to 256; below 256 it is partial.
    pub width: u16,
}

/// A path that does not name a tile in the one way that C2SP tlog-tiles allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a tile path; expected e.g. tile/0/x001/067 or tile/entries/000.p/5")]
pub struct TilePathError(pub String);

impl TilePath {
    /// The tile of `kind` with number `index`, as a tree of `size` leaves has it; `None` where that tree has none.
    pub fn in_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let shift = match kind {
            TileKind::Hashes { level } => 8 * u32::from(level),
            TileKind::Entries => 0,
        };
        let stored = size.checked_shr(shift).unwrap_or(0);
        let width = stored.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { kind, index, width: width as u16 })
    }

    /// Whether it holds fewer than 256.
    pub fn is_partial(&self) -> bool {
        u64::from(self.width) < TILE_WIDTH
    }

    /// Number, in its level, of the first hash (or entry) in it.
    pub fn start(&self) -> u64 {
        self.index * TILE_WIDTH
    }
}

/// Every tile and bundle of a tree of `size` leaves: bundles first, then hash tiles from the leaves up.
pub fn tiles_at(size: u64) -> impl Iterator<Item = TilePath> {
    let levels = (0..8).map(|level| TileKind::Hashes { level });
    std::iter::once(TileKind::Entries)
        .chain(levels)
        .flat_map(move |kind| (0..).map_while(move |index| TilePath::in_tree(kind, index, size)))
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        // One path per tile: whatever the parts say, the text must be the one that they are written as.
        parse_parts(text)
            .filter(|path| path.to_string() == text)
            .ok_or_else(|| TilePathError(text.to_owned()))
    }
}

fn parse_parts(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes { level: level.parse().ok().filter(|level| *level <= MAX_LEVEL)? },
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| (1..256).contains(width))?),
        None => (rest, TILE_WIDTH as u16),
    };
    let index = number.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let value: u64 = digits.parse().ok().filter(|_| digits.len() == 3)?;
        index.checked_mul(1000)?.checked_add(value)
    })?;
    Some(TilePath { kind, index, width })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(kind: TileKind, index: u64, width: u16) -> TilePath {
        TilePath { kind, index, width }
    }

    #[test]
    fn paths_are_those_of_the_standard() {
        let leaves = TileKind::Hashes { level: 0 };
        for (tile, text) in [
            (path(leaves, 1_234_067, 256), "tile/0/x001/x234/067"),
            (path(TileKind::Hashes { level: 63 }, 0, 1), "tile/63/000.p/1"),
            (path(TileKind::Entries, 999, 255), "tile/entries/999.p/255"),
            (path(TileKind::Entries, 1000, 256), "tile/entries/x001/000"),
            (path(leaves, 1_000_000, 256), "tile/0/x001/x000/000"),
        ] {
            assert_eq!(tile.to_string(), text);
            assert_eq!(text.parse(), Ok(tile));
        }
    }

    #[test]
    fn a_second_spelling_is_refused() {
        for text in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/+1/000",
            "tile/64/000",
            "tile/0/x000/001",
            "tile/0/001/x002",
            "tile/0/x001",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000.p/256",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000/",
            "/tile/0/000",
            "tile/data/000",
            "tile/entries/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(text.parse::<TilePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_tree_of_the_standards_example_has_the_standards_tiles() {
        let names: Vec<String> = tiles_at(70_000).map(|tile| tile.to_string()).collect();
        assert_eq!(names.iter().filter(|name| name.starts_with("tile/0/")).count(), 274);
        for name in ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
            assert!(names.iter().any(|found| found == name), "{name}");
        }
        assert!(!names.iter().any(|name| name.starts_with("tile/3")));
        let names: Vec<String> = tiles_at(256).map(|tile| tile.to_string()).collect();
        assert_eq!(names, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(tiles_at(0).count(), 0);
    }
}

//! What becomes of changes that were on their way when the power fails.

/// The stretch of bytes that a failing device keeps or loses as one, bytes. Small, so that records of a few hundred
/// bytes get torn in the middle.
const SECTOR_BYTES: usize = 64;

/// What was done to a file and is not durable yet.
#[derive(Clone)]
pub(super) enum Change {
    Written { at: usize, bytes: Vec<u8> },
    Cut { len: usize },
    Swapped { bytes: Vec<u8> },
}

impl Change {
    pub(super) fn apply(self, to: &mut Vec<u8>) {
        match self {
            Change::Written { at, bytes } => write_over(to, at, &bytes),
            Change::Cut { len } => to.truncate(len),
            Change::Swapped { bytes } => *to = bytes,
        }
    }

    /// What a power failure makes of a change that was on its way.
    pub(super) fn survive(self, to: &mut Vec<u8>, dice: &mut Dice) {
        match self {
            Change::Written { at, bytes } => dice.scatter(at, &bytes, to),
            Change::Cut { len } if dice.keeps() => to.truncate(len),
            Change::Swapped { bytes } if dice.keeps() => {
                to.clear();
                dice.scatter(0, &bytes, to);
            }
            Change::Cut { .. } | Change::Swapped { .. } => {}
        }
    }
}

fn write_over(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if to.len() < at + bytes.len() {
        to.resize(at + bytes.len(), 0);
    }
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Seeded chance (SplitMix64).
pub(super) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice { seed, state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn keeps(&mut self) -> bool {
        match self.seed {
            0 => false,
            1 => true,
            _ => self.next() & 1 == 1,
        }
    }

    /// Writes those sectors that make it; the length may survive where bytes below it do not.
    fn scatter(&mut self, at: usize, bytes: &[u8], to: &mut Vec<u8>) {
        // Some changes make it nearly whole, so that there are single holes too.
        let mostly = self.keeps();
        let mut from = 0;
        while from < bytes.len() {
            let border = (at + from) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
            let until = (border - at).min(bytes.len());
            if self.keeps() || (mostly && self.keeps()) {
                write_over(to, at + from, &bytes[from..until]);
            }
            from = until;
        }
        if self.keeps() && to.len() < at + bytes.len() {
            to.resize(at + bytes.len(), 0);
        }
    }
}

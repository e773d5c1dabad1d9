//! The bytes of a ZIP (APPNOTE 6.3) as `schemas/production.md` fixes them: every header follows from name, checksum, size and place. The
//! writer writes them and the reader compares with them, so no archive has two readings.

/// Most bytes of a name in a ZIP.
pub(super) const MAX_NAME_BYTES: usize = u16::MAX as usize;

/// From here on a size or an offset is written in the ZIP64 fields.
const WIDE: u64 = u32::MAX as u64;
/// From here on the number of entries is.
const MANY: u64 = u16::MAX as u64;

pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(super) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
const WIDE_END_SIGNATURE: u32 = 0x0606_4b50;
const WIDE_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;

/// Length of the end record without a comment, bytes.
pub(super) const END_BYTES: u64 = 22;
/// Length of the ZIP64 end record and of its locator, bytes.
pub(super) const WIDE_END_BYTES: u64 = 56;
pub(super) const WIDE_LOCATOR_BYTES: u64 = 20;

const VERSION: u16 = 20;
const VERSION_WIDE: u16 = 45;
/// Made on Unix, so that the attributes mean what they say.
const UNIX: u16 = 3 << 8;
/// Names are UTF-8 (bit 11).
const FLAGS: u16 = 1 << 11;
const STORED: u16 = 0;
const TIME: u16 = 0;
/// 1 January 1980: year 0, month 1, day 1.
const DATE: u16 = 1 << 5 | 1;
/// A file that its owner may write and everybody read.
const ATTRIBUTES: u32 = 0o100644 << 16;
/// The header of the ZIP64 field.
const WIDE_FIELD: u16 = 1;

/// One file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name with the top folder.
    pub(super) name: String,
    /// CRC-32 of its bytes.
    pub(super) crc: u32,
    /// How many bytes.
    pub(super) size: u64,
    /// Where its header begins.
    pub(super) offset: u64,
}

impl Entry {
    fn is_wide(&self) -> bool {
        self.size >= WIDE || self.offset >= WIDE
    }

    fn version(&self) -> u16 {
        if self.is_wide() { VERSION_WIDE } else { VERSION }
    }

    /// What both headers have in common: from the flags to the sizes.
    fn common(&self, out: &mut Vec<u8>) {
        let short = self.size.min(WIDE) as u32;
        for half in [FLAGS, STORED, TIME, DATE] {
            out.extend(half.to_le_bytes());
        }
        for word in [self.crc, short, short] {
            out.extend(word.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
    }

    /// The header in front of the file's bytes.
    pub(super) fn local(&self) -> Vec<u8> {
        let mut out = LOCAL_SIGNATURE.to_le_bytes().to_vec();
        out.extend(self.version().to_le_bytes());
        self.common(&mut out);
        let mut field = Vec::new();
        if self.size >= WIDE {
            field.extend([self.size.to_le_bytes(), self.size.to_le_bytes()].concat());
        }
        let field = wide_field(&field);
        out.extend((field.len() as u16).to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(field);
        out
    }

    /// The header in the directory.
    pub(super) fn central(&self) -> Vec<u8> {
        let mut out = CENTRAL_SIGNATURE.to_le_bytes().to_vec();
        out.extend((UNIX | self.version()).to_le_bytes());
        out.extend(self.version().to_le_bytes());
        self.common(&mut out);
        let mut field = Vec::new();
        if self.size >= WIDE {
            field.extend([self.size.to_le_bytes(), self.size.to_le_bytes()].concat());
        }
        if self.offset >= WIDE {
            field.extend(self.offset.to_le_bytes());
        }
        let field = wide_field(&field);
        out.extend((field.len() as u16).to_le_bytes());
        // No comment, disk 0, no internal attributes.
        out.extend([0; 6]);
        out.extend(ATTRIBUTES.to_le_bytes());
        out.extend((self.offset.min(WIDE) as u32).to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(field);
        out
    }
}

fn wide_field(values: &[u8]) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    [&WIDE_FIELD.to_le_bytes(), &(values.len() as u16).to_le_bytes(), values].concat()
}

/// What stands behind the directory: the end record, and before it the ZIP64 ones where they are needed.
pub(super) fn end(entries: u64, offset: u64, size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if entries >= MANY || offset >= WIDE || size >= WIDE {
        out.extend(WIDE_END_SIGNATURE.to_le_bytes());
        out.extend((WIDE_END_BYTES - 12).to_le_bytes());
        out.extend((UNIX | VERSION_WIDE).to_le_bytes());
        out.extend(VERSION_WIDE.to_le_bytes());
        out.extend([0; 8]);
        for value in [entries, entries, size, offset] {
            out.extend(value.to_le_bytes());
        }
        out.extend(WIDE_LOCATOR_SIGNATURE.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        out.extend((offset + size).to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(END_SIGNATURE.to_le_bytes());
    out.extend([0; 4]);
    let short = entries.min(MANY) as u16;
    out.extend([short.to_le_bytes(), short.to_le_bytes()].concat());
    out.extend((size.min(WIDE) as u32).to_le_bytes());
    out.extend((offset.min(WIDE) as u32).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

/// Little-endian numbers out of a header.
pub(super) struct Fields<'b>(pub(super) &'b [u8]);

impl Fields<'_> {
    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    pub(super) fn u64(&self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }
}

/// Reads the directory header at the start of `bytes`: the entry, and the header's length. What is not as [`Entry::central`] writes it is for
/// the caller to find by comparing.
pub(super) fn read_central(bytes: &[u8]) -> Option<(Entry, usize)> {
    let fields = Fields(bytes);
    if fields.u32(0)? != CENTRAL_SIGNATURE {
        return None;
    }
    let (name_len, extra_len, comment_len) =
        (usize::from(fields.u16(28)?), usize::from(fields.u16(30)?), usize::from(fields.u16(32)?));
    let name = bytes.get(46..46 + name_len)?;
    let extra = bytes.get(46 + name_len..46 + name_len + extra_len)?;
    let wide = Fields(extra.get(4..).unwrap_or_default());
    let (mut size, mut offset) = (u64::from(fields.u32(24)?), u64::from(fields.u32(42)?));
    let mut at = 0;
    if size == WIDE {
        size = wide.u64(at)?;
        at += 16;
    }
    if offset == WIDE {
        offset = wide.u64(at)?;
    }
    let name = std::str::from_utf8(name).ok()?.to_owned();
    let length = 46 + name_len + extra_len + comment_len;
    (length <= bytes.len()).then_some((Entry { name, crc: fields.u32(16)?, size, offset }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_headers_read_back_at_every_boundary() {
        for size in [0, 1, WIDE - 1, WIDE, WIDE + 1] {
            for offset in [0, WIDE - 1, WIDE, u64::MAX] {
                let entry = Entry { name: "a/b".into(), crc: 7, size, offset };
                let bytes = entry.central();
                let (read, length) = read_central(&bytes).unwrap();
                assert_eq!((&read, length), (&entry, bytes.len()));
                assert_eq!(bytes[6], if size >= WIDE || offset >= WIDE { 45 } else { 20 });
                for end in 0..bytes.len() {
                    assert_eq!(read_central(&bytes[..end]), None);
                }
            }
        }
    }

    #[test]
    fn the_end_is_wide_where_a_number_asks_for_it() {
        assert_eq!(end(1, 10, 20).len() as u64, END_BYTES);
        let whole = WIDE_END_BYTES + WIDE_LOCATOR_BYTES + END_BYTES;
        for (entries, offset, size) in [(MANY, 0, 0), (0, WIDE, 0), (0, 0, WIDE)] {
            assert_eq!(end(entries, offset, size).len() as u64, whole);
        }
    }
}

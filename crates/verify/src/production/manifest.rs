//! The manifests of a bag (RFC 8493, section 2.1.3 and 2.2.1), in the one spelling that `sha256sum -c` and `sha512sum -c` read.

use std::collections::BTreeMap;

use super::hex;

/// A manifest: the digest of each file that it lists.
pub(crate) type Manifest<const N: usize> = BTreeMap<String, [u8; N]>;

/// The line of one file, with its end. RFC 8493 writes a percent sign, CR and LF in a name as their codes.
pub fn manifest_line(digest: &[u8], name: &str) -> String {
    format!(
        "{}  {}\n",
        hex::encode(digest),
        name.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
    )
}

/// Reads a manifest; what is wrong with it as a sentence.
pub(crate) fn read_manifest<const N: usize>(bytes: &[u8]) -> Result<Manifest<N>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let mut listed = Manifest::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let entry = read_line::<N>(line);
        let (name, digest) = entry.ok_or_else(|| format!("line {} is not a digest and a name", at + 1))?;
        if listed.insert(name, digest).is_some() {
            return Err(format!("line {} names a file that an earlier line names", at + 1));
        }
    }
    Ok(listed)
}

fn read_line<const N: usize>(line: &str) -> Option<(String, [u8; N])> {
    let (digest, name) = line.strip_suffix('\n')?.split_once("  ")?;
    let digest = hex::decode(digest)?;
    let plain = name.replace("%25", "%");
    // Names with CR or LF are not in a package, so the percent sign is all that is ever written as a code.
    (manifest_line(&digest, &plain) == line).then_some((plain, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let text =
            format!("{}{}", manifest_line(&[0xab; 32], "data/a b"), manifest_line(&[2; 32], "data/100%"));
        assert!(text.ends_with("data/100%25\n"));
        let read = read_manifest::<32>(text.as_bytes()).unwrap();
        assert_eq!(read["data/a b"], [0xab; 32]);
        assert_eq!(read["data/100%"], [2; 32]);
        let twice = text.repeat(2);
        for bad in [&twice, &text[..text.len() - 1], &text.replace("  ", " "), &text.to_uppercase(), "\n"] {
            assert!(read_manifest::<32>(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

//! Where the files of a document are.

use crate::model::BatesRange;

/// The volume's name.
pub const VOLUME: &str = "VOL001";

/// Files in a numbered folder at most.
pub const FILES_PER_FOLDER: u64 = 1_000;

/// The native file of the document that is the `ordinal`-th of its production, from 0; under `data/`.
pub fn native_path(bates: &BatesRange, ordinal: u64) -> String {
    path("NATIVES", "NATIVE", bates, ordinal, "json")
}

/// Its text.
pub fn text_path(bates: &BatesRange, ordinal: u64) -> String {
    path("TEXT", "TEXT", bates, ordinal, "txt")
}

/// Its PDF.
pub fn image_path(bates: &BatesRange, ordinal: u64) -> String {
    path("IMAGES", "IMG", bates, ordinal, "pdf")
}

/// The path as load files write it: from the volume on, with backslashes.
pub(super) fn in_load_file(path: &str) -> String {
    format!(".\\{}", path.trim_start_matches("data/").replace('/', "\\"))
}

fn path(kind: &str, folder: &str, bates: &BatesRange, ordinal: u64, ending: &str) -> String {
    let number = ordinal / FILES_PER_FOLDER + 1;
    format!("data/{VOLUME}/{kind}/{folder}{number:03}/{}.{ending}", bates.begin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_files_fill_a_folder_and_the_next_goes_on() {
        let bates = BatesRange { prefix: "DAYB-".into(), first: 1_001, last: 1_002 };
        assert_eq!(native_path(&bates, 999), "data/VOL001/NATIVES/NATIVE001/DAYB-00001001.json");
        assert_eq!(text_path(&bates, 1_000), "data/VOL001/TEXT/TEXT002/DAYB-00001001.txt");
        let image = image_path(&bates, 1_000);
        assert_eq!(in_load_file(&image), r".\VOL001\IMAGES\IMG002\DAYB-00001001.pdf");
    }
}

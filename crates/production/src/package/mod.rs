//! The package: a bag, in a ZIP whose bytes follow from its files, and what proves it.

mod archive;
mod bag;
mod leaves;
mod record;
mod zip_form;

pub use archive::{ArchivePackage, ArchiveWriter};
pub use bag::{BagWriter, DirSink, MemorySink, Sink};
pub use leaves::{LeavesError, write_leaves};
pub use record::{MakeRecordError, make_record};

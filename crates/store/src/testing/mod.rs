//! What tests of this crate and of others use: a disk that fails, the suite that every provider of
//! [`Storage`](crate::Storage) passes, and sample material. Behind the feature `testing`.

mod change;
mod contract;
mod faulty;
mod sample;

pub use contract::storage_contract;
pub use faulty::{Fault, FaultyDisk};
pub use sample::{
    SampleEntry, SampleLedger, SeededEntropy, new_entries, sample_entries, sample_entries_sized,
    sample_papers, seal,
};

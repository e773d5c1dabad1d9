//! What tests of this crate and of others use: a disk that fails, the suite that every provider of
//! [`Storage`](crate::Storage) passes, and sample material. Behind the feature `testing`.

mod contract;
mod faulty;

pub use contract::storage_contract;
pub use faulty::{Fault, FaultyDisk};

//! RFC 6962 tree, tiles, signed notes, checkpoints and proofs (C2SP). Pure: no I/O.
#![forbid(unsafe_code)]

//! Signed events: catalogue, SD-JWT issuing and verifying, producer keys and sequences. Pure: no I/O.
#![forbid(unsafe_code)]

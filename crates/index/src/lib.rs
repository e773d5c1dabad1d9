//! Derived state in sled: key registry, producers' heads, duplicates. May be deleted and rebuilt.
#![forbid(unsafe_code)]

//! Figures over ledgers in memory.

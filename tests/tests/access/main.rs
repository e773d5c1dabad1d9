//! Auditors' access through the whole service: who may do what, a record of every look, erasing for good.

mod city;
mod erasing;
mod index;
mod load;
mod matrix;
mod records;
mod refusals;

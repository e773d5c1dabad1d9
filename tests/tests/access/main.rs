//! Auditors' access through the whole service: who may do what, a record of every look, erasing for good.

#![allow(clippy::print_stdout, reason = "a run prints what it saw")]

mod city;
mod commands;
mod damage;
mod erasing;
mod exports;
mod fields;
mod index;
mod load;
mod matrix;
mod openapi;
mod productions;
mod records;
mod refusals;
mod turns;

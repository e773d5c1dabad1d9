//! Withholding small figures, and as many others as it takes that nobody can work the small ones out.
//!
//! # What a reader sees, and what the rule is
//!
//! All figures of a public report count *facts*: things that happened, each with a value on every axis (kind, answer, half-year …). A figure
//! is the number of facts in a [`Region`] of that space. So every relation that a reader could use (rows that add up, the same cell in two
//! tables, a half-year inside a year, a rate and its rest) follows from the facts, and none has to be listed or can be forgotten.
//!
//! 1. **Small figures.** A count from 1 to [`Params::small_up_to`] is withheld, and a zero too, unless it stands in a row whose total is at
//!    least [`Params::zero_row_at_least`] (Washington's rule for health figures: below ten, and nothing that gives it away by subtraction).
//! 2. **Others.** Further figures are withheld until every withheld figure is *protected*. The cheapest are taken: the sum of the
//!    withheld counts is kept low, so inner cells go before totals. Totals go too where nothing else helps.
//!
//! # What is guaranteed
//!
//! A withheld figure is protected when there are at least [`Params::min_values`] whole tables of facts, the true one among them, that agree
//! with **every** published figure and give **different** values for it. The tables are made explicitly, in whole numbers, none negative, and
//! checked from the ground up before [`protect`] returns; there is no rounding and no search whose failure could be taken for safety: if the
//! tables are not found, more is withheld or the report is refused. Since two such tables differ in the figure, no linear algebra on the
//! published figures gives it; since they are whole and not negative, neither does any bound that follows from that.
//!
//! The tables also keep what a reader might know about the reasons: a figure that was withheld because it is small stays between 1 (0 where
//! zeros are withheld in its row) and the threshold, and one that was withheld to protect others stays above the threshold. So it
//! does not help to guess which is which. (A zero that had to be withheld for others may take any value.)
//!
//! Also protected are small figures that no table shows but subtraction gives: the rest of a rate, the difference of two
//! nested periods, a category left out ([`Role::Implied`]).
//!
//! # What is not
//!
//! * Somebody who knows facts of their own (their own case, the press) can subtract them.
//! * Somebody who runs this same code on each alternative table and compares which figures it would have withheld may exclude some.
//! * A small *sum* of several withheld figures may be left over by subtraction; each of them is protected, their sum is not one of the figures.
//! * Figures of an earlier report are protected against only if they are passed in as [`Role::Known`].

mod prices;
mod primary;
mod problem;
mod protect;
mod search;
mod world;

pub use primary::primary;
pub use problem::{
    Atom, Facts, Figure, MAX_AXES, MAX_FIGURES, Params, Problem, ProblemFault, Reason, Region, Role,
};
pub use protect::{Protection, Unprotectable, protect};

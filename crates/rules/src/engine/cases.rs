//! Cases: events of the same matter, and events that are linked with each other.
//!
//! An event and everything that it names (its matter, the events that it links to) are nodes of a graph; a case is a connected part of it. A link
//! to an event that is not there yet is a node already, so the case comes together when the event arrives, in whatever order.

use std::collections::HashMap;

use daybook_event::Jti;

use crate::fact::{Fact, Rel};

/// Most events of one case that rules look through. What is larger is no case of a person but a fault of a producer; its verdicts are
/// undetermined, and the events can still be read.
pub const CASE_EVENTS_MAX: usize = 4_096;

/// A case while the graph grows; it may be merged into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CaseNumber(u32);

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    nodes: HashMap<u128, u32>,
    parents: Vec<u32>,
    members: Vec<Vec<u64>>,
    /// Cases in which an event says that it corrects another.
    corrected: Vec<bool>,
}

/// What adding an event did.
pub(crate) struct Added {
    /// Its case.
    pub(crate) case: CaseNumber,
    /// Whether cases that had events before became one.
    pub(crate) merged: bool,
}

impl Cases {
    /// Adds an event.
    pub(crate) fn add(&mut self, fact: &Fact) -> Added {
        let mut case = self.node(node_of_jti(&fact.jti));
        let mut merged = !self.members[case as usize].is_empty();
        let links = fact.links.iter().map(|(_, jti)| node_of_jti(jti));
        let nodes: Vec<u128> = links.chain(fact.matter.map(|matter| u128::from_be_bytes(matter.0))).collect();
        let mut with_events = usize::from(merged);
        for node in nodes {
            let other = self.node(node);
            if other != case {
                with_events += usize::from(!self.members[other as usize].is_empty());
                case = self.unite(case, other);
            }
        }
        merged = with_events > 1;
        self.members[case as usize].push(fact.entry);
        self.corrected[case as usize] |= fact.links.iter().any(|(rel, _)| *rel == Rel::Corrects);
        Added { case: CaseNumber(case), merged }
    }

    /// The case of an event that was added or is linked to.
    pub(crate) fn of(&self, jti: &Jti) -> Option<CaseNumber> {
        self.nodes.get(&node_of_jti(jti)).map(|case| CaseNumber(self.root(*case)))
    }

    /// The case of a matter.
    pub(crate) fn of_matter(&self, matter: crate::fact::MatterKey) -> Option<CaseNumber> {
        self.nodes.get(&u128::from_be_bytes(matter.0)).map(|case| CaseNumber(self.root(*case)))
    }

    /// Whether an event of it says that it corrects another.
    pub(crate) fn has_corrections(&self, case: CaseNumber) -> bool {
        self.corrected[self.root(case.0) as usize]
    }

    /// Its events, in no particular order.
    pub(crate) fn events(&self, case: CaseNumber) -> &[u64] {
        &self.members[self.root(case.0) as usize]
    }

    fn node(&mut self, node: u128) -> u32 {
        let next = u32::try_from(self.parents.len()).expect("a ledger in memory has fewer than 2^32 cases");
        let found = *self.nodes.entry(node).or_insert(next);
        if found == next {
            self.parents.push(next);
            self.members.push(Vec::new());
            self.corrected.push(false);
            return next;
        }
        let root = self.root(found);
        self.parents[found as usize] = root;
        root
    }

    fn root(&self, mut case: u32) -> u32 {
        while self.parents[case as usize] != case {
            case = self.parents[case as usize];
        }
        case
    }

    fn unite(&mut self, a: u32, b: u32) -> u32 {
        let (small, large) =
            if self.members[a as usize].len() < self.members[b as usize].len() { (a, b) } else { (b, a) };
        let moved = std::mem::take(&mut self.members[small as usize]);
        self.members[large as usize].extend(moved);
        self.parents[small as usize] = large;
        self.corrected[large as usize] |= self.corrected[small as usize];
        large
    }
}

/// Identifiers are random, and so are matter keys: 128 bits of either never meet.
fn node_of_jti(jti: &Jti) -> u128 {
    u128::from_be_bytes(*jti.as_bytes())
}

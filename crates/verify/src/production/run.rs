//! All checks, one after another.

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

use daybook_event::Catalogue;
use rayon::prelude::*;

use super::bag::{Bag, Digests, is_tag_manifest};
use super::code::Check;
use super::complete::check_complete;
use super::keys::Keys;
use super::load::{Numbered, check_load};
use super::look::{Glass, Looked, Role, Seen};
use super::names::{
    AUTHORITY, BAG_RECORD, NATIVES, STATEMENT, authority_index, is_production, name_fault, native_bates,
};
use super::record::MAX_RECORD_BYTES;
use super::redactions::check_redactions;
use super::report::{Findings, NOT_PROVED, ProductionCounts, ProductionReport};
use super::source::PackageSource;
use super::statement::{check_statement, fields, text};
use super::trust::{Trust, Trusted};

/// Files looked at together; then progress is told and the findings are gathered in order.
const CHUNK_FILES: usize = 256;

/// How a production is looked at.
#[derive(Clone, Copy, Debug)]
pub struct ProductionOptions<'a> {
    /// Threads to use; `None` for one per core.
    pub threads: Option<usize>,
    /// The event types.
    pub catalogue: &'a Catalogue,
}

impl Default for ProductionOptions<'static> {
    /// All cores, and the built-in catalogue.
    fn default() -> Self {
        Self { threads: None, catalogue: Catalogue::builtin() }
    }
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductionProgress {
    /// Files looked at.
    pub done: u64,
    /// Files of the package.
    pub total: u64,
}

/// Makes every check of `schemas/production.md`. The report's `duration_ms` is left at 0 for the caller, who has a clock.
pub fn verify_production(
    source: &dyn PackageSource,
    trusted: Trusted<'_>,
    options: &ProductionOptions<'_>,
    progress: &(dyn Fn(ProductionProgress) + Sync),
) -> ProductionReport {
    let run = || Run::new(source, options, progress).all(trusted);
    let pool = options.threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    match pool {
        // Without a pool of the size asked for, the shared one gives the same verdict.
        None | Some(Err(_)) => run(),
        Some(Ok(pool)) => pool.install(run),
    }
}

struct Run<'a> {
    source: &'a dyn PackageSource,
    options: &'a ProductionOptions<'a>,
    progress: &'a (dyn Fn(ProductionProgress) + Sync),
    names: Arc<Vec<String>>,
    done: u64,
    findings: Findings,
    report: ProductionReport,
}

impl<'a> Run<'a> {
    fn new(
        source: &'a dyn PackageSource,
        options: &'a ProductionOptions<'a>,
        progress: &'a (dyn Fn(ProductionProgress) + Sync),
    ) -> Self {
        let report = ProductionReport {
            ok: false,
            code: None,
            production: None,
            origin: None,
            log_key: None,
            fingerprint: None,
            size: None,
            root: None,
            searched_size: None,
            checks: Vec::new(),
            counts: ProductionCounts::default(),
            documents: Default::default(),
            not_proved: NOT_PROVED,
            duration_ms: 0,
        };
        Self {
            source,
            options,
            progress,
            names: Arc::default(),
            done: 0,
            findings: Findings::default(),
            report,
        }
    }

    fn all(mut self, trusted: Trusted<'_>) -> ProductionReport {
        if self.package() {
            self.inside(trusted);
        } else {
            Check::ALL.into_iter().skip(1).for_each(|check| self.findings.not_done(check));
        }
        let mut report = self.report;
        report.checks = self.findings.into_checks();
        report.code = report.checks.iter().find(|check| !check.faults.is_empty()).map(|check| check.code);
        report.ok = report.code.is_none();
        report
    }

    /// The container and its names; whether there is anything to look at.
    fn package(&mut self) -> bool {
        for (file, what) in self.source.faults() {
            self.findings.add(Check::Package, file.as_deref(), None, what);
        }
        let mut names = match self.source.names() {
            Ok(names) => names,
            Err(error) => {
                self.findings.add(Check::Package, None, None, format!("the files cannot be listed: {error}"));
                return false;
            }
        };
        names.sort();
        if let Some(top) = self.source.top()
            && !is_production(top)
        {
            let what = "the top folder's name is not that of a production: a Bates prefix, P and four digits";
            self.findings.add(Check::Package, None, None, what);
        }
        let (mut exact, mut folded) = (HashSet::new(), HashSet::new());
        for name in &names {
            if let Some(what) = name_fault(name) {
                self.findings.file(Check::Package, name, what);
            }
            if !exact.insert(name.as_str()) {
                self.findings.file(Check::Package, name, "two files have this name");
            } else if !folded.insert(name.to_lowercase()) {
                self.findings.file(
                    Check::Package,
                    name,
                    "another file's name differs from this one in case only",
                );
            }
        }
        drop((exact, folded));
        names.dedup();
        self.names = Arc::new(names);
        self.report.counts.files = self.names.len() as u64;
        !self.names.is_empty()
    }

    fn inside(&mut self, trusted: Trusted<'_>) {
        let names = Arc::clone(&self.names);
        let bag = Bag::read(self.source, &names, &mut self.findings);
        self.report.counts.bytes += bag.bytes;
        let trust = Trust::read(self.source, trusted, &mut self.findings, &mut self.report);
        let parts = Parts::of(&names);
        self.misnamed(&parts);

        let glass = Glass { trust: &trust, catalogue: self.options.catalogue, keys: None };
        let mut authorities =
            self.look(&bag, &glass, &parts.authorities, |name| Role::Authority(authority_index(name)));
        authorities.sort_by_key(|looked| looked.seen.as_ref().map_or(u64::MAX, |seen| seen.index));
        let keys = Keys::fold(&authorities, &mut self.findings);
        self.report.counts.signatures += keys.signatures;

        let glass = Glass { keys: Some(&keys.known), ..glass };
        let mut single = |name: &str, role| {
            let there: &[&str] = if names.iter().any(|known| known == name) { &[name] } else { &[] };
            self.look(&bag, &glass, there, |_| role).pop().unwrap_or_default()
        };
        let statement = single(STATEMENT, Role::Statement);
        let bag_record = single(BAG_RECORD, Role::Bag);
        let looked = self.look(&bag, &glass, &parts.natives, |_| Role::Native);
        let mut natives: Vec<Seen<'_>> = looked.into_iter().filter_map(|looked| looked.seen).collect();
        natives.sort_by_key(|native| native.index);
        self.hash(&bag, &parts.others);

        let singles = || [&statement, &bag_record].into_iter().filter_map(|looked| looked.seen.as_ref());
        let mut signed: Vec<&Seen<'_>> = natives.iter().chain(singles()).collect();
        signed.sort_by_key(|seen| seen.index);
        keys.check(signed.into_iter(), &mut self.findings);

        let top = self.source.top();
        let name =
            check_statement(&statement, &bag_record, &trust, bag.hash.as_ref(), top, &mut self.findings);
        let others: Vec<&Seen<'_>> =
            authorities.iter().filter_map(|looked| looked.seen.as_ref()).chain(singles()).collect();
        self.contents(&trust, &natives, &authorities, &others, name.as_deref());
        self.count(&trust, &natives, authorities.len());
        self.report.production = name;
    }

    /// Completeness, redactions and load files.
    fn contents(
        &mut self,
        trust: &Trust,
        natives: &[Seen<'_>],
        authorities: &[Looked<'_>],
        others: &[&Seen<'_>],
        name: Option<&str>,
    ) {
        let sealed = match &trust.leaves {
            Some(leaves) => check_complete(self.source, leaves, natives, others, &mut self.findings),
            None => {
                self.findings.not_done(Check::Complete);
                Vec::new()
            }
        };
        let counts = &mut self.report.counts;
        let redacted =
            check_redactions(self.source, natives, authorities, &sealed, &mut self.findings, counts);
        let numbered = authorities.iter().rev().find_map(|looked| numbered(looked, name?));
        check_load(self.source, &self.names, natives, &redacted, numbered.as_ref(), &mut self.findings);
    }

    fn count(&mut self, trust: &Trust, natives: &[Seen<'_>], authorities: usize) {
        let counts = &mut self.report.counts;
        counts.produced = natives.len() as u64;
        counts.withheld = trust.leaves.as_ref().map_or(0, |leaves| leaves.withheld);
        counts.authority = authorities as u64;
        for native in natives {
            counts.slots_shown += native.shown;
            counts.slots_absent += native.absent;
            *self.report.documents.entry(native.ty.name().to_string()).or_default() += 1;
        }
    }

    /// Files where only records of a certain name may be.
    fn misnamed(&mut self, parts: &Parts<'_>) {
        for name in &parts.authorities {
            if authority_index(name).is_none() {
                self.findings.file(Check::Record, name, "a file in AUTHORITY is named <index>.json");
            }
        }
        for name in &parts.natives {
            if native_bates(name).is_none() {
                self.findings.file(
                    Check::Record,
                    name,
                    "a file in NATIVES is named NATIVE<number>/<Bates>.json",
                );
            }
        }
    }

    /// Reads files as records, digests and all; what they gave, in the order of the names.
    fn look<'c>(
        &mut self,
        bag: &Bag,
        glass: &Glass<'_, 'c>,
        names: &[&str],
        role: impl Fn(&str) -> Role + Sync,
    ) -> Vec<Looked<'c>> {
        let mut out = Vec::with_capacity(names.len());
        for chunk in names.chunks(CHUNK_FILES) {
            let looked: Vec<(Looked<'c>, Option<Digests>)> =
                chunk.par_iter().map(|name| look_one(self.source, bag, glass, name, role(name))).collect();
            for (mut looked, digests) in looked {
                for (check, fault) in looked.faults.drain(..) {
                    self.findings.put(check, fault);
                }
                self.report.counts.signatures += u64::from(looked.signed);
                self.report.counts.bytes += digests.map_or(0, |digests| digests.bytes);
                out.push(looked);
            }
            self.tell(chunk.len());
        }
        out
    }

    /// Reads all other files for their digests.
    fn hash(&mut self, bag: &Bag, names: &[&str]) {
        for chunk in names.chunks(CHUNK_FILES) {
            let hashed: Vec<(&str, Result<Digests, String>)> =
                chunk.par_iter().map(|name| (*name, digest(self.source, name))).collect();
            for (name, digests) in hashed {
                match digests {
                    Err(what) => self.findings.file(Check::Package, name, what),
                    Ok(digests) => {
                        self.report.counts.bytes += digests.bytes;
                        for (check, what) in bag.compare(name, &digests) {
                            self.findings.file(check, name, what);
                        }
                    }
                }
            }
            self.tell(chunk.len());
        }
    }

    fn tell(&mut self, files: usize) {
        self.done += files as u64;
        (self.progress)(ProductionProgress { done: self.done, total: self.names.len() as u64 });
    }
}

/// The names of a package by what is done with the files.
#[derive(Default)]
struct Parts<'n> {
    authorities: Vec<&'n str>,
    natives: Vec<&'n str>,
    others: Vec<&'n str>,
}

impl<'n> Parts<'n> {
    fn of(names: &'n [String]) -> Self {
        let mut parts = Self::default();
        for name in names.iter().map(String::as_str) {
            match name {
                STATEMENT | BAG_RECORD => {}
                _ if is_tag_manifest(name) => {}
                _ if name.starts_with(AUTHORITY) => parts.authorities.push(name),
                _ if name.starts_with(NATIVES) => parts.natives.push(name),
                _ => parts.others.push(name),
            }
        }
        parts
    }
}

fn look_one<'c>(
    source: &dyn PackageSource,
    bag: &Bag,
    glass: &Glass<'_, 'c>,
    name: &str,
    role: Role,
) -> (Looked<'c>, Option<Digests>) {
    let mut failed = Looked::default();
    let fault = |check, what: String| {
        (check, super::report::Fault { file: Some(name.to_owned()), index: None, what })
    };
    let mut bytes = Vec::new();
    let read = match source.open(name) {
        Ok(Some(reader)) => reader.take(MAX_RECORD_BYTES as u64 + 1).read_to_end(&mut bytes).map(drop),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = read {
        failed.faults.push(fault(Check::Package, format!("this file cannot be read: {error}")));
        return (failed, None);
    }
    if bytes.len() > MAX_RECORD_BYTES {
        // Too large for a record; its digest is still compared.
        failed.faults.push(fault(Check::Record, "this file is larger than any record".to_owned()));
        let digests = digest(source, name);
        match &digests {
            Ok(digests) => {
                failed.faults.extend(bag.compare(name, digests).into_iter().map(|(c, what)| fault(c, what)))
            }
            Err(what) => failed.faults.push(fault(Check::Package, what.clone())),
        }
        return (failed, digests.ok());
    }
    let digests = Digests::of(&bytes);
    let mut looked = glass.look(name, role, &bytes);
    looked.faults.extend(bag.compare(name, &digests).into_iter().map(|(check, what)| fault(check, what)));
    (looked, Some(digests))
}

fn digest(source: &dyn PackageSource, name: &str) -> Result<Digests, String> {
    let failed = |error: std::io::Error| format!("this file cannot be read: {error}");
    match source.open(name).map_err(failed)? {
        Some(reader) => Digests::of_stream(reader).map_err(failed),
        None => Err("this file is listed, and cannot be opened".to_owned()),
    }
}

/// The Bates numbers that an authority gives to the production of this name.
fn numbered(looked: &Looked<'_>, production: &str) -> Option<Numbered> {
    let fields = fields(looked, "production.numbered")?;
    let number = |name: &str| fields.get(name).and_then(serde_json::Value::as_u64);
    (text(fields, "production")? == production).then_some(())?;
    let prefix = text(fields, "bates_prefix")?.to_owned();
    Some(Numbered { prefix, first: number("first")?, last: number("last")? })
}

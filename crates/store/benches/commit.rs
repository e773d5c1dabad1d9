//! What a commit costs: batches of 1,000 events with a JWT of 1.8 KB, 600 bytes of R and 300 bytes of W disclosures.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use daybook_store::testing::{
    FaultyDisk, SampleLedger, new_entries, sample_entries_sized, sample_papers, seal,
};
use daybook_store::{Disk, Storage};

const BATCH: usize = 1_000;

fn commit(c: &mut Criterion) {
    let samples = sample_entries_sized(BATCH, 1_800, 600, 300);
    let batch = new_entries(&samples);
    let mut group = c.benchmark_group("commit 1,000 entries");
    group.throughput(Throughput::Elements(BATCH as u64));
    let dir = tempfile::tempdir().expect("make a temporary directory");
    let disk: Arc<dyn Storage> = Arc::new(Disk::open(dir.path()).expect("open it"));
    let ledger = SampleLedger::on(disk);
    ledger.create().expect("create a ledger");
    let (mut writer, _) = ledger.open().expect("open it");
    group.bench_function("disk", |b| b.iter(|| writer.commit(&batch).expect("commit")));
    group.finish();
}

/// Sealing alone: 1,000 events of the shape of `paper.classified`. With `RAYON_NUM_THREADS=1` the figure is CPU per event.
fn sealing(c: &mut Criterion) {
    let samples = sample_papers(BATCH);
    let batch = new_entries(&samples);
    let ledger = SampleLedger::on(Arc::new(FaultyDisk::new()));
    let mut group = c.benchmark_group("seal 1,000 papers");
    group.throughput(Throughput::Elements(BATCH as u64));
    let mut first = 0;
    group.bench_function("sealed", |b| {
        b.iter(|| {
            first += BATCH as u64;
            seal(&ledger.keyring, SampleLedger::ORIGIN, first, &batch).expect("sealed")
        });
    });
    group.finish();
}

/// Deriving keys one after the other, and one by itself.
fn keys(c: &mut Criterion) {
    let ledger = SampleLedger::on(Arc::new(FaultyDisk::new()));
    let mut group = c.benchmark_group("key");
    let mut entry = 0;
    let mut walk = ledger.keyring.walk();
    group.bench_function("in sequence", |b| {
        b.iter(|| {
            entry += 1;
            walk.key(entry, daybook_store::Class::R, 1)
        });
    });
    group.bench_function("by itself", |b| b.iter(|| ledger.keyring.key(77, daybook_store::Class::W, 0)));
    group.finish();
}

criterion_group!(benches, commit, sealing, keys);
criterion_main!(benches);

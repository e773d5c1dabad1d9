//! What a proof costs: making one from a batch or from stored levels, and checking it.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use daybook_tlog::{
    BatchProver, Frontier, Hash, HashReader, LevelAppender, check_inclusion, leaf_hash, prove_inclusion,
};

struct Levels(Vec<Vec<Hash>>);

impl HashReader for Levels {
    type Error = std::convert::Infallible;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        Ok(self.0[level as usize][start as usize..start as usize + count].to_vec())
    }
}

fn proofs(c: &mut Criterion) {
    let size = 1_000_000_u64;
    let mut appender = LevelAppender::new(Frontier::new());
    let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    leaves.iter().for_each(|leaf| appender.push(*leaf));
    let root = appender.frontier().root();
    let levels = Levels(appender.drain_all().into_iter().map(|run| run.hashes).collect());
    let path = prove_inclusion(&levels, 123_456, size).expect("memory does not fail");

    c.bench_function("prove inclusion, stored, 1M leaves", |b| {
        b.iter(|| prove_inclusion(&levels, black_box(123_456), size));
    });
    c.bench_function("check inclusion, 1M leaves", |b| {
        b.iter(|| check_inclusion(123_456, size, &leaves[123_456], black_box(&path), &root));
    });
    let mut before = Frontier::new();
    leaves[..900_000].iter().for_each(|leaf| before.push(*leaf));
    c.bench_function("batch of 1000: build and all paths", |b| {
        b.iter(|| {
            let batch = BatchProver::new(&before, black_box(&leaves[900_000..901_000]));
            (900_000..901_000).map(|index| batch.path(index).len()).sum::<usize>()
        });
    });
}

criterion_group!(benches, proofs);
criterion_main!(benches);

//! Signatures: one by one against many at once, over messages of the size of an event.
#![allow(missing_docs)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use daybook_event::{SignatureItem, SigningKey, verify_batch};

const MESSAGE_BYTES: usize = 1_500;
const KEYS: u8 = 16;

fn signatures(c: &mut Criterion) {
    let keys: Vec<SigningKey> = (0..KEYS).map(|n| SigningKey::from_seed([n; 32])).collect();
    let publics: Vec<_> = keys.iter().map(SigningKey::public).collect();
    let signed: Vec<(usize, Vec<u8>, [u8; 64])> = (0..2_048usize)
        .map(|n| {
            let message: Vec<u8> = n.to_be_bytes().iter().copied().cycle().take(MESSAGE_BYTES).collect();
            let key = n % usize::from(KEYS);
            let signature = keys[key].sign(&message);
            (key, message, signature)
        })
        .collect();
    let items: Vec<SignatureItem<'_>> = signed
        .iter()
        .map(|(key, message, signature)| SignatureItem { key: &publics[*key], message, signature })
        .collect();

    let mut group = c.benchmark_group("signatures");
    group.sample_size(20);
    group.throughput(Throughput::Elements(1));
    group.bench_function("strict", |b| {
        let mut turn = items.iter().cycle();
        b.iter(|| turn.next().is_some_and(|item| item.key.verify_strict(item.message, item.signature)));
    });
    for size in [96usize, 128, 256, 512, 1_024, 2_048] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::new("batch", size), |b| {
            b.iter(|| assert!(verify_batch(&items[..size]).into_iter().all(|valid| valid)));
        });
    }
    group.throughput(Throughput::Elements(1_024));
    group.bench_function("batch of 1024 with one bad", |b| {
        // Well formed, but over another message, so that the whole batch is tried, halved and tried again.
        let mut items = items[..1_024].to_vec();
        items[700].signature = items[701].signature;
        b.iter_batched(|| items.clone(), |items| verify_batch(&items), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, signatures);
criterion_main!(benches);

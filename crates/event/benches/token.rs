//! An event of about 3 KB: split, decode and read, then check what it says.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use daybook_event::{
    Catalogue, Draft, OsEntropy, Position, SigningKey, Token, check_content, check_public, issue,
};

fn token(c: &mut Criterion) {
    let cat = Catalogue::builtin();
    let ty = cat.latest("release.notice_sent").expect("the type is in the catalogue");
    let draft =
        Draft::new(ty.name().clone(), ty.example().as_object().expect("an example is an object").clone());
    let (iss, aud) = (
        "sheriff/jail-records".parse().expect("an issuer"),
        "ledger.example/daybook".parse().expect("an origin"),
    );
    let key = SigningKey::from_seed([1; 32]);
    let at = Position::first(&aud);
    let signed = issue(&draft, &iss, &aud, at, &key, cat, &mut OsEntropy).expect("the example is valid");
    let compact = signed.compact.as_bytes();
    let parsed = Token::parse(compact).expect("what was issued parses");

    let mut group =
        c.benchmark_group(format!("event of {} bytes, {} slots", compact.len(), ty.slots().len()));
    group.throughput(Throughput::Bytes(compact.len() as u64));
    group.bench_function("parse", |b| b.iter(|| Token::parse(compact).map(|token| token.jwt_hash())));
    group
        .bench_function("content", |b| b.iter(|| check_content(&parsed, cat).map(|content| content.r.len())));
    group.bench_function("parse and content", |b| {
        b.iter(|| {
            Token::parse(compact).and_then(|token| check_content(&token, cat).map(|content| content.r.len()))
        })
    });
    group.bench_function("parse and public", |b| {
        b.iter(|| Token::parse_jwt(signed.jwt()).and_then(|token| check_public(&token, cat)))
    });
    group.bench_function("issue", |b| {
        b.iter(|| issue(&draft, &iss, &aud, at, &key, cat, &mut OsEntropy).map(|signed| signed.jwt_len))
    });
    group.finish();
}

criterion_group!(benches, token);
criterion_main!(benches);

//! The backlog: realistic events of many producers, signed and put into JetStream.

use std::path::Path;

use daybook_event::{
    Catalogue, Class, Draft, Entropy as _, Issuer, Origin, OsEntropy, Position, PublicKey, SigningKey, Token,
    issue,
};
use daybook_ledger::open::Layout;
use daybook_producer::Home;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Map, Value};

use super::Fault;

/// The type of event in the backlog.
const EVENT: &str = "paper.classified";
/// Events signed and published at a time.
const ROUND: usize = 16_384;
/// Publishes that wait for the bus's acknowledgement.
const IN_FLIGHT: usize = 1_024;
/// Different signatures that the baseline goes round.
const BASELINE_SAMPLE: usize = 4_096;

/// What the backlog is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Classified papers, each in a matter of its own.
    Papers,
    /// Whole matters, from the request to the answer.
    Matters,
}

/// One producer of the bench.
pub(super) struct Bench {
    shape: Shape,
    /// How many events it has signed, and the matter that is under way.
    signed: u64,
    matter: String,
    iss: Issuer,
    origin: Origin,
    key: SigningKey,
    at: Position,
}

impl Bench {
    /// `count` producers with new keys.
    pub(super) fn producers(count: usize, origin: &Origin, shape: Shape) -> Result<Vec<Self>, Fault> {
        (0..count)
            .map(|i| {
                Ok(Self {
                    shape,
                    signed: 0,
                    matter: String::new(),
                    iss: format!("bench/producer-{i}").parse()?,
                    origin: origin.clone(),
                    key: SigningKey::generate(&mut OsEntropy)?,
                    at: Position::first(origin),
                })
            })
            .collect()
    }

    fn sign(&mut self) -> Result<String, Fault> {
        let draft = match self.shape {
            Shape::Papers => draft(&matter()?)?,
            Shape::Matters => self.next_of_matter()?,
        };
        self.signed += 1;
        let signed =
            issue(&draft, &self.iss, &self.origin, self.at, &self.key, Catalogue::builtin(), &mut OsEntropy)?;
        self.at = self.at.after(&signed);
        Ok(signed.compact)
    }
}

/// The types of a matter's events, in their order, with the minutes from its beginning at which they happen.
const MATTER: [(&str, i64); 8] = [
    ("request.received", 0),
    ("paper.classified", 20),
    ("request.copy_given", 60),
    ("advisement.given", 90),
    ("release.eligible", 300),
    ("release.notice_sent", 330),
    ("release.completed", 480),
    ("request.answered", 500),
];
/// In one matter out of so many the person was not advised before the notice, which is a finding.
const UNADVISED: u64 = 16;

impl Bench {
    /// The next event of the matter that is under way; after the last a new matter begins.
    fn next_of_matter(&mut self) -> Result<Draft, Fault> {
        let step = usize::try_from(self.signed % MATTER.len() as u64)?;
        if step == 0 {
            self.matter = matter()?;
        }
        let number = self.signed / MATTER.len() as u64;
        let (event, minutes) = MATTER[step];
        let late = event == "advisement.given" && number.is_multiple_of(UNADVISED);
        // Matters lie back to back over the last weeks, each in a quarter of an hour of its own.
        let start = jiff::Timestamp::now().as_second() - 30 * 86_400 + i64::try_from(number % 1_000)? * 900;
        let time = jiff::Timestamp::from_second(start + 60 * (minutes + if late { 300 } else { 0 }))?;
        let ty = Catalogue::builtin().latest(event).ok_or("the catalogue has no such type")?;
        let mut fields = ty.example().as_object().cloned().unwrap_or_default();
        let mut set = |name: &str, value: &str| drop(fields.insert(name.to_owned(), value.into()));
        set("occurred_at", &format!("{time:.0}"));
        set("recorded_at", &format!("{time:.0}"));
        set("matter_ref", &self.matter);
        match event {
            "request.received" => set("request_kind", "release_notice"),
            "paper.classified" => set("paper_class", "detainer_i247x"),
            "advisement.given" => set("purpose", "release_notice"),
            _ => {}
        }
        fields.remove("links");
        Ok(Draft::new(event.parse()?, fields))
    }
}

/// A random token for a matter.
pub(super) fn matter() -> Result<String, Fault> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = [0; 26];
    OsEntropy.fill(&mut random)?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// A realistic event: a classified paper with every field that the type has.
fn draft(matter: &str) -> Result<Draft, Fault> {
    let ty = Catalogue::builtin().latest(EVENT).ok_or("the catalogue has no such type")?;
    let mut fields = ty.example().as_object().cloned().unwrap_or_default();
    fields.insert("matter_ref".into(), matter.into());
    Ok(Draft::new(EVENT.parse()?, fields))
}

/// How many fields of the event are in the clear, and how many slots it has.
pub(super) fn shape() -> (usize, usize) {
    /// iss, aud, jti, event, v, period, seq, prev.
    const ENVELOPE: usize = 8;
    let Some(ty) = Catalogue::builtin().latest(EVENT) else { return (0, 0) };
    let present = |name: &str| ty.example().get(name).is_some();
    let public = ty.fields().iter().filter(|field| field.class == Class::P && present(&field.name)).count();
    (ENVELOPE + public, ty.slots().len())
}

/// The governance key's events that register the producers, ahead of everything else in the backlog.
pub(super) fn register(dir: &Path, producers: &[Bench]) -> Result<Vec<(String, String)>, Fault> {
    let home = Home::open(&Layout::new(dir).governance(), None)?;
    let now = format!("{:.0}", jiff::Timestamp::now());
    let drafts: Vec<Draft> = producers
        .iter()
        .map(|producer| {
            let public = producer.key.public();
            let fields: Map<String, Value> = [
                ("producer", producer.iss.to_string()),
                ("kid", public.kid().to_string()),
                ("x", public.x()),
                ("occurred_at", now.clone()),
                ("recorded_at", now.clone()),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
            Ok(Draft::new("key.registered".parse()?, fields))
        })
        .collect::<Result<_, Fault>>()?;
    let subject = Issuer::governance().events_subject();
    let signed = home.enqueue(&drafts, &mut OsEntropy)?;
    Ok(signed.into_iter().map(|signed| (subject.clone(), signed.compact)).collect())
}

/// Signs and publishes the backlog; returns a sample with the keys that signed it.
pub(super) async fn backlog(
    events: u64,
    producers: &mut [Bench],
    context: &async_nats::jetstream::Context,
) -> Result<Vec<(PublicKey, String)>, Fault> {
    let bar = ProgressBar::new(events)
        .with_style(ProgressStyle::with_template("building the backlog {bar:40} {pos}/{len} {eta}")?);
    let mut sample = Vec::new();
    let mut left = events;
    while left > 0 {
        let round = usize::try_from(left.min(ROUND as u64))?;
        let share = round.div_ceil(producers.len());
        let signed: Vec<Vec<(PublicKey, String, String)>> = producers
            .par_iter_mut()
            .map(|producer| {
                let (key, subject) = (producer.key.public(), producer.iss.events_subject());
                (0..share)
                    .map(|_| Ok((key, subject.clone(), producer.sign()?)))
                    .collect::<Result<Vec<_>, Fault>>()
            })
            .collect::<Result<_, _>>()?;
        // Interleaved, as many departments at once would.
        let mut columns: Vec<_> = signed.into_iter().map(Vec::into_iter).collect();
        let mut messages = Vec::with_capacity(round);
        for at in 0..round {
            let column = at % columns.len();
            if let Some((key, subject, compact)) = columns[column].next() {
                if sample.len() < BASELINE_SAMPLE {
                    sample.push((key, compact.clone()));
                }
                messages.push((subject, compact));
            }
        }
        // The last round may be uneven; what was signed beyond it is not published and nobody misses it.
        left -= messages.len() as u64;
        bar.inc(messages.len() as u64);
        publish(context, messages).await?;
    }
    bar.finish_and_clear();
    Ok(sample)
}

pub(super) async fn publish(
    context: &async_nats::jetstream::Context,
    messages: Vec<(String, String)>,
) -> Result<(), Fault> {
    let mut waiting = FuturesUnordered::new();
    for (subject, compact) in messages {
        let jti = Token::parse(compact.as_bytes())?.claims().jti.to_string();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Msg-Id", jti);
        let ack = context.publish_with_headers(subject, headers, compact.into()).await?;
        waiting.push(std::future::IntoFuture::into_future(ack));
        if waiting.len() >= IN_FLIGHT {
            waiting.next().await.transpose()?;
        }
    }
    while waiting.next().await.transpose()?.is_some() {}
    Ok(())
}

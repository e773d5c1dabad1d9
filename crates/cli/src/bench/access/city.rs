//! A made-up city: many departments' producers, and the courses of events that they sign.

use daybook_event::{
    Catalogue, Class, Draft, Entropy as _, Issuer, Jti, Origin, OsEntropy, Position, SigningKey, b64, issue,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::Fault;
use super::super::backlog;

/// Who signs, and how many of a hundred events are theirs. None has so many that the others' cores would wait for it.
const PRODUCERS: [(&str, u64); 16] = [
    ("sheriff/jail-records", 16),
    ("sheriff/releases", 14),
    ("sheriff/front-desk", 9),
    ("police/dispatch", 9),
    ("police/records", 8),
    ("police/technology", 6),
    ("human-services/front-desk", 7),
    ("human-services/benefits", 6),
    ("courts/liaison", 6),
    ("city-attorney/subpoenas", 5),
    ("technology/accounts", 4),
    ("libraries/front-desk", 3),
    ("licensing/counter", 3),
    ("probation/intake", 2),
    ("public-health/front-desk", 1),
    ("parks/front-desk", 1),
];
const PARTS: u64 = 100;

/// One event of a course: its type, the minutes since the course began, and how it relates to which event before it.
type Step = (&'static str, i64, Option<(&'static str, usize)>);

/// Events of one matter, in their order; of so many parts in a hundred.
struct Course {
    parts: u64,
    steps: &'static [Step],
}

/// What happens in the city. The first is the course that `daybook bench findings` has; the whole of it is about custody.
const COURSES: [Course; 7] = [
    Course {
        parts: 55,
        steps: &[
            ("request.received", 0, None),
            ("paper.classified", 20, Some(("of", 0))),
            ("request.copy_given", 60, Some(("of", 0))),
            ("advisement.given", 90, Some(("of", 0))),
            ("release.eligible", 300, None),
            ("release.notice_sent", 330, Some(("answers", 0))),
            ("release.completed", 480, Some(("of", 4))),
            ("request.answered", 500, Some(("answers", 0))),
        ],
    },
    Course {
        parts: 12,
        steps: &[
            ("access.requested", 0, None),
            ("paper.classified", 5, Some(("of", 0))),
            ("access.decided", 10, Some(("answers", 0))),
        ],
    },
    Course {
        parts: 8,
        steps: &[
            ("request.received", 0, None),
            ("subpoena.decided", 240, Some(("of", 0))),
            ("information.disclosed", 300, Some(("of", 1))),
            ("subject.notified", 360, Some(("of", 2))),
            ("request.answered", 420, Some(("answers", 0))),
        ],
    },
    Course { parts: 9, steps: &[("assistance.contact", 0, None)] },
    Course { parts: 8, steps: &[("outside_search.flagged", 0, None)] },
    Course { parts: 7, steps: &[("status_question.asked", 0, None)] },
    Course { parts: 1, steps: &[("training.recorded", 0, None)] },
];
/// The longest course, minutes.
const LONGEST: i64 = 500;

/// A stretch of time.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Stretch {
    /// `done` parts of `all` of the way.
    pub(super) fn at(&self, done: u64, all: u64) -> Timestamp {
        let seconds = self.until.duration_since(self.from).as_secs_f64();
        self.from + SignedDuration::from_secs_f64(seconds * done as f64 / all.max(1) as f64)
    }

    /// The part of it from `done` to `until` of `all`.
    pub(super) fn part(&self, done: u64, until: u64, all: u64) -> Stretch {
        Stretch { from: self.at(done, all), until: self.at(until, all) }
    }
}

/// Numbers that look random and are the same for the same seed: SplitMix64. Nothing secret comes from it.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// One of these; the first ones far more often, as the values of real fields are.
    pub(super) fn skewed<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let place = self.below(1 << 20) * self.below(1 << 20);
        of.get(usize::try_from((u128::from(place) * of.len() as u128) >> 40).unwrap_or(0))
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(usize::try_from(self.below(of.len().max(1) as u64)).unwrap_or(0))
    }
}

/// A signed event, and what a reader could know of it.
pub(super) struct Made {
    pub(super) subject: String,
    pub(super) compact: String,
    pub(super) jti: Jti,
    /// A withheld value by which it can be found.
    pub(super) identifier: Option<(String, String)>,
}

/// One producer, with the course that is under way.
pub(super) struct Signer {
    pub(super) iss: Issuer,
    pub(super) key: SigningKey,
    origin: Origin,
    at: Position,
    random: Random,
    course: usize,
    matter: String,
    began: Timestamp,
    before: Vec<Jti>,
}

/// The producers, with new keys.
pub(super) fn signers(origin: &Origin, seed: u64) -> Result<Vec<Signer>, Fault> {
    let mut random = Random::new(seed);
    let signer = |(name, _): &(&str, u64)| {
        Ok(Signer {
            iss: name.parse()?,
            key: SigningKey::generate(&mut OsEntropy)?,
            origin: origin.clone(),
            at: Position::first(origin),
            random: Random::new(random.bits()),
            course: 0,
            matter: String::new(),
            began: Timestamp::UNIX_EPOCH,
            before: Vec::new(),
        })
    };
    PRODUCERS.iter().map(signer).collect()
}

/// How many of `events` each producer signs.
pub(super) fn shares(events: u64) -> Vec<u64> {
    let mut shares: Vec<u64> = PRODUCERS.iter().map(|(_, parts)| events * parts / PARTS).collect();
    // What rounding leaves over goes to the largest.
    shares[0] += events - shares.iter().sum::<u64>();
    shares
}

impl Signer {
    /// Signs the next `events`, evenly over a stretch of time; what each tells of happened before it was signed.
    pub(super) fn sign(&mut self, events: u64, stretch: Stretch) -> Result<Vec<Made>, Fault> {
        (0..events).map(|at| self.next(stretch.at(at, events))).collect()
    }

    fn next(&mut self, now: Timestamp) -> Result<Made, Fault> {
        if self.before.len() >= COURSES[self.course].steps.len() || self.matter.is_empty() {
            self.begin(now)?;
        }
        let (event, minutes, link) = COURSES[self.course].steps[self.before.len()];
        let ty = Catalogue::builtin().latest(event).ok_or("the catalogue has no such type")?;
        let mut fields = ty.example().as_object().cloned().unwrap_or_default();
        let time = self.began + SignedDuration::from_mins(minutes);
        for name in ["occurred_at", "recorded_at"] {
            fields.insert(name.to_owned(), format!("{time:.0}").into());
        }
        fields.remove("links");
        if let Some((rel, to)) = link {
            let jti = self.before[to].to_string();
            fields.insert("links".into(), json!([{ "rel": rel, "jti": jti }]));
        }
        let identifier = self.vary(ty, &mut fields)?;
        let draft = Draft::new(event.parse()?, fields);
        let catalogue = Catalogue::builtin();
        let signed = issue(&draft, &self.iss, &self.origin, self.at, &self.key, catalogue, &mut OsEntropy)?;
        self.at = self.at.after(&signed);
        self.before.push(signed.jti);
        let subject = self.iss.events_subject();
        Ok(Made { subject, compact: signed.compact, jti: signed.jti, identifier })
    }

    fn begin(&mut self, now: Timestamp) -> Result<(), Fault> {
        let mut part = self.random.below(PARTS);
        let course = COURSES.iter().position(|course| {
            let here = part < course.parts;
            part = part.saturating_sub(course.parts);
            here
        });
        self.course = course.unwrap_or(0);
        self.matter = backlog::matter()?;
        self.before.clear();
        let minutes = LONGEST + i64::try_from(self.random.below(24 * 60))?;
        self.began = now - SignedDuration::from_mins(minutes);
        Ok(())
    }

    /// Other public codes, hashes and numbers than in the example, so that values are as different as in a real ledger. What
    /// comes back is a withheld value that stands in no other event, where there is one.
    fn vary(
        &mut self,
        ty: &daybook_event::EventType,
        fields: &mut Map<String, Value>,
    ) -> Result<Option<(String, String)>, Fault> {
        let mut identifier = None;
        for field in ty.fields() {
            let Some(value) = fields.get_mut(&field.name).filter(|value| value.is_string()) else { continue };
            if field.class == Class::P {
                if let Some(code) = field.codes.as_deref().and_then(|codes| self.random.skewed(codes)) {
                    *value = code.as_str().into();
                }
            } else if field.name == "matter_ref" {
                *value = self.matter.as_str().into();
            } else if field.name.ends_with("_hash") {
                let mut random = [0; 32];
                OsEntropy.fill(&mut random)?;
                let hash = b64::encode(random);
                if field.class == Class::W {
                    identifier = Some((field.name.clone(), hash.clone()));
                }
                *value = hash.into();
            }
        }
        Ok(identifier)
    }
}

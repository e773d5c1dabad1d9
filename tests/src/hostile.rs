//! Messages that a ledger must refuse, made by taking a good event apart, changing one thing and signing again.

use daybook_event::disclose::disclosure_digest;
use daybook_event::{
    Catalogue, Code, EntropyError, EventType, Issuer, Jti, KeyRequest, Kid, Origin, Position, Signed,
    SigningKey, b64, issue,
};
use serde_json::{Map, Value, json};

use crate::chains::Department;
use crate::random::Random;

/// A program of a department that signs what it should and, asked to, what it should not.
#[derive(Debug)]
pub struct Program {
    issuer: Issuer,
    origin: Origin,
    key: SigningKey,
    at: Position,
    random: Random,
}

/// One message that must be refused.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What is wrong with it.
    pub what: &'static str,
    /// The bus subject on which it is sent.
    pub subject: String,
    /// Message headers.
    pub headers: Vec<(&'static str, String)>,
    /// The message.
    pub body: Vec<u8>,
    /// The code of the refusal that must come.
    pub code: Code,
}

/// An event taken apart.
#[derive(Debug, Clone)]
struct Parts {
    header: Value,
    payload: Value,
    disclosures: Vec<String>,
}

impl Program {
    /// A program of `issuer` for the ledger `origin`; the same seed gives the same key.
    pub fn new(issuer: Issuer, origin: Origin, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let key = SigningKey::from_seed(random.bytes());
        let at = Position::first(&origin);
        Self { issuer, origin, key, at, random }
    }

    /// The request to register its key.
    pub fn registration(&self) -> String {
        let (origin, issuer, key) = (self.origin.clone(), self.issuer.clone(), self.key.public());
        KeyRequest { origin, issuer, key, rotation: None }.sign(&self.key)
    }

    /// The identifier of its key.
    pub fn kid(&self) -> Kid {
        self.key.public().kid()
    }

    /// Its producer's name.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The next good event of its sequence.
    ///
    /// # Panics
    /// Never: the draft is one that the checks accept.
    pub fn good(&mut self) -> Signed {
        let signed = self.sample(&self.origin.clone());
        self.at = self.at.after(&signed);
        signed
    }

    /// A good event at the next position, which stays free.
    fn sample(&mut self, origin: &Origin) -> Signed {
        let drafts = Department::Sheriff.drafts(1, 1);
        let request = drafts.iter().find(|draft| draft.event.as_str() == "request.received");
        let draft = request.expect("every matter of the sheriff begins with a request");
        let (cat, issuer, key) = (Catalogue::builtin(), &self.issuer, &self.key);
        issue(draft, issuer, origin, self.at, key, cat, &mut self.random).expect("the draft is a good one")
    }

    /// A flat event of the type, signed whatever it says: what an issuing program would refuse is left to the ledger. What the type
    /// has no slot for stands in the clear. Takes no sequence number.
    ///
    /// # Panics
    /// The event has no `occurred_at`.
    pub fn careless(&mut self, ty: &EventType, flat: &Map<String, Value>) -> Hostile {
        let occurred = flat["occurred_at"].as_str().expect("every event says when it occurred");
        let header = json!({ "alg": "Ed25519", "kid": self.kid(), "typ": "daybook-event+sd-jwt" });
        let payload = json!({
            "iss": self.issuer, "aud": self.origin, "jti": Jti::from_random(self.random.bytes()),
            "event": ty.name(), "v": ty.version(), "period": occurred[..7],
            "seq": self.at.seq, "prev": b64::encode(self.at.prev),
        });
        let mut parts = Parts { header, payload, disclosures: Vec::new() };
        let mut data = flat.clone();
        for slot in ty.slots() {
            let fields: Map<String, Value> =
                slot.fields.iter().filter_map(|name| data.remove_entry(name)).collect();
            let value = match (slot.grouped, fields.is_empty()) {
                (_, true) => Value::Null,
                (true, false) => Value::Object(fields),
                (false, false) => fields[&slot.name].clone(),
            };
            let salt = b64::encode(self.random.bytes::<16>());
            let disclosure = b64::encode(json!([salt, value]).to_string());
            data.insert(slot.name.clone(), json!([{ "...": disclosure_digest(&disclosure) }]));
            parts.disclosures.push(disclosure);
        }
        parts.payload["data"] = data.into();
        self.message("a counter-example", self.sign_parts(&parts), ty.counter_example().code)
    }

    /// Every kind of message that a ledger must refuse once this program's key is registered. They take no sequence number.
    ///
    /// # Errors
    /// Never in practice; the seeded generator does not run dry.
    pub fn hostile(&mut self) -> Result<Vec<Hostile>, EntropyError> {
        let good = self.sample(&self.origin.clone()).compact;
        let mut all = self.damaged_bytes(&good);
        all.extend(self.damaged_claims(&good));
        all.extend(self.damaged_disclosures(&good));
        all.extend(self.wrong_authority(&good));
        Ok(all)
    }

    /// Bytes that are no event, or not spelt as one.
    fn damaged_bytes(&self, good: &str) -> Vec<Hostile> {
        let (jwt, disclosures) = good.split_once('~').expect("an event has disclosures");
        let (signed, signature) = jwt.rsplit_once('.').expect("a JWT has a signature");
        let parts = Parts::of(good);
        let payload = parts.payload.to_string();
        let twice = payload.replacen('{', "{\"seq\":0,", 1);
        let deep = "[".repeat(12) + &"]".repeat(12);
        let mut nested = parts.clone();
        nested.payload["data"]["provisions"] = serde_json::from_str(&deep).expect("nested lists are JSON");
        vec![
            self.message("no SD-JWT at all", "hello", Code::NotSdJwt),
            self.message("padded base64", format!("{signed}.{signature}==~{disclosures}"), Code::BadEncoding),
            self.message(
                "larger than an event may be",
                format!("{good}{}~", "A".repeat(70_000)),
                Code::TooLarge,
            ),
            self.message(
                "a claim written twice",
                self.sign(&parts.header, &twice, &parts),
                Code::DuplicateKey,
            ),
            self.message("nested too deeply", self.sign_parts(&nested), Code::TooDeep),
            self.message(
                "a changed signature",
                change_first(signed, signature, disclosures),
                Code::BadSignature,
            ),
        ]
    }

    /// Signed claims that do not say what an event has to say.
    fn damaged_claims(&mut self, good: &str) -> Vec<Hostile> {
        let changed = |change: fn(&mut Parts)| {
            let mut parts = Parts::of(good);
            change(&mut parts);
            parts
        };
        let elsewhere: Origin = "elsewhere.example/ledger".parse().expect("well formed");
        let other_ledger = self.sample(&elsewhere).compact;
        let list = [
            ("another algorithm", Code::BadHeader, changed(|p| p.header["alg"] = "none".into())),
            ("a claim too many", Code::BadClaims, changed(|p| p.payload["exp"] = 2_000_000_000.into())),
            ("another month", Code::BadPeriod, changed(|p| p.payload["period"] = "2020-01".into())),
            ("an unknown type", Code::UnknownType, changed(|p| p.payload["event"] = "coffee.made".into())),
            (
                "an unknown field",
                Code::UnknownField,
                changed(|p| p.payload["data"]["note"] = "see file".into()),
            ),
            (
                "a code that is not in the list",
                Code::Schema,
                changed(|p| p.payload["data"]["request_kind"] = "lunch".into()),
            ),
            ("a missing slot", Code::SlotMissing, changed(|p| drop(p.data().remove("times")))),
        ];
        let mut all = vec![self.message("signed for another ledger", other_ledger, Code::WrongAudience)];
        all.extend(list.map(|(what, code, parts)| self.message(what, self.sign_parts(&parts), code)));
        all
    }

    /// Disclosures that do not fit what was signed, or say what a ledger must not hold.
    fn damaged_disclosures(&self, good: &str) -> Vec<Hostile> {
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut parts = Parts::of(good);
            change(&mut parts.disclosures);
            self.sign_parts(&parts)
        };
        let stray = b64::encode(r#"["AAAAAAAAAAAAAAAAAAAAAA","never signed"]"#);
        let more = with(&|list| list.push(stray.clone()));
        let fewer = with(&|list| drop(list.pop()));
        let twice = with(&|list| list.push(list[0].clone()));
        vec![
            self.message("a disclosure too many", more, Code::DisclosureUnreferenced),
            self.message("a disclosure too few", fewer, Code::DisclosureMissing),
            self.message("a disclosure sent twice", twice, Code::DisclosureRepeated),
            self.message(
                "an A-number in a value",
                self.with_unit(good, "Desk A123456789"),
                Code::ForbiddenData,
            ),
        ]
    }

    /// Good events from somebody who may not say this, or not here.
    fn wrong_authority(&mut self, good: &str) -> Vec<Hostile> {
        let stranger_name: Issuer =
            format!("{}/nobody-knows", self.issuer.department()).parse().expect("well formed");
        let mut stranger = Self::new(stranger_name, self.origin.clone(), self.random.bits());
        let mut unregistered = Self::new(self.issuer.clone(), self.origin.clone(), self.random.bits());
        let (origin, at) = (self.origin.clone(), self.at);
        unregistered.at = at;
        let mut of_ledger = Parts::of(good);
        of_ledger.payload["event"] = "key.revoked".into();
        let mut header = self.message("a header that contradicts the claims", good, Code::HeaderMismatch);
        header.headers.push(("ce-type", "release.completed".into()));
        let mut subject = self.message("on another department's subject", good, Code::SubjectMismatch);
        subject.subject = "daybook.events.courts.liaison".into();
        let unknown = stranger.sample(&origin).compact;
        vec![
            stranger.message("a producer that nobody registered", unknown, Code::UnknownProducer),
            self.message(
                "a key that nobody registered",
                unregistered.sample(&origin).compact,
                Code::UnknownKey,
            ),
            self.message(
                "a type of the ledger's own",
                self.sign_parts(&of_ledger),
                Code::PublisherNotAllowed,
            ),
            header,
            subject,
        ]
    }

    /// The event with another unit of the recorder, properly hashed and signed.
    fn with_unit(&self, good: &str, unit: &str) -> String {
        let mut parts = Parts::of(good);
        let digest =
            parts.payload["data"]["recorder"][0]["..."].as_str().expect("a slot holds a digest").to_owned();
        let place = parts.disclosures.iter().position(|one| disclosure_digest(one) == digest);
        let disclosure = &mut parts.disclosures[place.expect("every slot has its disclosure")];
        let mut value: Value = decode(disclosure);
        value[1]["unit"] = unit.into();
        *disclosure = b64::encode(value.to_string());
        let digest = disclosure_digest(disclosure);
        parts.payload["data"]["recorder"] = json!([{ "...": digest }]);
        self.sign_parts(&parts)
    }

    fn message(&self, what: &'static str, body: impl Into<Vec<u8>>, code: Code) -> Hostile {
        Hostile { what, subject: self.issuer.events_subject(), headers: Vec::new(), body: body.into(), code }
    }

    fn sign_parts(&self, parts: &Parts) -> String {
        self.sign(&parts.header, &parts.payload.to_string(), parts)
    }

    fn sign(&self, header: &Value, payload: &str, parts: &Parts) -> String {
        let signed = format!("{}.{}", b64::encode(header.to_string()), b64::encode(payload));
        let signature = b64::encode(self.key.sign(signed.as_bytes()));
        let disclosures: String = parts.disclosures.iter().map(|one| format!("{one}~")).collect();
        format!("{signed}.{signature}~{disclosures}")
    }
}

impl Parts {
    fn of(compact: &str) -> Self {
        let mut pieces = compact.trim_end_matches('~').split('~');
        let mut jwt = pieces.next().unwrap_or_default().split('.');
        let (header, payload) = (jwt.next().unwrap_or_default(), jwt.next().unwrap_or_default());
        Self {
            header: decode(header),
            payload: decode(payload),
            disclosures: pieces.map(str::to_owned).collect(),
        }
    }

    fn data(&mut self) -> &mut serde_json::Map<String, Value> {
        self.payload["data"].as_object_mut().expect("data is an object")
    }
}

fn decode(text: &str) -> Value {
    let bytes = b64::decode(text).expect("we have just encoded it");
    serde_json::from_slice(&bytes).expect("we have just written it")
}

/// The event with another first character of its signature.
fn change_first(signed: &str, signature: &str, disclosures: &str) -> String {
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{other}{}~{disclosures}", &signature[1..])
}

#[cfg(test)]
mod tests {
    use daybook_event::{Token, check_content};

    use super::*;

    fn program() -> Program {
        Program::new(Department::Sheriff.issuer(), "ledger.example/test".parse().expect("well formed"), 3)
    }

    #[test]
    fn a_good_event_passes_and_the_next_follows_it() {
        let mut program = program();
        for seq in 0..3 {
            let signed = program.good();
            let token = Token::parse(signed.compact.as_bytes()).expect("parsed");
            check_content(&token, Catalogue::builtin()).expect("accepted");
            assert_eq!(token.claims().seq, seq);
        }
        KeyRequest::parse(&program.registration()).expect("a request signed by its key");
    }

    #[test]
    fn a_careless_program_signs_what_is_good_too() {
        let mut program = program();
        for ty in Catalogue::builtin().types().filter(|ty| ty.may_publish("sheriff")) {
            let flat = ty.example().as_object().expect("an object");
            let message = program.careless(ty, flat);
            let token = Token::parse(&message.body).expect("parsed");
            let content = check_content(&token, Catalogue::builtin()).expect("accepted");
            assert_eq!(content.fields, *flat, "{}", ty.name());
        }
    }

    #[test]
    fn what_is_wrong_in_the_message_itself_is_found_with_the_code_that_is_promised() {
        for hostile in program().hostile().expect("made") {
            let verdict = Token::parse(&hostile.body).and_then(|token| {
                check_content(&token, Catalogue::builtin())?;
                Ok(())
            });
            // Found by looking at more than the message: the ledger's name, its keys, headers and subject.
            let outside = matches!(
                hostile.code,
                Code::WrongAudience
                    | Code::UnknownProducer
                    | Code::UnknownKey
                    | Code::BadSignature
                    | Code::HeaderMismatch
                    | Code::SubjectMismatch
            );
            match verdict {
                Ok(()) => assert!(outside, "{}: accepted", hostile.what),
                Err(refusal) => assert_eq!(refusal.code, hostile.code, "{}", hostile.what),
            }
        }
    }
}

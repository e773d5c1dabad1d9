//! Every way to get an event wrong is refused with its own code, and no refusal repeats what was in the event.
//!
//! Each test takes a good event apart, breaks one thing, signs it again so that nothing but that one thing is wrong, and looks at the code.
#![allow(clippy::unwrap_used)]

use daybook_event::b64;
use daybook_event::hash::sha256;
use daybook_event::{
    Catalogue, Code, Content, Draft, Issuer, Origin, OsEntropy, Position, Refusal, Said, SigningKey, Token,
    check_content, check_public, check_said, disclose, issue, show, withhold,
};
use serde_json::{Map, Value, json};

fn origin() -> Origin {
    "ledger.example/daybook".parse().unwrap()
}

fn issuer() -> Issuer {
    "sheriff/jail-records".parse().unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

/// The parts of an event, to be broken and put together again.
#[derive(Clone)]
struct Parts {
    header: String,
    payload: String,
    disclosures: Vec<String>,
}

impl Parts {
    fn good() -> Self {
        let ty = Catalogue::builtin().latest("release.notice_sent").unwrap();
        let draft = Draft::new(ty.name().clone(), ty.example().as_object().unwrap().clone());
        let at = Position::first(&origin());
        let signed =
            issue(&draft, &issuer(), &origin(), at, &key(), Catalogue::builtin(), &mut OsEntropy).unwrap();
        let text = |part: &str| String::from_utf8(b64::decode(part).unwrap()).unwrap();
        let mut parts = signed.jwt().split('.');
        let (header, payload) = (text(parts.next().unwrap()), text(parts.next().unwrap()));
        let rest = signed.compact[signed.jwt_len + 1..].trim_end_matches('~');
        Self { header, payload, disclosures: rest.split('~').map(str::to_owned).collect() }
    }

    fn jwt(&self) -> String {
        sign(&b64::encode(&self.header), &b64::encode(&self.payload))
    }

    fn compact(&self) -> String {
        let mut compact = self.jwt() + "~";
        for disclosure in &self.disclosures {
            compact = compact + disclosure + "~";
        }
        compact
    }

    /// Changes the payload as JSON.
    fn claims(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut claims: Value = serde_json::from_str(&self.payload).unwrap();
        change(&mut claims);
        self.payload = claims.to_string();
        self
    }

    /// Changes the text of the payload.
    fn payload(mut self, from: &str, to: &str) -> Self {
        assert!(self.payload.contains(from), "{from}");
        self.payload = self.payload.replacen(from, to, 1);
        self
    }

    fn header(mut self, from: &str, to: &str) -> Self {
        assert!(self.header.contains(from), "{from}");
        self.header = self.header.replacen(from, to, 1);
        self
    }

    /// The number of the disclosure of a slot.
    fn at(&self, slot: &str) -> usize {
        let claims: Value = serde_json::from_str(&self.payload).unwrap();
        let digest = claims["data"][slot][0]["..."].as_str().unwrap().to_owned();
        self.disclosures.iter().position(|d| b64::encode(sha256(d)) == digest).unwrap()
    }

    /// Puts another text in the place of a slot's disclosure, and its digest into the payload.
    fn disclosure(self, slot: &str, text: &str) -> Self {
        let at = self.at(slot);
        let digest = b64::encode(sha256(text));
        let mut parts = self.claims(|claims| claims["data"][slot][0]["..."] = digest.into());
        parts.disclosures[at] = text.to_owned();
        parts
    }

    /// Changes the value behind a slot.
    fn value(self, slot: &str, change: impl FnOnce(&mut Value)) -> Self {
        let json = b64::decode(&self.disclosures[self.at(slot)]).unwrap();
        let mut pair: Value = serde_json::from_slice(&json).unwrap();
        change(&mut pair[1]);
        self.disclosure(slot, &b64::encode(pair.to_string()))
    }

    fn read(&self) -> Result<Map<String, Value>, Refusal> {
        read(self.compact().as_bytes())
    }

    fn code(&self) -> (Code, String) {
        code(self.read())
    }
}

fn sign(header: &str, payload: &str) -> String {
    let signed = format!("{header}.{payload}");
    format!("{signed}.{}", b64::encode(key().sign(signed.as_bytes())))
}

fn read(compact: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let token = Token::parse(compact)?;
    assert!(key().public().verify_strict(token.signing_input(), token.signature()));
    check_content(&token, Catalogue::builtin()).map(|Content { fields, .. }| fields)
}

fn code(read: Result<Map<String, Value>, Refusal>) -> (Code, String) {
    let refusal = read.unwrap_err();
    (refusal.code, refusal.place.unwrap_or_default())
}

fn at(code: Code, place: &str) -> (Code, String) {
    (code, place.to_owned())
}

#[test]
fn the_good_event_is_good() {
    assert!(Parts::good().read().is_ok());
    // The order of members and of disclosures is free, and _sd_alg may say what it is anyway.
    let mut parts = Parts::good().claims(|c| c["_sd_alg"] = "sha-256".into());
    parts.disclosures.reverse();
    parts.header =
        format!(r#"{{ "typ":"daybook-event+sd-jwt", "kid":"{}", "alg":"Ed25519" }}"#, key().public().kid());
    assert!(parts.read().is_ok());
    let content_of = |parts: &Parts| {
        let compact = parts.compact();
        let token = Token::parse(compact.as_bytes()).unwrap();
        let content = check_content(&token, Catalogue::builtin()).unwrap();
        (content.r.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>(), content.w.len())
    };
    let reversed = content_of(&parts);
    parts.disclosures.reverse();
    assert_eq!(content_of(&parts), reversed, "disclosures come out in slot order");
}

#[test]
fn too_large() {
    assert_eq!(code(read(&vec![b'a'; 65_537])).0, Code::TooLarge);
    let padded = Parts::good().claims(|c| c["data"]["provisions"] = "D".repeat(37_000).into());
    assert_eq!(padded.code(), at(Code::TooLarge, "jwt"));
    let mut many = Parts::good();
    many.disclosures = vec!["YQ".to_owned(); 65];
    assert_eq!(many.code(), at(Code::TooLarge, "disclosures"));
}

#[test]
fn not_sd_jwt() {
    let good = Parts::good().compact();
    let jwt = Parts::good().jwt();
    let without_last_tilde = good.trim_end_matches('~').to_owned();
    for bad in [
        String::new(),
        "~".into(),
        jwt.clone(),
        without_last_tilde.clone(),
        format!("{without_last_tilde}~{jwt}"),
        format!("{jwt}~~"),
        good.replacen('~', "~~", 1),
        format!("{}~", jwt.replacen('.', "", 1)),
        format!("{jwt}.x~"),
    ] {
        assert_eq!(code(read(bad.as_bytes())).0, Code::NotSdJwt, "{bad}");
    }
    let mut not_text = good.into_bytes();
    not_text[9] = 0xff;
    assert_eq!(code(read(&not_text)).0, Code::NotSdJwt);
}

#[test]
fn bad_encoding() {
    let parts = Parts::good();
    let (header, payload) = (b64::encode(&parts.header), b64::encode(&parts.payload));
    for other in
        [format!("{header}="), format!("{header}\n"), format!(" {header}"), header.replacen('e', "+", 1)]
    {
        let compact = sign(&other, &payload) + "~";
        assert_eq!(code(read(compact.as_bytes())), at(Code::BadEncoding, "header"), "{other}");
    }
    for other in [format!("{payload}="), payload.replacen('e', "/", 1), payload.replacen('e', "%", 1)] {
        let compact = sign(&header, &other) + "~";
        assert_eq!(code(read(compact.as_bytes())), at(Code::BadEncoding, "payload"));
    }
    let compact = parts.jwt() + "A~";
    assert_eq!(code(read(compact.as_bytes())), at(Code::BadEncoding, "signature"));
    for bad in ["YQ==", "YR", "Y Q", "Y"] {
        let slot = parts.clone().disclosure("matter_ref", bad);
        let place = format!("disclosure {}", parts.at("matter_ref") + 1);
        assert_eq!(slot.code(), (Code::BadEncoding, place), "{bad}");
    }
}

#[test]
fn bad_json() {
    for (from, to) in [("{", "{,"), ("}", "}}"), ("\"seq\":0", "\"seq\":00")] {
        assert_eq!(Parts::good().payload(from, to).code().0, Code::BadJson, "{to}");
    }
    assert_eq!(Parts::good().claims(|c| c["data"]["provisions"] = json!([1.5])).code().0, Code::BadJson);
    assert_eq!(
        Parts::good().disclosure("times", &b64::encode(format!("[\"{}\",", b64::encode([0; 16])))).code().0,
        Code::BadJson
    );
}

#[test]
fn duplicate_key() {
    let good = Parts::good;
    assert_eq!(good().header("{", r#"{"alg":"Ed25519","#).code(), at(Code::DuplicateKey, "header/alg"));
    assert_eq!(
        good().payload(r#""seq":"#, r#""seq":0,"seq":"#).code(),
        at(Code::DuplicateKey, "payload/seq")
    );
    // The same name in another spelling is the same name.
    assert_eq!(
        good().payload(r#""seq":"#, r#""\u0073eq":0,"seq":"#).code(),
        at(Code::DuplicateKey, "payload/seq")
    );
    let twice = good().payload(r#""lead_time":"#, r#""lead_time":"under_1h","lead_time":"#);
    assert_eq!(twice.code(), at(Code::DuplicateKey, "payload/data/lead_time"));
    let slot_and_field = good().payload(r#""lead_time":"#, r#""times":1,"lead_time":"#);
    assert_eq!(slot_and_field.code(), at(Code::DuplicateKey, "payload/data/times"));
    let digest = b64::encode([0; 32]);
    let in_slot = good().payload(r#""times":[{"#, &format!(r#""times":[{{"...":"{digest}","#));
    assert_eq!(in_slot.code().0, Code::DuplicateKey);
    let salt = b64::encode([0; 16]);
    let inside =
        b64::encode(format!(r#"["{salt}",{{"occurred_at":"2026-11-22","occurred_at":"2026-11-23"}}]"#));
    let parts = good().disclosure("times", &inside);
    let place = format!("disclosure {}/occurred_at", parts.at("times") + 1);
    assert_eq!(parts.code(), (Code::DuplicateKey, place));
}

#[test]
fn too_deep() {
    let nested = |levels: usize| -> Value { (0..levels).fold(json!([]), |inside, _| json!([inside])) };
    // `data` is level 2, so a public field may nest six levels; the schema refuses those.
    assert_eq!(Parts::good().claims(|c| c["data"]["lead_time"] = nested(5)).code().0, Code::Schema);
    assert_eq!(Parts::good().claims(|c| c["data"]["lead_time"] = nested(6)).code().0, Code::TooDeep);
    assert_eq!(Parts::good().value("matter_ref", |v| *v = nested(7)).code().0, Code::TooDeep);
    let bomb = Parts::good().payload(r#""lead_time":"#, &format!(r#""lead_time":{}"#, "[".repeat(20_000)));
    assert_eq!(bomb.code().0, Code::TooDeep);
}

#[test]
fn bad_header() {
    let good = Parts::good;
    for (from, to) in [
        ("Ed25519", "EdDSA"),
        ("Ed25519", "none"),
        ("daybook-event+sd-jwt", "dc+sd-jwt"),
        ("{", r#"{"crit":"b64","#),
        ("{", r#"{"jwk":{},"#),
        (r#""alg":"Ed25519","#, ""),
        (r#""kid":""#, r#""kid":"A"#),
        (r#""alg":"Ed25519""#, r#""alg":1.5"#),
    ] {
        assert_eq!(good().header(from, to).code().0, Code::BadHeader, "{to}");
    }
    let mut list = good();
    list.header = r#"["Ed25519"]"#.into();
    assert_eq!(list.code().0, Code::BadHeader);
}

#[test]
fn bad_claims() {
    for (name, value) in [
        ("iss", json!("sheriff")),
        ("aud", json!("")),
        ("jti", json!("018f0b2d-8a51-7c36-9d7e-0a1b2c3d4e5f")),
        ("event", json!("release")),
        ("v", json!(0)),
        ("v", json!("1")),
        ("period", json!("2026-13")),
        ("seq", json!(-1)),
        ("seq", json!(1u64 << 53)),
        ("seq", json!("0")),
        ("prev", json!("AA")),
        ("data", json!([])),
        ("_sd_alg", json!("sha-512")),
        ("_sd", json!([])),
        ("exp", json!(1)),
        ("cnf", json!({})),
        ("iss", Value::Null),
    ] {
        let parts = Parts::good().claims(|c| c[name] = value.clone());
        assert_eq!(parts.code().0, Code::BadClaims, "{name} {value}");
        let removed = Parts::good().claims(|c| drop(c.as_object_mut().unwrap().remove(name)));
        let optional = matches!(name, "_sd_alg" | "_sd" | "exp" | "cnf");
        assert_eq!(removed.read().is_ok(), optional, "{name}");
    }
    for bad in [json!({"_sd": []}), json!([1, {"...": "x"}]), json!({"a": {"...": 1}})] {
        let parts = Parts::good().claims(|c| c["data"]["lead_time"] = bad.clone());
        assert_eq!(parts.code().0, Code::BadClaims, "{bad}");
    }
}

#[test]
fn a_refusal_names_the_event_where_it_could_be_read() {
    let jti: Value = serde_json::from_str::<Value>(&Parts::good().payload).unwrap()["jti"].clone();
    assert!(jti.is_string());
    let refusal = Parts::good().claims(|c| c["v"] = 0.into()).read().unwrap_err();
    assert_eq!((refusal.jti.is_some(), refusal.seq), (true, Some(0)));
    let refusal = Parts::good().claims(|c| c["jti"] = "x".into()).read().unwrap_err();
    assert_eq!(refusal.jti, None);
    let refusal = Parts::good().value("times", |v| *v = json!({})).read().unwrap_err();
    assert_eq!((refusal.jti.is_some(), refusal.seq), (true, Some(0)));
}

#[test]
fn bad_period() {
    let parts = Parts::good().claims(|c| c["period"] = "2026-12".into());
    assert_eq!(parts.code(), at(Code::BadPeriod, "period"));
}

#[test]
fn unknown_type() {
    assert_eq!(
        Parts::good().claims(|c| c["event"] = "release.rumoured".into()).code(),
        at(Code::UnknownType, "event")
    );
    assert_eq!(Parts::good().claims(|c| c["v"] = 99.into()).code(), at(Code::UnknownType, "event"));
}

#[test]
fn publisher_not_allowed() {
    let parts = Parts::good().claims(|c| c["iss"] = "ledger/governance".into());
    assert_eq!(parts.code(), at(Code::PublisherNotAllowed, "iss"));
    let ty = Catalogue::builtin().latest("key.revoked").unwrap();
    assert!(ty.may_publish("ledger") && !ty.may_publish("sheriff"));
}

#[test]
fn unknown_field() {
    let slot = json!([{"...": b64::encode([5; 32])}]);
    let more = Parts::good().claims(|c| c["data"]["birthplace_slot"] = slot.clone());
    assert_eq!(more.code(), at(Code::UnknownField, "/data/birthplace_slot"));
    let clear = Parts::good().claims(|c| c["data"]["country_of_birth"] = "x".into());
    assert_eq!(clear.code(), at(Code::UnknownField, "/data/country_of_birth"));
    // A restricted field in the clear is not a public field.
    let open = Parts::good().claims(|c| c["data"]["channel"] = "fax".into());
    assert_eq!(open.code(), at(Code::UnknownField, "/data/channel"));
    // A field of another slot, or of none, inside a slot.
    let moved = Parts::good().value("times", |v| v["facility"] = "Jail".into());
    assert_eq!(moved.code(), at(Code::UnknownField, "/data/times/facility"));
    let public = Parts::good().value("times", |v| v["lead_time"] = "under_1h".into());
    assert_eq!(public.code(), at(Code::UnknownField, "/data/times/lead_time"));
}

#[test]
fn schema() {
    assert_eq!(
        Parts::good().claims(|c| c["data"]["lead_time"] = "soon".into()).code(),
        at(Code::Schema, "/lead_time")
    );
    let missing = Parts::good().claims(|c| drop(c["data"].as_object_mut().unwrap().remove("lead_time")));
    assert_eq!(missing.code(), at(Code::Schema, "/lead_time"));
    let absent = Parts::good().value("matter_ref", |v| *v = Value::Null);
    assert_eq!(absent.code(), at(Code::Schema, "/matter_ref"));
    let day = Parts::good().value("details", |v| v["sent_at"] = "2026-11-31T10:00Z".into());
    assert_eq!(day.code(), at(Code::Schema, "/sent_at"));
    let null = Parts::good().value("details", |v| v["confirmation_hash"] = Value::Null);
    assert_eq!(null.code(), at(Code::Schema, "/confirmation_hash"));
}

#[test]
fn slot_missing() {
    let gone = Parts::good().claims(|c| drop(c["data"].as_object_mut().unwrap().remove("links")));
    assert_eq!(gone.code(), at(Code::SlotMissing, "/data/links"));
    for odd in [json!([]), json!("x"), json!({}), json!([["..."]])] {
        let parts = Parts::good().claims(|c| c["data"]["links"] = odd.clone());
        assert_eq!(parts.code(), at(Code::SlotMissing, "/data/links"), "{odd}");
    }
    let two = Parts::good().claims(|c| {
        let slot = c["data"]["links"][0].clone();
        c["data"]["links"] = json!([slot, slot]);
    });
    assert_eq!(two.code().0, Code::BadClaims);
}

#[test]
fn disclosure_missing() {
    for slot in ["times", "links", "matter_ref"] {
        let mut parts = Parts::good();
        let number = parts.at(slot);
        parts.disclosures.remove(number);
        assert_eq!(parts.code(), (Code::DisclosureMissing, format!("/data/{slot}")));
    }
}

#[test]
fn disclosure_repeated() {
    let mut parts = Parts::good();
    let again = parts.disclosures[1].clone();
    parts.disclosures.push(again);
    assert_eq!(parts.code().0, Code::DisclosureRepeated);
    // The same digest in two slots.
    let one_for_two = Parts::good().claims(|c| c["data"]["links"] = c["data"]["recorder"].clone());
    assert_eq!(one_for_two.code().0, Code::DisclosureRepeated);
}

#[test]
fn disclosure_unreferenced() {
    let mut parts = Parts::good();
    parts.disclosures.push(b64::encode(format!(r#"["{}",1]"#, b64::encode([1; 16]))));
    assert_eq!(
        parts.code(),
        (Code::DisclosureUnreferenced, format!("disclosure {}", parts.disclosures.len()))
    );
    let mut other_salt = Parts::good();
    other_salt.disclosures[0] = Parts::good().disclosures[0].clone();
    assert_eq!(other_salt.code(), at(Code::DisclosureUnreferenced, "disclosure 1"));
}

#[test]
fn disclosure_malformed() {
    let salt = b64::encode([1; 16]);
    let short = b64::encode([1; 15]);
    let long = b64::encode([1; 17]);
    let matter = r#""k3vq7tz2m5ywb4cdnxr6gh2sja""#;
    assert!(
        Parts::good()
            .disclosure("matter_ref", &b64::encode(format!(r#"["{salt}",{matter}]"#)))
            .read()
            .is_ok()
    );
    for text in [
        format!(r#"["{salt}"]"#),
        format!(r#"["{salt}","matter_ref",{matter}]"#),
        format!(r#"["{short}",{matter}]"#),
        format!(r#"["{long}",{matter}]"#),
        format!(r#"["{salt}=",{matter}]"#),
        format!(r#"[1,{matter}]"#),
        format!(r#"{{"salt":"{salt}"}}"#),
        "[]".to_owned(),
        matter.to_owned(),
        format!(r#"["{salt}",{{"_sd":[]}}]"#),
        format!(r#"["{salt}",[{{"...":"x"}}]]"#),
    ] {
        let parts = Parts::good().disclosure("matter_ref", &b64::encode(&text));
        assert_eq!(parts.code().0, Code::DisclosureMalformed, "{text}");
    }
    for odd in [json!({}), json!([]), json!("x"), json!(1)] {
        let parts = Parts::good().value("times", |v| *v = odd.clone());
        assert_eq!(parts.code(), at(Code::DisclosureMalformed, "/data/times"), "{odd}");
    }
}

#[test]
fn forbidden_data() {
    for text in ["A123456789", "Honduras desk", "Undocumented", "123-45-6789"] {
        let parts = Parts::good().value("recorder", |v| v["unit"] = text.into());
        assert_eq!(parts.code(), at(Code::ForbiddenData, "/unit"), "{text}");
        let refusal = parts.read().unwrap_err();
        assert!(!format!("{refusal:?}").contains(text), "{refusal:?}");
    }
    // A closed value cannot hold such data, so chance matches in it are not looked for.
    let hash = "A123456789-iran-A123456789-iran-A123456789A";
    assert!(Parts::good().value("details", |v| v["confirmation_hash"] = hash.into()).read().is_ok());
}

#[test]
fn no_refusal_repeats_a_value() {
    let secret = "Zq7Honduras";
    let put: [&dyn Fn(Parts) -> Parts; 6] = [
        &|p| p.claims(|c| c["data"]["lead_time"] = secret.into()),
        &|p| p.claims(|c| c["data"][secret] = 1.into()),
        &|p| p.claims(|c| c[secret] = secret.into()),
        &|p| p.value("recorder", |v| v["unit"] = secret.repeat(9).into()),
        &|p| p.value("recorder", |v| v[secret] = 1.into()),
        &|p| p.value("links", |v| *v = json!([{ secret: secret }])),
    ];
    for change in put {
        let refusal = change(Parts::good()).read().unwrap_err();
        let problem = refusal.to_problem(&[0; 32]).to_string();
        assert!(!problem.contains("Zq7"), "{problem}");
    }
}

#[test]
fn the_jwt_alone_is_checked_for_what_it_shows() {
    let check = |parts: &Parts| check_public(&Token::parse_jwt(&parts.jwt()).unwrap(), Catalogue::builtin());
    let code = |parts: Parts| check(&parts).unwrap_err().code;
    assert_eq!(check(&Parts::good()), Ok(()));
    assert_eq!(code(Parts::good().claims(|c| c["event"] = "a.b".into())), Code::UnknownType);
    assert_eq!(code(Parts::good().claims(|c| c["iss"] = "ledger/x".into())), Code::PublisherNotAllowed);
    assert_eq!(code(Parts::good().claims(|c| c["data"]["links"] = json!([]))), Code::SlotMissing);
    assert_eq!(
        code(Parts::good().claims(|c| c["data"]["links"] = c["data"]["times"].clone())),
        Code::DisclosureRepeated
    );
    assert_eq!(code(Parts::good().claims(|c| c["data"]["lead_time"] = 1.into())), Code::Schema);
    assert_eq!(code(Parts::good().claims(|c| c["data"]["colour"] = 1.into())), Code::UnknownField);
}

#[test]
fn slots_are_shown_and_withheld_by_choice() {
    let compact = Parts::good().compact();
    let token = Token::parse(compact.as_bytes()).unwrap();
    let some = disclose(&token, &["times", "details"]).unwrap();
    let less = withhold(&token, &["matter_ref", "recorder", "links"]).unwrap();
    for shown in [some, less] {
        let token = Token::parse(shown.as_bytes()).unwrap();
        assert_eq!(check_content(&token, Catalogue::builtin()).unwrap_err().code, Code::DisclosureMissing);
        let shown = show(&token, Catalogue::builtin()).unwrap();
        assert_eq!(shown.withheld, ["recorder", "links", "matter_ref"]);
        assert_eq!(shown.fields["lead_time"], "from_1h_to_8h");
        assert_eq!(shown.fields["channel"], "fax");
        assert!(!shown.fields.contains_key("matter_ref"));
    }
    let bare = withhold(&token, &["times", "details", "matter_ref", "recorder", "links"]).unwrap();
    assert_eq!(bare, format!("{}~", token.jwt()));
    assert!(disclose(&token, &["nothing"]).is_err() && withhold(&token, &["nothing"]).is_err());
    let bare = Token::parse(bare.as_bytes()).unwrap();
    assert!(disclose(&bare, &["times"]).is_err());
}

#[test]
fn what_an_event_says_is_the_same_whoever_reads_it() {
    let compact = Parts::good().compact();
    let token = Token::parse(compact.as_bytes()).unwrap();
    let content = check_content(&token, Catalogue::builtin()).unwrap();
    let (parts, said) = check_said(token.clone(), Catalogue::builtin()).unwrap();
    assert_eq!((&parts.r, &parts.w, &said.fields), (&content.r, &content.w, &content.fields));
    assert!(parts.fields.is_empty() && said.hidden.is_empty());
    let disclosures: Vec<&str> = content.r.iter().chain(&content.w).copied().collect();
    assert_eq!(Said::read(token.jwt(), disclosures, Catalogue::builtin()).unwrap(), said);

    // Without the withheld part, its fields are hidden and all others are what they were.
    let less = Said::read(token.jwt(), content.r.clone(), Catalogue::builtin()).unwrap();
    assert!(less.hidden.contains(&"matter_ref".to_owned()) && !less.fields.contains_key("matter_ref"));
    assert!(less.fields.iter().all(|(name, value)| said.fields[name] == *value));
    assert_eq!((less.jti, less.seq, &less.iss), (said.jti, said.seq, &said.iss));
}

#[test]
fn parts_are_held_to_the_limits_of_the_whole() {
    let compact = Parts::good().compact();
    let jwt = Token::parse(compact.as_bytes()).unwrap().jwt().to_owned();
    let code = |disclosures: Vec<&str>| Token::parse_parts(&jwt, disclosures).unwrap_err().code;
    assert_eq!(code(vec!["YQ"; 65]), Code::TooLarge);
    assert_eq!(code(vec![&"a".repeat(65_536 - jwt.len() - 1)]), Code::TooLarge);
    assert_eq!(code(vec![""]), Code::NotSdJwt);
    assert_eq!(code(vec!["YQ~YQ"]), Code::NotSdJwt);
    assert!(Said::read(&jwt, vec!["YQ"], Catalogue::builtin()).is_err());
}

#[test]
fn a_forged_value_is_never_shown() {
    let mut parts = Parts::good();
    let number = parts.at("times");
    parts.disclosures[number] = Parts::good().disclosures[number].clone();
    let compact = parts.compact();
    let token = Token::parse(compact.as_bytes()).unwrap();
    assert_eq!(show(&token, Catalogue::builtin()).unwrap_err().code, Code::DisclosureUnreferenced);
}

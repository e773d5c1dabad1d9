//! A small ledger: what is said in it is folded at once, and can be folded again.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use daybook_access::{Access, Act, Credential, NewRequest, Place, Role, Session, links_of};
use daybook_access::{ActKind, Entries, ExportScope, Part};
use daybook_event::{Issuer, Jti, b64};
use serde_json::{Map, Value, json};

/// The time at which every story begins, seconds of Unix time.
pub const START: i64 = 1_795_305_600;
pub const DAY: i64 = 24 * 3600;
/// Entries below this number are records of departments.
pub const RECORDS: u64 = 100;

#[derive(Clone)]
pub struct Said {
    pub entry: u64,
    pub jti: Jti,
    pub issuer: Issuer,
    pub event: String,
    pub received: i64,
    pub matter: Option<[u8; 16]>,
    pub fields: Map<String, Value>,
}

pub fn apply(access: &mut Access, said: &Said) {
    access.apply(&Act {
        entry: said.entry,
        jti: said.jti,
        issuer: &said.issuer,
        event: &said.event,
        period: "2026-11".parse().expect("a story is well formed"),
        received: said.received,
        matter: said.matter,
        links: links_of(&said.fields),
        fields: &said.fields,
    });
}

pub struct Story {
    pub access: Access,
    pub said: Vec<Said>,
    pub now: i64,
}

pub fn jti(number: u64) -> Jti {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[0] = 1;
    Jti::from_random(bytes)
}

/// Where record `entry` stands: three matters, and some without.
pub fn place(entry: u64) -> Place {
    Place { jti: jti(entry), matter: (entry % 4 != 3).then_some([(entry % 4) as u8; 16]) }
}

pub fn digest(name: &str) -> [u8; 32] {
    daybook_event::hash::sha256(name.as_bytes())
}

impl Story {
    pub fn new() -> Self {
        let mut access = Access::default();
        (0..RECORDS).for_each(|entry| access.learn(entry, place(entry)));
        Self { access, said: Vec::new(), now: START }
    }

    /// One account of each role, named for it, good for 400 days.
    pub fn with_accounts() -> Self {
        let mut story = Self::new();
        for role in Role::ALL {
            story.grant(role.as_str(), role.as_str(), 400);
        }
        story.grant("approver-2", "approver", 400);
        story.grant("custodian-2", "custodian", 400);
        story
    }

    pub fn say(&mut self, issuer: &str, event: &str, matter: Option<[u8; 16]>, fields: Value) -> Jti {
        let entry = RECORDS + self.said.len() as u64;
        let said = Said {
            entry,
            jti: jti(entry),
            issuer: issuer.parse().expect("a story is well formed"),
            event: event.to_owned(),
            received: self.now,
            matter,
            fields: fields.as_object().expect("a story is well formed").clone(),
        };
        apply(&mut self.access, &said);
        self.said.push(said);
        jti(entry)
    }

    pub fn last(&self) -> u64 {
        RECORDS + self.said.len() as u64 - 1
    }

    pub fn grant(&mut self, account: &str, role: &str, days: i64) -> Jti {
        self.grant_with(account, role, days, &digest(account))
    }

    pub fn grant_with(&mut self, account: &str, role: &str, days: i64, digest: &[u8; 32]) -> Jti {
        // The story's days are counted from its start, 2026-11-22.
        let expires_at = (self.now - START) / DAY + days;
        let (year, day) = (2027 + expires_at / 336, expires_at % 336);
        let fields = json!({
            "account_role": role, "credential": "token", "account": account, "for_department": "sheriff",
            "expires_at": format!("{year}-{:02}-{:02}T00:00:00Z", day / 28 + 1, day % 28 + 1),
            "credential_digest": b64::encode(digest),
        });
        self.say("ledger/governance", "account.granted", None, fields)
    }

    pub fn revoke(&mut self, account: &str) -> Jti {
        let fields = json!({"reason": "left", "account": account});
        self.say("ledger/governance", "account.revoked", None, fields)
    }

    pub fn session(&self, account: &str) -> Session {
        self.access
            .authenticate(Credential::Token, &digest(account), self.now)
            .expect("a story is well formed")
    }

    pub fn ask(&mut self, account: &str, new: &NewRequest) -> Jti {
        let readers: Vec<&str> = new.readers.iter().map(|role| role.as_str()).collect();
        let mut fields = json!({
            "act": new.act.as_str(), "authority": new.authority, "part": new.part.as_str(),
            "at_entries": new.entries.to_strings(), "account": account, "slots": new.slots, "readers": readers,
            "minutes": new.minutes,
        });
        if let Some(scope) = &new.export {
            fields.as_object_mut().expect("a story is well formed").remove("at_entries");
            fields["purpose"] = json!(scope.purpose);
            fields["query"] = json!(b64::encode(scope.query()));
            fields["terms"] = json!(scope.terms);
            fields["up_to"] = json!(scope.up_to);
            fields["rows"] = json!(scope.rows);
        }
        if let Some(opened) = &new.production {
            let fields = fields.as_object_mut().expect("a story is well formed");
            ["part", "at_entries"].into_iter().for_each(|name| drop(fields.remove(name)));
            fields.insert("links".to_owned(), json!([{"rel": "of", "jti": opened}]));
        }
        if let Some(reference) = &new.reference {
            fields["reference"] = json!(reference);
        }
        if new.order {
            fields["order_number"] = json!("2026CV031204");
        }
        self.say("ledger/access", "approval.requested", None, fields)
    }

    pub fn decide(&mut self, account: &str, request: &Jti, decision: &str) -> Jti {
        let fields =
            json!({"decision": decision, "account": account, "links": [{"rel": "of", "jti": request}]});
        self.say("ledger/access", "approval.decided", None, fields)
    }

    pub fn carry_out(&mut self, request: &Jti, new: &NewRequest) -> Jti {
        if new.act == ActKind::ReleaseHold {
            let placed = |said: &&Said| said.event == "hold.placed" && new.entries.contains(said.entry);
            let holds: Vec<Jti> = self.said.iter().filter(placed).map(|said| said.jti).collect();
            return self.let_go(request, &holds);
        }
        let fields = json!({
            "kind": new.act.sealed_kind().unwrap_or("sealed"), "authority": new.authority, "part": new.part.as_str(),
            "at_entries": new.entries.to_strings(), "slots": new.slots, "links": [{"rel": "of", "jti": request}],
        });
        self.say("ledger/access", "record.sealed", None, fields)
    }

    /// The ledger's own release of holds, on a request.
    pub fn let_go(&mut self, request: &Jti, holds: &[Jti]) -> Jti {
        let of = std::iter::once(request).chain(holds);
        let links: Vec<Value> = of.map(|jti| json!({"rel": "of", "jti": jti})).collect();
        self.say("ledger/access", "hold.released", None, json!({"basis": "litigation", "links": links}))
    }

    /// Asks, approves and carries out.
    pub fn done(&mut self, new: &NewRequest) -> Jti {
        let request = self.ask("custodian", new);
        self.decide("approver", &request, "approved");
        self.carry_out(&request, new);
        request
    }

    pub fn hold(&mut self, matter: Option<[u8; 16]>, of: &[Jti]) -> Jti {
        let links: Vec<Value> = of.iter().map(|jti| json!({"rel": "of", "jti": jti})).collect();
        self.say(
            "city-attorney/docket",
            "hold.placed",
            matter,
            json!({"basis": "litigation", "links": links}),
        )
    }

    pub fn release(&mut self, issuer: &str, hold: &Jti) -> Jti {
        self.say(issuer, "hold.released", None, json!({"links": [{"rel": "of", "jti": hold}]}))
    }
}

pub fn new(act: ActKind, entries: &[&str]) -> NewRequest {
    NewRequest {
        act,
        authority: "statute".to_owned(),
        part: Part::All,
        entries: match act {
            act if !act.names_entries() => Entries::none(),
            _ => Entries::parse(entries).expect("a story is well formed"),
        },
        slots: Vec::new(),
        readers: Vec::new(),
        minutes: if matches!(act, ActKind::Open | ActKind::Export) { 60 } else { 0 },
        reference: None,
        order: false,
        export: (act == ActKind::Export).then(|| ExportScope {
            terms: vec!["department=sheriff".to_owned(), "type=request.received".to_owned()],
            up_to: RECORDS,
            rows: 12,
            purpose: "audit".to_owned(),
        }),
        production: None,
    }
}

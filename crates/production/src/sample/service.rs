//! The sample's ledger as a service: what it hands out to whoever builds a production, step by step, in the lines of its routes.

use std::io;

use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Class, Token, entry::parse_entry};
use serde_json::{Map, Value, json};

use super::acts;
use super::ledger::{Kept, Ledger};
use super::make::{PREFIX, choices, profile};
use super::story::{Special, Story, unrelated};
use crate::build::{Numbers, Own};
use crate::model::Choices;
use crate::profile::Profile;

/// What the sample's orders rest on.
const AUTHORITY: &str = "court_order";

/// A ledger with one production that was opened and approved.
pub struct Service {
    /// The ledger.
    pub ledger: Ledger,
    story: Story,
    choices: Choices,
    profile: Profile,
    statement: u64,
    approval: [u64; 2],
    numbered: Option<Numbers>,
    built: Option<([u8; 32], u64)>,
}

impl Service {
    /// Opens production `number` of what the story finds, and approves it.
    ///
    /// # Errors
    /// Where the machine has no time zone data.
    pub fn open(mut ledger: Ledger, story: Story, number: u64) -> io::Result<Self> {
        let profile = profile()?;
        let mut choices = choices(&profile, format!("{PREFIX}P{number:04}"))?;
        choices.searched_size = ledger.size();
        unrelated(&mut ledger);
        choices.found = story.found.len() as u64;
        choices.withheld = story.found.iter().filter(|(_, special)| special.is_held()).count() as u64;
        choices.produced = choices.found - choices.withheld;
        let statement = acts::opened(&mut ledger, &choices, &profile);
        let approval = acts::approved(&mut ledger, statement);
        Ok(Self { ledger, story, choices, profile, statement, approval, numbered: None, built: None })
    }

    /// The profile under which it was opened.
    pub fn profile(&self) -> Profile {
        self.profile.clone()
    }

    /// The fields of `production.opened`, without those of class W.
    pub fn opened(&self) -> Map<String, Value> {
        let kept = self.kept(self.statement);
        let ty = Catalogue::builtin().latest(&kept.event);
        let open = |name: &str| ty.and_then(|ty| ty.field(name)).is_some_and(|field| field.class != Class::W);
        kept.fields.clone().into_iter().filter(|(name, _)| open(name)).collect()
    }

    /// The words of the sample's custodian.
    pub fn words(&self) -> crate::model::Words {
        self.choices.words.clone()
    }

    /// The trust policy.
    pub fn policy(&self) -> String {
        self.ledger.policy()
    }

    /// The checkpoint up to which it was searched.
    pub fn searched(&self) -> String {
        self.ledger.checkpoint(self.choices.searched_size)
    }

    /// The materials, line by line.
    pub fn materials(&self) -> Vec<Value> {
        let mut found = self.story.found.clone();
        found.sort_unstable_by_key(|(index, _)| *index);
        let mut lines: Vec<Value> =
            found.iter().map(|(index, special)| self.material(*index, *special)).collect();
        lines
            .push(json!({"end": true, "produced": self.choices.produced, "withheld": self.choices.withheld}));
        lines
    }

    fn material(&self, index: u64, special: Special) -> Value {
        let kept = self.kept(index);
        let held = |state: &str, code: &str| {
            json!({
                "entry": index, "state": state, "leaf": self.ledger.leaf(index).to_base64(), "event": kept.event, "v": 1,
                "period": "2026-11", "department": kept.iss.department(), "code": code
            })
        };
        match special {
            Special::Privileged => return held("privileged", "attorney-client"),
            Special::Excluded => return held("excluded", "agreement"),
            Special::SealedWhole(by) => {
                let mut line = held("sealed", "sealed");
                line["authority"] = AUTHORITY.into();
                line["by"] = by.into();
                return line;
            }
            _ => {}
        }
        let slots = slots(kept);
        let withheld =
            || slots.iter().filter(|(_, class, _)| *class == Class::W).map(|(name, ..)| name.as_str());
        let locked: Vec<(&str, &str, u64)> = match special {
            Special::Sealed(by) => vec![("matter_ref", "sealed", by)],
            Special::Erased(by) => withheld().map(|slot| (slot, "erased", by)).collect(),
            _ => Vec::new(),
        };
        let is_locked = |name: &str| locked.iter().any(|(slot, ..)| *slot == name);
        let opened: Vec<&str> = match special {
            Special::Open | Special::Sealed(_) => withheld().filter(|name| !is_locked(name)).collect(),
            _ => Vec::new(),
        };
        let out = |(name, class, _): &&(String, Class, String)| {
            !is_locked(name) && (*class == Class::R || opened.contains(&name.as_str()))
        };
        let disclosures: Vec<&str> =
            slots.iter().filter(out).map(|(.., disclosure)| disclosure.as_str()).collect();
        let locked: Vec<Value> = locked
            .iter()
            .map(|(slot, state, by)| json!({"slot": slot, "state": state, "authority": AUTHORITY, "by": by}))
            .collect();
        json!({
            "entry": index, "state": "produced", "bytes": text(kept), "disclosures": disclosures, "intake": kept.intake,
            "opened": opened, "locked": locked
        })
    }

    /// Gives the pages numbers from `first` on; once, and afterwards the same again.
    pub fn number(&mut self, first: u64, documents: u64, pages: u64) -> Numbers {
        if let Some(numbers) = &self.numbered {
            return numbers.clone();
        }
        let last = first + pages - 1;
        let entry = acts::numbered(&mut self.ledger, &self.choices, self.statement, documents, (first, last));
        unrelated(&mut self.ledger);
        let numbers = Numbers { entry, prefix: PREFIX.to_owned(), first, last };
        self.numbered.insert(numbers).clone()
    }

    /// The numbers, where they were given.
    pub fn numbered(&self) -> Option<&Numbers> {
        self.numbered.as_ref()
    }

    /// The checkpoint behind an entry: the newest of its time, and in all builds the same.
    pub fn checkpoint(&self, above: u64) -> String {
        self.ledger.checkpoint(above + 2)
    }

    /// The authorities, line by line. Numbers come first.
    pub fn authorities(&self) -> Vec<Value> {
        let numbered = self.numbered.iter().map(|numbers| numbers.entry);
        let mut entries: Vec<u64> =
            self.story.authorities.iter().copied().chain(self.approval).chain(numbered).collect();
        entries.push(self.statement);
        entries.sort_unstable();
        let record = |index: &u64| {
            let kind = if *index == self.statement { "statement" } else { "authority" };
            let Own { bytes, disclosures, intake, .. } = self.own(*index);
            json!({"entry": index, "kind": kind, "bytes": bytes, "disclosures": disclosures, "intake": intake})
        };
        let mut lines: Vec<Value> = entries.iter().map(record).collect();
        for index in entries.iter().filter(|index| self.kept(**index).event == "key.revoked") {
            let what = "A key of a producer of records in this production was taken back; records signed before stay good.";
            lines.push(json!({"incident": {"entry": index, "event": "key.revoked", "period": "2026-11", "what": what}}));
        }
        lines.push(json!({"end": true, "records": entries.len()}));
        lines
    }

    /// Records the bag, once, and gives the record.
    ///
    /// # Panics
    /// If another bag was recorded: the same production was built in two ways then.
    pub fn build(&mut self, hash: [u8; 32]) -> Own {
        if let Some((known, index)) = self.built {
            assert_eq!(known, hash, "the same production has the same bytes");
            return self.own(index);
        }
        let range = self.numbered.as_ref().map_or((1, 1), |numbers| (numbers.first, numbers.last));
        let index = acts::built(&mut self.ledger, &self.choices, self.statement, hash, range);
        unrelated(&mut self.ledger);
        self.built = Some((hash, index));
        self.own(index)
    }

    fn own(&self, index: u64) -> Own {
        let kept = self.kept(index);
        let restricted = slots(kept).into_iter().filter(|(_, class, _)| *class == Class::R);
        let disclosures = restricted.map(|(.., disclosure)| disclosure).collect();
        Own { index, bytes: text(kept), disclosures, intake: Some(kept.intake.clone()) }
    }

    fn kept(&self, index: u64) -> &Kept {
        &self.ledger.kept[index as usize]
    }
}

fn text(kept: &Kept) -> String {
    String::from_utf8(kept.entry.clone()).expect("entries are text")
}

/// The slots of an event that it has a disclosure for: name, class, disclosure.
fn slots(kept: &Kept) -> Vec<(String, Class, String)> {
    let jwt = parse_entry(&kept.entry).expect("the ledger's own entries are well formed").event;
    let token = Token::parse_jwt(jwt).expect("the ledger's own events are well formed");
    let ty = Catalogue::builtin().latest(&kept.event).expect("a type of the catalogue");
    let class = |name: &str| ty.slots().iter().find(|slot| slot.name == name).map(|slot| slot.class);
    let disclosure = |digest: &[u8; 32]| kept.disclosures.iter().find(|one| sha256(one) == *digest);
    let signed = token.claims().slots.iter();
    signed
        .filter_map(|slot| Some((slot.name.clone(), class(&slot.name)?, disclosure(&slot.digest)?.clone())))
        .collect()
}

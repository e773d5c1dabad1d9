//! The fold: which steps of productions the log holds. A step that does not fit what came before changes nothing.

use std::collections::BTreeMap;

use daybook_event::{Jti, b64};

use super::{
    BATES_MAX, Built, COURT_ORDER_BASIS, Delivered, FEDERAL, FIRST_USE_MAX_S, FOUND_MAX, Numbered, PAGES_MAX,
    PREFIX_PRODUCTIONS_MAX, Production, ProductionQuery, Statement, Withdrawal, Withdrawn, authority,
    is_prefix, name_of,
};
use crate::access::Access;
use crate::account::is_account;
use crate::act::Act;
use crate::request::RequestState;
use crate::roles::Action;

/// All productions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Productions {
    by_name: BTreeMap<String, Production>,
    names: BTreeMap<Jti, String>,
    prefixes: BTreeMap<String, Used>,
}

/// What of a prefix is used up.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
struct Used {
    productions: u64,
    /// The highest number of a page.
    pages: u64,
}

impl Productions {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Production> {
        self.by_name.values()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Production> {
        self.by_name.get(name)
    }

    pub(crate) fn opened(&self, jti: &Jti) -> Option<&Production> {
        self.by_name.get(self.names.get(jti)?)
    }

    /// The name of the next production of a prefix; `None` where it has no more.
    pub(crate) fn next_name(&self, prefix: &str) -> Option<String> {
        let next = self.used(prefix).productions + 1;
        (next <= PREFIX_PRODUCTIONS_MAX).then(|| name_of(prefix, next))
    }

    /// The next number of a page of a prefix. It was never given, neither to a production that was withdrawn nor to one that was never built.
    pub(crate) fn next_page(&self, prefix: &str) -> u64 {
        self.used(prefix).pages + 1
    }

    fn used(&self, prefix: &str) -> Used {
        self.prefixes.get(prefix).copied().unwrap_or_default()
    }

    /// Takes in that a production's approval was asked for: by the account that opened it, once, on the authority that its basis says.
    pub(crate) fn request(&mut self, opened: &Jti, request: &Jti, account: &str, authority: &str) -> bool {
        let production = self.names.get(opened).and_then(|name| self.by_name.get_mut(name));
        let fits = |production: &&mut Production| {
            production.request.is_none()
                && production.opened.account == account
                && production.opened.authority() == authority
        };
        let production = production.filter(fits);
        let taken = production.is_some();
        if let Some(production) = production {
            production.request = Some(*request);
        }
        taken
    }

    fn open(&mut self, opened: Statement, openings: Vec<Jti>) {
        if self.next_name(&opened.prefix).as_ref() != Some(&opened.name) {
            return;
        }
        self.prefixes.entry(opened.prefix.clone()).or_default().productions += 1;
        self.names.insert(opened.jti, opened.name.clone());
        let production = Production {
            openings,
            request: None,
            numbered: None,
            built: None,
            delivered: None,
            withdrawn: Vec::new(),
            opened,
        };
        self.by_name.insert(production.opened.name.clone(), production);
    }
}

impl Access {
    pub(crate) fn open_production(&mut self, act: &Act<'_>) {
        let Some(opened) = Statement::of(act) else { return };
        if self.stands(&opened.account, Action::Produce, act.received) {
            let openings = self.openings_at(&opened.account, act);
            self.productions.open(opened, openings);
        }
    }

    pub(crate) fn number_production(&mut self, act: &Act<'_>) {
        let Some(production) = self.approved(act) else { return };
        let Some(numbered) = Numbered::of(act) else { return };
        let prefix = production.opened.prefix.clone();
        let fits = production.numbered.is_none()
            && act.text("bates_prefix") == Some(&prefix)
            && numbered.documents == production.opened.produced
            && numbered.first == self.productions.next_page(&prefix)
            && (numbered.first..=BATES_MAX).contains(&numbered.last)
            && numbered.last - numbered.first + 1 >= numbered.documents;
        if fits && let Some(production) = self.named(act) {
            production.numbered = Some(numbered);
            self.productions.prefixes.entry(prefix).or_default().pages = numbered.last;
        }
    }

    pub(crate) fn build_production(&mut self, act: &Act<'_>) {
        let Some(production) = self.approved(act) else { return };
        let Some((built, numbered)) = Built::of(act).zip(production.numbered) else { return };
        let fits = production.built.is_none()
            && act.number("bates_first") == Some(numbered.first)
            && act.number("bates_last") == Some(numbered.last)
            && built.records == production.opened.produced
            && built.withheld == production.opened.withheld;
        if fits && let Some(production) = self.named(act) {
            production.built = Some(built);
        }
    }

    pub(crate) fn deliver_production(&mut self, act: &Act<'_>) {
        let Some(production) = self.approved(act) else { return };
        let hash = act.text("package_hash").and_then(b64::decode_array::<32>);
        let fits = act.text("format") == Some("production")
            && act.text("basis") == Some(&production.opened.basis)
            && act.text("requester") == Some(&production.opened.requester)
            && act.number("entries") == Some(production.opened.produced)
            && production.built.is_some()
            && production.delivered.is_none();
        let Some(package_hash) = hash.filter(|_| fits) else { return };
        if let Some(production) = self.named(act) {
            production.delivered = Some(Delivered { entry: act.entry, jti: act.jti, package_hash });
        }
    }

    pub(crate) fn withdraw_production(&mut self, act: &Act<'_>) {
        let Some(what) = Withdrawal::of(act) else { return };
        let replaced = what
            .replaced_by
            .as_deref()
            .is_none_or(|name| Some(name) != act.text("production") && self.productions.get(name).is_some());
        let Some(production) = self.named(act) else { return };
        let done = production.withdrawn.iter().any(|before| before.what.is_whole() || before.what == what);
        if replaced && !done && what.fits(production.numbered.as_ref()) {
            production.withdrawn.push(Withdrawn { entry: act.entry, jti: act.jti, what });
        }
    }

    /// The production that a step names twice over, by its name and by its first event.
    fn named(&mut self, act: &Act<'_>) -> Option<&mut Production> {
        let production = self.productions.by_name.get_mut(act.text("production")?)?;
        (act.sole() == Some(production.opened.jti)).then_some(production)
    }

    /// The same, where a second person approved and nothing of it was withdrawn. What has no numbers yet was approved not too long ago.
    fn approved(&self, act: &Act<'_>) -> Option<&Production> {
        let production = self.productions.get(act.text("production")?)?;
        let named = act.sole() == Some(production.opened.jti) && production.withdrawn.is_empty();
        let request = self.production_request(production).filter(|_| named)?;
        let RequestState::Approved { at, .. } = request.state else { return None };
        let in_time = act.received.saturating_sub(at) <= FIRST_USE_MAX_S;
        (in_time || production.numbered.is_some()).then_some(production)
    }
}

impl Statement {
    /// What a `production.opened` says; `None` where it does not make sense by itself.
    fn of(act: &Act<'_>) -> Option<Self> {
        let text = |name: &str| act.text(name).map(str::to_owned);
        let opened = Self {
            jti: act.jti,
            entry: act.entry,
            at: act.received,
            name: text("production")?,
            prefix: text("bates_prefix").filter(|prefix| is_prefix(prefix))?,
            basis: text("basis")?,
            requester: text("requester")?,
            account: text("account").filter(|name| is_account(name))?,
            query: ProductionQuery::parse(act.text("query")?).ok()?,
            searched_size: act.number("searched_size")?,
            found: act.number("found")?,
            produced: act.number("produced")?,
            withheld: act.number("withheld")?,
        };
        authority(&opened.basis, &opened.requester)?;
        let lawful = opened.requester != FEDERAL || opened.basis == COURT_ORDER_BASIS;
        let counted = opened.produced.checked_add(opened.withheld) == Some(opened.found)
            && opened.produced > 0
            && opened.found <= FOUND_MAX
            && opened.searched_size <= act.entry;
        (lawful && counted).then_some(opened)
    }
}

impl Numbered {
    fn of(act: &Act<'_>) -> Option<Self> {
        Some(Self {
            entry: act.entry,
            first: act.number("first")?,
            last: act.number("last")?,
            documents: act.number("documents")?,
        })
    }
}

impl Built {
    fn of(act: &Act<'_>) -> Option<Self> {
        Some(Self {
            entry: act.entry,
            bag_hash: act.text("bag_hash").and_then(b64::decode_array::<32>)?,
            records: act.number("records")?,
            withheld: act.number("withheld")?,
        })
    }
}

impl Withdrawal {
    fn of(act: &Act<'_>) -> Option<Self> {
        let bates = act.texts("bates", PAGES_MAX)?;
        Some(Self {
            kind: act.text("kind")?.to_owned(),
            replaced_by: act.text("replaced_by").map(str::to_owned),
            bates: bates.into_iter().map(str::to_owned).collect(),
            ground: act.text("ground")?.to_owned(),
        })
    }
}

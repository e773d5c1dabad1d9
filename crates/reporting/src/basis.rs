//! What a report rests on: the ledger's checkpoint, the time and the rules.

use daybook_report::model::{Checkpoint, Head, ModelFault, Pack, PackState, Period};
use daybook_rules::figures::{AppliedPack, Figures, applied_packs};
use daybook_rules::pack;
use daybook_rules::ruleset::Ruleset;
use jiff::Zoned;

/// What a report rests on.
#[derive(Debug, Clone)]
pub struct Basis<'r> {
    /// The state of the ledger.
    pub checkpoint: Checkpoint,
    /// The time to which clocks ran, in the jurisdiction's zone.
    pub as_of: Zoned,
    /// The rules that were applied.
    pub rules: &'r Ruleset,
}

impl Basis<'_> {
    /// The head of a report over figures.
    pub(crate) fn head(
        &self,
        title: String,
        figures: &Figures,
        department: Option<String>,
    ) -> Result<Head, ModelFault> {
        let window = figures.window();
        let applied = applied_packs(self.rules, window);
        let mut notices = Vec::new();
        notices.extend(study_notice(self.rules, &applied));
        notices.extend(switched_off_notice(&applied));
        if window.to() > self.as_of.date() {
            notices.push(format!(
                "The period is not over: the figures were taken on {}, and more will come.",
                self.as_of.date()
            ));
        }
        Ok(Head {
            title,
            jurisdiction: self.jurisdiction(),
            department,
            period: Period::new(window.from(), window.to())?,
            as_of: self.as_of.clone(),
            checkpoint: self.checkpoint.clone(),
            packs: applied.iter().map(pack).collect(),
            notices,
        })
    }

    /// Whose ledger it is: the jurisdiction of the first pack that is in force, which also gives the calendar.
    fn jurisdiction(&self) -> String {
        let first = self.rules.packs().iter().find(|pack| pack.state == pack::PackState::InForce);
        first.map(|pack| pack.jurisdiction.clone()).unwrap_or_default()
    }
}

fn pack(applied: &AppliedPack<'_>) -> Pack {
    let pack = applied.pack;
    Pack {
        id: pack.id.clone(),
        version: pack.version.clone(),
        title: pack.title.clone(),
        valid_from: pack.valid_from,
        valid_to: applied.last_day,
        state: match (pack.state, applied.study) {
            (pack::PackState::SwitchedOff, _) => PackState::SwitchedOff,
            (pack::PackState::InForce, true) => PackState::Study,
            (pack::PackState::InForce, false) => PackState::InForce,
        },
        digest: pack.digest.clone(),
    }
}

fn study_notice(rules: &Ruleset, applied: &[AppliedPack<'_>]) -> Option<String> {
    let since = rules.study_from()?;
    let titles: Vec<&str> =
        applied.iter().filter(|applied| applied.study).map(|applied| applied.pack.title.as_str()).collect();
    if titles.is_empty() {
        return None;
    }
    Some(format!(
        "A study: rules were applied to days before they were law (since {since}), from: {}. What they say about those days shows what they would \
         have meant, and is nobody's breach.",
        titles.join("; ")
    ))
}

fn switched_off_notice(applied: &[AppliedPack<'_>]) -> Option<String> {
    let off: Vec<String> = applied
        .iter()
        .filter(|applied| applied.pack.state == pack::PackState::SwitchedOff)
        .map(|applied| match &applied.pack.state_reason {
            Some(reason) => format!("{} ({})", applied.pack.title, reason.trim_end_matches('.')),
            None => applied.pack.title.clone(),
        })
        .collect();
    (!off.is_empty())
        .then(|| format!("Switched off, so that nothing was judged by them: {}.", off.join("; ")))
}

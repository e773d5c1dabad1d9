//! What is settled before anything is read: what was opened, by which profile it goes out, in whose words.

use daybook_event::Origin;

use super::error::{BuildError, OPEN_ANEW};
use super::opened::Opened;
use super::trust::Trust;
use crate::load::DatEncoding;
use crate::model::{Confidentiality, Words, Zone};
use crate::papers::Software;
use crate::profile::{Asked, Notice, Profile, Severity};

/// Records in memory at once, twice over: those that are worked on and those that are written.
pub const RECORDS_AT_ONCE: usize = 256;

/// On what a claim of privilege rests, in a sentence, by entry and by the privilege's code.
pub type Basis<'a> = dyn Fn(u64, &str) -> String + Sync + 'a;

/// What is settled before anything is read.
pub struct Plan<'a> {
    pub(super) opened: Opened,
    pub(super) profile: Profile,
    pub(super) words: Words,
    pub(super) basis: &'a Basis<'a>,
    pub(super) encoding: DatEncoding,
    pub(super) software: Software,
    pub(super) at_once: usize,
    zone: Zone,
    origin: Origin,
}

impl<'a> Plan<'a> {
    /// Settles it. The profile must be the one that was recorded, to the byte.
    ///
    /// # Errors
    /// Where it is another, where this machine does not know the time zone, or where the profile stops the production.
    pub fn new(
        opened: Opened,
        profile: Profile,
        words: Words,
        basis: &'a Basis<'a>,
        trust: &Trust,
    ) -> Result<Self, BuildError> {
        if (opened.profile.as_str(), opened.profile_hash.as_str())
            != (profile.name.as_str(), profile.digest())
        {
            let what = format!(
                "the production was opened under the profile {} with the hash {}, and this one is {} with {}",
                opened.profile,
                opened.profile_hash,
                profile.name,
                profile.digest()
            );
            return Err(BuildError::unfit(
                what,
                "give the file that was used then, or open a new production",
            ));
        }
        if Confidentiality::of_code(&opened.confidentiality).is_none() {
            return Err(BuildError::unfit(
                "production.opened has a degree of confidentiality that this program does not know",
                OPEN_ANEW,
            ));
        }
        let zone = Zone::new(&opened.time_zone)
            .map_err(|error| BuildError::unfit(error.to_string(), "then build again"))?;
        let origin = trust.origin().clone();
        let plan = Self {
            opened,
            profile,
            words,
            basis,
            encoding: DatEncoding::Utf8,
            software: Software::default(),
            at_once: RECORDS_AT_ONCE,
            zone,
            origin,
        };
        blocked(&plan.notices())?;
        Ok(plan)
    }

    /// With this encoding of the DAT; UTF-8 otherwise.
    #[must_use]
    pub fn encoding(self, encoding: DatEncoding) -> Self {
        Self { encoding, ..self }
    }

    /// With the program named that makes it; the certificate leaves a blank otherwise.
    #[must_use]
    pub fn software(self, software: Software) -> Self {
        Self { software, ..self }
    }

    /// With so many records in memory at once, twice over; [`RECORDS_AT_ONCE`] otherwise. The package is the same with any number.
    #[must_use]
    pub fn at_once(self, records: usize) -> Self {
        Self { at_once: records.max(1), ..self }
    }

    /// What was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// What counsel should look at about the production as a whole.
    pub fn notices(&self) -> Vec<Notice> {
        self.profile.notices(self.asked())
    }

    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { basis: &self.opened.basis, requester: &self.opened.requester }
    }

    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// Stops where one of them says that it may not go out.
pub(super) fn blocked(notices: &[Notice]) -> Result<(), BuildError> {
    let stops: Vec<Notice> =
        notices.iter().filter(|notice| notice.severity == Severity::Block).cloned().collect();
    if stops.is_empty() { Ok(()) } else { Err(BuildError::Blocked(stops)) }
}

//! Admission as a stage: examines a batch on all cores, places its messages in order.

use std::sync::Arc;
use std::time::Instant;

use daybook_event::{Anomaly, Catalogue, Entropy, EntropyError, Origin};
use daybook_index::{IndexError, State};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Accepted, AdmittedBatch, Duplicate, Refused};
use crate::admission::{self, Decision, Examined, Keep, Rules};
use crate::bus::{Inbound, InboundBatch};
use crate::entries::{Handover, Opened};
use crate::intake;
use crate::metrics::{Metrics, RefusalLabel};

/// Messages that one core examines at a time. A signature batch gets cheaper per signature up to about this size.
const EXAMINE_CHUNK: usize = 1_024;
const EXAMINE_CHUNK_MIN: usize = 64;

/// Why admission had to stop.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// No randomness for the salts of intake disclosures.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Owner of the state that admission decides on.
pub(crate) struct Admission {
    pub(crate) origin: Origin,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) state: State,
    pub(crate) stream: String,
    pub(crate) entropy: Box<dyn Entropy + Send>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) handover: Arc<Handover>,
}

impl Admission {
    /// Decides on every message of a batch.
    ///
    /// # Errors
    /// The index or the source of randomness failed. The state may then be ahead of the log, so the service has to stop.
    pub(crate) fn admit(&mut self, batch: InboundBatch) -> Result<AdmittedBatch, AdmissionError> {
        let started = Instant::now();
        let mut admitted = AdmittedBatch { acknowledge: batch.acknowledge, ..AdmittedBatch::default() };
        // An administrative event decides about the keys of what follows, so it is a group of its own.
        for group in batch
            .messages
            .chunk_by(|a, b| !admission::is_administrative(a) && !admission::is_administrative(b))
        {
            let examined = self.examine(group);
            for (message, examined) in group.iter().zip(examined) {
                self.place(message, examined, &mut admitted)?;
            }
        }
        self.metrics.admission_seconds.observe(started.elapsed().as_secs_f64());
        Ok(admitted)
    }

    fn examine(&self, group: &[Inbound]) -> Vec<Result<Examined, daybook_event::Refusal>> {
        let keep = if self.handover.is_wanted() { Keep::Said } else { Keep::Places };
        let rules = Rules { origin: &self.origin, catalogue: self.catalogue, keep };
        let registry = self.state.registry();
        let per_core = group.len().div_ceil(rayon::current_num_threads());
        let chunk = per_core.clamp(EXAMINE_CHUNK_MIN, EXAMINE_CHUNK);
        group.par_chunks(chunk).flat_map_iter(|chunk| admission::examine(chunk, registry, rules)).collect()
    }

    fn place(
        &mut self,
        message: &Inbound,
        examined: Result<Examined, daybook_event::Refusal>,
        admitted: &mut AdmittedBatch,
    ) -> Result<(), AdmissionError> {
        let examined = match examined {
            Ok(examined) => examined,
            Err(refusal) => {
                self.refuse(message, refusal, admitted);
                return Ok(());
            }
        };
        match admission::place(message, &examined, &mut self.state)? {
            Decision::Refuse(refusal) => self.refuse(message, refusal, admitted),
            Decision::Duplicate { index } => {
                admitted.duplicates.push(Duplicate { iss: examined.iss, index });
                self.metrics.duplicates.inc();
            }
            Decision::Accept { index, anomalies } => {
                self.note(index, &anomalies);
                let intake = intake::disclosure(message, &self.stream, self.entropy.as_mut())?;
                admitted.accepted.push(Accepted {
                    iss: examined.iss,
                    payload: message.payload.clone(),
                    jwt: examined.jwt,
                    restricted: examined.restricted,
                    withheld: examined.withheld,
                    intake,
                    understood: examined.said.map(|said| Opened {
                        index,
                        received: Some(intake::received_at(message)),
                        said,
                    }),
                    ticket: message.ticket.clone(),
                });
                admitted.closed.extend(self.state.close_segment());
            }
        }
        Ok(())
    }

    fn refuse(&self, message: &Inbound, refusal: daybook_event::Refusal, admitted: &mut AdmittedBatch) {
        self.metrics.refused.get_or_create(&RefusalLabel { code: refusal.code.as_str() }).inc();
        info!(code = refusal.code.as_str(), stream_seq = message.stream_seq, "refused");
        if let Some(ticket) = &message.ticket {
            ticket.answer(Err(refusal.code));
        }
        // The stream holds `daybook.events.*.*` only, so the rest of the subject is the producer's.
        let subject = message.subject.replacen("daybook.events.", "daybook.refusals.", 1);
        admitted.refused.push(Refused { subject, refusal, digest: Sha256::digest(&message.payload).into() });
    }

    fn note(&self, index: u64, anomalies: &[Anomaly]) {
        for anomaly in anomalies {
            match anomaly {
                Anomaly::GapOpened { .. } => {
                    self.metrics.gaps.inc();
                }
                Anomaly::Fork { .. } | Anomaly::PrevMismatch { .. } => {
                    self.metrics.forks.inc();
                    warn!(index, "a producer signed two histories; `daybook verify log` names both entries");
                }
                Anomaly::GapClosed { .. } => {}
            }
        }
    }
}

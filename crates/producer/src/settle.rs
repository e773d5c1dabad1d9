//! The receiving half of a producer: receipts and refusals from the bus into the outbox.

use std::sync::Arc;

use async_nats::Subscriber;
use bytes::Bytes;
use daybook_tlog::Policy;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;

use crate::outbox::{Outbox, OutboxError, ReceiptGroup};
use crate::progress::Progress;
use crate::receipt::{OpenedRefusal, open_gathered, open_refusal};

/// Messages settled in one transaction, in messages.
const GATHER_MAX: usize = 16;

/// What became of events.
#[derive(Debug)]
pub(crate) enum Settled {
    /// Receipted or refused for good: their sending ends.
    Done(Vec<u64>),
    /// Refused for a reason that may pass.
    PutOff(u64),
}

/// Everything the receiving half needs.
pub(crate) struct Settler {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) issuer: String,
    pub(crate) progress: Arc<Progress>,
    pub(crate) news: mpsc::Sender<Settled>,
}

impl Settler {
    /// Takes messages until a subscription ends or the sending half is gone.
    pub(crate) async fn run(
        self,
        mut receipts: Subscriber,
        mut refusals: Subscriber,
    ) -> Result<(), OutboxError> {
        let settler = Arc::new(self);
        loop {
            let (mut gathered, mut refused) = (Vec::new(), Vec::new());
            tokio::select! {
                message = receipts.next() => match message {
                    Some(message) => gathered.push(message.payload),
                    None => return Ok(()),
                },
                message = refusals.next() => match message {
                    Some(message) => refused.push(message.payload),
                    None => return Ok(()),
                },
                () = settler.news.closed() => return Ok(()),
            }
            // Whatever else is there already shares the transaction and its sync.
            while gathered.len() < GATHER_MAX
                && let Some(Some(message)) = receipts.next().now_or_never()
            {
                gathered.push(message.payload);
            }
            while refused.len() < GATHER_MAX
                && let Some(Some(message)) = refusals.next().now_or_never()
            {
                refused.push(message.payload);
            }
            let worker = Arc::clone(&settler);
            let work = tokio::task::spawn_blocking(move || worker.settle(&gathered, &refused));
            let outcomes = match work.await {
                Ok(outcomes) => outcomes?,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
            for outcome in outcomes {
                if settler.news.send(outcome).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    fn settle(&self, gathered: &[Bytes], refused: &[Bytes]) -> Result<Vec<Settled>, OutboxError> {
        let mut outcomes = Vec::new();
        let groups = self.open_receipts(gathered)?;
        if !groups.is_empty() {
            let done = self.outbox.accept(&groups)?;
            let last = groups.iter().flat_map(|group| &group.receipts).map(|receipt| receipt.index).max();
            self.progress.accepted(done.len(), last);
            outcomes.push(Settled::Done(done));
        }
        let mut for_good = Vec::new();
        for message in refused {
            let Some(refusal) = open_refusal(message, &self.outbox)? else {
                self.progress.stray_refusal();
                continue;
            };
            tell(&refusal);
            if refusal.retry {
                outcomes.push(Settled::PutOff(refusal.seq));
            } else {
                for_good.push((refusal.seq, refusal.problem.clone()));
            }
            self.progress.refused(refusal);
        }
        if !for_good.is_empty() {
            self.outbox.refuse(&for_good)?;
            outcomes.push(Settled::Done(for_good.into_iter().map(|(seq, _)| seq).collect()));
        }
        Ok(outcomes)
    }

    fn open_receipts(&self, gathered: &[Bytes]) -> Result<Vec<ReceiptGroup>, OutboxError> {
        let mut groups = Vec::new();
        for message in gathered {
            match open_gathered(message, &self.issuer, &self.policy, &self.outbox)? {
                Ok(opened) => {
                    for fault in &opened.faults {
                        tracing::warn!("a receipt was ignored: {fault}");
                    }
                    self.progress.invalid(opened.faults.len());
                    self.progress.repeated(opened.repeated);
                    if !opened.group.receipts.is_empty() {
                        groups.push(opened.group);
                    }
                }
                Err(fault) => {
                    tracing::warn!("a receipt message was ignored: {fault}");
                    self.progress.invalid(1);
                }
            }
        }
        Ok(groups)
    }
}

fn tell(refusal: &OpenedRefusal) {
    let OpenedRefusal { seq, code, detail, remedy, retry, .. } = refusal;
    if *retry {
        tracing::warn!(seq, code, "the ledger put the event off; it will be sent again. {detail} {remedy}");
    } else {
        tracing::error!(seq, code, "the ledger refused the event for good. {detail} {remedy}");
    }
}

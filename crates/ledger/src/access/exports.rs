//! Exports: many events taken out at once, on somebody's approval.

use daybook_access::{AccessFault, ActKind, Entries, ExportRun, ExportScope, NewRequest, Part, Session};
use daybook_event::Jti;

use super::approvals::ActFault;
use super::{Desk, Recorded};

/// What somebody asks to take out.
#[derive(Debug, Clone)]
pub struct ExportAsked {
    /// The query, up to where, how many events that are, and what for.
    pub scope: ExportScope,
    /// On what authority, as in the schema of `approval.requested`.
    pub authority: String,
    /// How long it can be taken out after the approval, in minutes.
    pub minutes: u64,
    /// The number of the audit, request or case.
    pub reference: Option<String>,
    /// The number of the court's order.
    pub order_number: Option<String>,
}

impl Desk {
    /// Asks for an export, which takes two people.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing was asked for.
    pub async fn request_export(&self, session: &Session, asked: ExportAsked) -> Result<Recorded, ActFault> {
        let _one = self.acting.lock().await;
        let new = NewRequest {
            act: ActKind::Export,
            authority: asked.authority,
            // An export holds what its reader may see, which is never a withheld field.
            part: Part::Restricted,
            entries: Entries::none(),
            slots: Vec::new(),
            readers: Vec::new(),
            minutes: asked.minutes,
            reference: asked.reference,
            order: asked.order_number.is_some(),
            export: Some(asked.scope),
            production: None,
        };
        self.access().check_request(session, &new, self.clock.now().as_second())?;
        self.ask(session, &new, asked.order_number.as_deref()).await
    }

    /// What an approved request lets a session take out now.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_export(
        &self,
        session: &Session,
        request: &Jti,
        run: &ExportRun<'_>,
    ) -> Result<ExportScope, AccessFault> {
        let access = self.access();
        let request = access.check_export(session, request, run, self.clock.now().as_second())?;
        request.export.clone().ok_or(AccessFault::OtherAct { act: request.act })
    }
}

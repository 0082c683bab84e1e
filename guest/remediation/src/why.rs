//! Why a subject is in its state: the answer to "why is this label here?".

use crate::settings::Settings;
use crate::state::State;
use pawl_sdk::bytes::{Damaged, Reader, Writer};
use pawl_sdk::text;

/// What led to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Nothing,
    Found,
    Feedback,
    FeedbackBeyondLimit,
    Started,
    AgentPush,
    Completed,
    QualityCompleted,
    Approval,
    PushAfterApproval,
    LimitSignal,
    Reset,
    HandSet,
    HandCleared,
    Reopened,
    Closed,
    CleanedUp,
}

impl Cause {
    const ALL: [Self; 17] = [
        Self::Nothing,
        Self::Found,
        Self::Feedback,
        Self::FeedbackBeyondLimit,
        Self::Started,
        Self::AgentPush,
        Self::Completed,
        Self::QualityCompleted,
        Self::Approval,
        Self::PushAfterApproval,
        Self::LimitSignal,
        Self::Reset,
        Self::HandSet,
        Self::HandCleared,
        Self::Reopened,
        Self::Closed,
        Self::CleanedUp,
    ];
}

/// The cause of the present state, who, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub cause: Cause,
    pub who: String,
    pub at: i64,
}

impl Why {
    pub fn nothing() -> Self {
        Self { cause: Cause::Nothing, who: String::new(), at: 0 }
    }

    /// One sentence.
    pub fn sentence(&self, state: State, iteration: u32, settings: &Settings<'_>) -> String {
        // Joined and not formatted, which was a fifth of the policy's work: every plan has its sentence.
        let by = if self.who.is_empty() { "" } else { " by " };
        let told = |what: &str, then: &str| [what, by, &self.who, " at ", &text::utc(self.at), then].concat();
        let name = state.name();
        let beyond = "; remove the label or write /pawl reset to begin again";
        match self.cause {
            Cause::Nothing => "nothing has happened that this policy acts on".into(),
            Cause::Found => [name, " was found on the labels when this policy first saw them"].concat(),
            Cause::Feedback => {
                let cycle = [" began cycle ", &iteration.to_string(), " of ", &settings.limit.to_string()].concat();
                told("QA feedback", &cycle)
            }
            Cause::FeedbackBeyondLimit => {
                told("QA feedback", &[" would have begun a cycle beyond the limit of ", &settings.limit.to_string(), beyond].concat())
            }
            Cause::Started => told("remediation started", ""),
            Cause::AgentPush => told("an implementation agent pushed", ""),
            Cause::Completed => told("remediation completed", ", QA is next"),
            Cause::QualityCompleted => told("quality checks completed", ", QA is next"),
            Cause::Approval => told("QA approved", ""),
            Cause::PushAfterApproval => told("new commits were pushed", " after the approval, which was for another head"),
            Cause::LimitSignal => told("max_iterations_reached was signalled", &[" in cycle ", &iteration.to_string(), beyond].concat()),
            Cause::Reset => told("the failure was reset", ""),
            Cause::HandSet => told(&["the label ", name, " was set by hand"].concat(), ""),
            Cause::HandCleared => told("the status label was removed by hand", ""),
            Cause::Reopened => told("it was opened again", ""),
            Cause::Closed => told("it was merged or closed", ""),
            Cause::CleanedUp => told("it was cleaned up", ", since nobody had touched it for long; what happens next goes on from here"),
        }
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.unsigned(self.cause as u64);
        writer.signed(self.at);
        writer.text(&self.who);
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let cause = usize::try_from(reader.unsigned()?).ok().and_then(|cause| Cause::ALL.get(cause).copied());
        let cause = cause.ok_or(reader.damaged("a cause"))?;
        Ok(Self { cause, at: reader.signed()?, who: reader.text()? })
    }
}

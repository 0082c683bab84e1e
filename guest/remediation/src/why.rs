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
        let by = if self.who.is_empty() { String::new() } else { format!(" by {}", self.who) };
        let when = format!("{by} at {}", text::utc(self.at));
        let (limit, name) = (settings.limit, state.name());
        match self.cause {
            Cause::Nothing => "nothing has happened that this policy acts on".into(),
            Cause::Found => format!("{name} was found on the labels when this policy first saw them"),
            Cause::Feedback => format!("QA feedback{when} began cycle {iteration} of {limit}"),
            Cause::FeedbackBeyondLimit => {
                format!(
                    "QA feedback{when} would have begun a cycle beyond the limit of {limit}; remove the label or write /pawl reset to begin again"
                )
            }
            Cause::Started => format!("remediation started{when}"),
            Cause::AgentPush => format!("an implementation agent pushed{when}"),
            Cause::Completed => format!("remediation completed{when}, QA is next"),
            Cause::QualityCompleted => format!("quality checks completed{when}, QA is next"),
            Cause::Approval => format!("QA approved{when}"),
            Cause::PushAfterApproval => format!("new commits were pushed{when} after the approval, which was for another head"),
            Cause::LimitSignal => {
                format!(
                    "max_iterations_reached was signalled{when} in cycle {iteration}; remove the label or write /pawl reset to begin again"
                )
            }
            Cause::Reset => format!("the failure was reset{when}"),
            Cause::HandSet => format!("the label {name} was set by hand{when}"),
            Cause::HandCleared => format!("the status label was removed by hand{when}"),
            Cause::Reopened => format!("it was opened again{when}"),
            Cause::Closed => format!("it was merged or closed{when}"),
            Cause::CleanedUp => {
                format!("it was cleaned up{when}, since nobody had touched it for long; what happens next goes on from here")
            }
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

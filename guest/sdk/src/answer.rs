//! Saying a plan.

use crate::facts::Run;
use crate::limits;
use crate::plan::{Ask, Notice, Plan, Refusal, RefusedNews, Request, Severity, Stop};
use crate::text::clean;

impl Plan {
    /// A plan without labels or effects, in one of the manifest's states, and the sentence that explains it.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let plan = Plan::in_state("open", "nobody has reviewed it yet");
    /// assert!(plan.labels.is_empty() && plan.memory.is_none());
    /// ```
    #[must_use]
    pub fn in_state(state: &str, reason: impl Into<String>) -> Self {
        Self {
            labels: Vec::new(),
            stops: Vec::new(),
            requests: Vec::new(),
            memory: None,
            state: state.into(),
            reason: bounded(reason.into()),
            held: false,
            refused: Vec::new(),
            keeps: Vec::new(),
            revisit_after_seconds: None,
        }
    }

    /// With one more of the owned labels.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Plan::in_state("open", "").with_label("ready").labels, ["ready"]);
    /// ```
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.labels.push(label.into());
        self
    }

    /// With a run that should not go on; beyond the limit the rest waits for the next decision.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let run = sample::run("CodeRun", "qa-1", 0);
    /// assert_eq!(Plan::in_state("open", "").stopping(&run).stops[0].name, "qa-1");
    /// ```
    #[must_use]
    pub fn stopping(mut self, run: &Run) -> Self {
        if self.stops.len() < limits::STOPS {
            self.stops.push(Stop { kind: run.kind.clone(), name: run.name.clone(), uid: run.uid.clone() });
        }
        self
    }

    /// With a one-time effect. The key makes it one-time: unique within this policy and subject, at most 120 bytes of
    /// letters, digits and `. : / _ -`, without a double dash.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let plan = Plan::in_state("open", "").asking("welcome:1", Ask::Comment("Welcome.".into()));
    /// assert_eq!(plan.requests[0].key, "welcome:1");
    /// ```
    #[must_use]
    pub fn asking(mut self, key: impl Into<String>, ask: Ask) -> Self {
        self.requests.push(Request { key: key.into(), ask });
        self
    }

    /// With something that a person should be told.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let plan = Plan::in_state("failed", "").telling("failed:1", "failed", Severity::High, "Ten rounds were not enough.", &[("task", "7")]);
    /// assert_eq!(plan.requests.len(), 1);
    /// ```
    #[must_use]
    pub fn telling(
        self,
        key: impl Into<String>,
        topic: &str,
        severity: Severity,
        message: impl Into<String>,
        fields: &[(&str, &str)],
    ) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.asking(key, Ask::Notice(Notice { topic: topic.into(), message: bounded(message.into()), severity, fields }))
    }

    /// With what to remember.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Plan::in_state("open", "").remembering(vec![1]).memory, Some(vec![1]));
    /// ```
    #[must_use]
    pub fn remembering(mut self, memory: Vec<u8>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// With news that was understood and has no effect, and why.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let plan = Plan::in_state("open", "").refusing("signal:1", "no transition from open on approval");
    /// assert_eq!(plan.refused[0].news_id, "signal:1");
    /// ```
    #[must_use]
    pub fn refusing(mut self, news_id: impl Into<String>, reason: impl Into<String>) -> Self {
        self.refused.push(RefusedNews { news_id: news_id.into(), reason: bounded(reason.into()) });
        self
    }

    /// Held by a heeded label: labels, stops and requests wait, notices go out.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(Plan::in_state("held", "").holding().held);
    /// ```
    #[must_use]
    pub fn holding(mut self) -> Self {
        self.held = true;
        self
    }

    /// Asked again after `seconds`, moved into what the contract allows.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Plan::in_state("open", "").revisiting_after(3).revisit_after_seconds, Some(10));
    /// ```
    #[must_use]
    pub fn revisiting_after(mut self, seconds: u32) -> Self {
        let (shortest, longest) = limits::REVISIT_SECONDS.into_inner();
        self.revisit_after_seconds = Some(seconds.clamp(shortest, longest));
        self
    }
}

impl Refusal {
    /// A refusal with its sentence, which should end with the way out.
    ///
    /// ```
    /// assert_eq!(pawl_sdk::Refusal::because("no head").reason, "no head");
    /// ```
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: bounded(reason.into()) }
    }
}

/// Sentences beyond the limit are shortened: a long name must not make a whole plan void.
fn bounded(sentence: String) -> String {
    if sentence.len() <= limits::SENTENCE_BYTES {
        return sentence;
    }
    // Four bytes are the longest character, and the mark of omission takes three.
    clean(&sentence, limits::SENTENCE_BYTES / 4 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_bounded_in_bytes_whatever_it_is_written_in() {
        for character in ["x", "é", "漢", "🦀"] {
            let plan = Plan::in_state("s", character.repeat(2_000));
            assert!(!plan.reason.is_empty() && plan.reason.len() <= limits::SENTENCE_BYTES, "{character}");
        }
    }
}

//! Questions on facts.

use crate::facts::{Facts, SubjectState, Value};
use crate::label::{self, Family};
use crate::plan::Refusal;

impl Facts {
    /// Whether the subject carries a label, in any letter case.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let mut facts = sample::bare_pull_request();
    /// facts.labels = vec!["Hold".into()];
    /// assert!(facts.has_label("hold"));
    /// ```
    #[must_use]
    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label::same(label, name))
    }

    /// The numbers of a family `prefix-{n}` on the subject, ascending, each once.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let mut facts = sample::bare_pull_request();
    /// facts.labels = vec!["task-7".into(), "Task-3".into(), "task-force".into()];
    /// assert_eq!(facts.numbers_of("task-{n}"), [3, 7]);
    /// ```
    #[must_use]
    pub fn numbers_of(&self, family: &str) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.labels.iter().filter_map(|label| Family(family).number(label)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Whether another open pull request carries one of the subject's labels of a family too. Needs `runs`.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let mut facts = sample::bare_pull_request();
    /// facts.labels = vec!["Task-7".into(), "size/S".into()];
    /// facts.shared_labels = vec!["Task-7".into()];
    /// assert!(facts.shares("task-{n}") && !facts.shares("size/S"));
    /// ```
    #[must_use]
    pub fn shares(&self, family: &str) -> bool {
        self.shared_labels.iter().any(|label| Family(family).has(label))
    }

    /// Whether the subject is merged or closed.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(!sample::bare_pull_request().is_over());
    /// ```
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, SubjectState::Merged | SubjectState::Closed)
    }

    /// A text setting.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let manifest = Manifest::named("m", "1.0.0", "").with_setting("gate", Value::Text("none".into()), "A gate.");
    /// assert_eq!(sample::pull_request(&manifest).text("gate").unwrap(), "none");
    /// ```
    ///
    /// # Errors
    /// A refusal when there is no such setting or it is no text.
    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        match self.setting(name)? {
            Value::Text(text) => Ok(text),
            _ => Err(wrong_type(name, "a text")),
        }
    }

    /// A number setting.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let manifest = Manifest::named("m", "1.0.0", "").with_setting("limit", Value::Number(10), "A limit.");
    /// assert_eq!(sample::pull_request(&manifest).number("limit").unwrap(), 10);
    /// ```
    ///
    /// # Errors
    /// A refusal when there is no such setting or it is no number.
    pub fn number(&self, name: &str) -> Result<i64, Refusal> {
        match self.setting(name)? {
            Value::Number(number) => Ok(*number),
            _ => Err(wrong_type(name, "a whole number")),
        }
    }

    /// An on-or-off setting.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let manifest = Manifest::named("m", "1.0.0", "").with_setting("loud", Value::Flag(true), "Loud or not.");
    /// assert!(sample::pull_request(&manifest).flag("loud").unwrap());
    /// ```
    ///
    /// # Errors
    /// A refusal when there is no such setting or it is neither on nor off.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.setting(name)? {
            Value::Flag(flag) => Ok(*flag),
            _ => Err(wrong_type(name, "true or false")),
        }
    }

    /// A list setting.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// # let manifest = Manifest::named("m", "1.0.0", "").with_setting("who", Value::Texts(vec!["ann".into()]), "People.");
    /// assert_eq!(sample::pull_request(&manifest).texts("who").unwrap(), ["ann"]);
    /// ```
    ///
    /// # Errors
    /// A refusal when there is no such setting or it is no list.
    pub fn texts(&self, name: &str) -> Result<&[String], Refusal> {
        match self.setting(name)? {
            Value::Texts(texts) => Ok(texts),
            _ => Err(wrong_type(name, "a list of texts")),
        }
    }

    fn setting(&self, name: &str) -> Result<&Value, Refusal> {
        match self.settings.iter().find(|setting| setting.name == name) {
            Some(setting) => Ok(&setting.value),
            None => Err(Refusal::because(format!("setting {name} is missing; the host must hand in every setting of the manifest"))),
        }
    }
}

fn wrong_type(name: &str, want: &str) -> Refusal {
    Refusal::because(format!("setting {name} must be {want}; correct it in the policy's configuration"))
}

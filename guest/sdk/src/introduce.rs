//! Saying who a policy is.

use crate::facts::Value;
use crate::manifest::{Capabilities, HeededLabel, Manifest, Needs, OwnedLabel, SettingKind, SettingSpec, StateSpec, Wakes};

impl Manifest {
    /// A policy that owns, heeds, needs and wants nothing yet. Its memory has version 1.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let manifest = Manifest::named("mirror", "0.1.0", "Mirrors reviews as labels.").needing(Needs::REVIEWS).waking_on(Wakes::REVIEWS);
    /// assert_eq!(manifest.name, "mirror");
    /// ```
    #[must_use]
    pub fn named(name: &str, version: &str, description: &str) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            description: description.into(),
            owns: Vec::new(),
            heeds: Vec::new(),
            needs: Needs::empty(),
            wakes_on: Wakes::LIFECYCLE,
            wants: Capabilities { stops: Vec::new(), dispatches: Vec::new(), comments: false, reactions: false, notices: false },
            settings: Vec::new(),
            memory_version: 1,
            reads_memory: vec![1],
            states: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// A label with an exact name that it writes; the colour has six hexadecimal digits.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Manifest::named("m", "1.0.0", "").owning("ready", "0e8a16", "Ready").owns[0].name, "ready");
    /// ```
    #[must_use]
    pub fn owning(mut self, name: &str, colour: &str, description: &str) -> Self {
        self.owns.push(OwnedLabel {
            name: name.into(),
            create_up_to: 0,
            create_up_to_setting: None,
            colour: colour.into(),
            description: description.into(),
        });
        self
    }

    /// A label that it only reads.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// let hold = HeededLabel { name: "hold".into(), interrupts: true, severity: Severity::High, action: "halt".into(), message: "Held".into(), colour: "000000".into(), create: true };
    /// assert!(Manifest::named("m", "1.0.0", "").heeding(hold).heeds[0].interrupts);
    /// ```
    #[must_use]
    pub fn heeding(mut self, label: HeededLabel) -> Self {
        self.heeds.push(label);
        self
    }

    /// Facts that it needs.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(Manifest::named("m", "1.0.0", "").needing(Needs::RUNS).needs.contains(Needs::RUNS));
    /// ```
    #[must_use]
    pub fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// News that wakes it; the lifecycle unless this is called.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(Manifest::named("m", "1.0.0", "").waking_on(Wakes::PUSHES).wakes_on.contains(Wakes::PUSHES));
    /// ```
    #[must_use]
    pub fn waking_on(mut self, wakes: Wakes) -> Self {
        self.wakes_on = wakes;
        self
    }

    /// A setting; its default is also its type.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Manifest::named("m", "1.0.0", "").with_setting("limit", Value::Number(3), "Most rounds.").settings[0].name, "limit");
    /// ```
    #[must_use]
    pub fn with_setting(mut self, name: &str, default: Value, description: &str) -> Self {
        self.settings.push(SettingSpec { name: name.into(), kind: SettingKind::Plain, default, description: description.into() });
        self
    }

    /// A pattern for comments and reviews; the host matches it and hands its name in.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert_eq!(Manifest::named("m", "1.0.0", "").with_pattern("thanks", "(?i)thank", "Thanks.").settings[0].kind, SettingKind::Pattern);
    /// ```
    #[must_use]
    pub fn with_pattern(mut self, name: &str, default: &str, description: &str) -> Self {
        self.settings.push(SettingSpec {
            name: name.into(),
            kind: SettingKind::Pattern,
            default: Value::Text(default.into()),
            description: description.into(),
        });
        self
    }

    /// A state, with a sentence for people; terminal when a subject in it is finished.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(Manifest::named("m", "1.0.0", "").knowing("done", "Finished.", true).states[0].terminal);
    /// ```
    #[must_use]
    pub fn knowing(mut self, state: &str, sentence: &str, terminal: bool) -> Self {
        self.states.push(StateSpec { name: state.into(), sentence: sentence.into(), terminal });
        self
    }

    /// Whether it writes `label`.
    ///
    /// ```
    /// # use pawl_sdk::prelude::*;
    /// assert!(Manifest::named("m", "1.0.0", "").owning("ready", "0e8a16", "").owns_label("Ready"));
    /// ```
    #[must_use]
    pub fn owns_label(&self, label: &str) -> bool {
        self.owns.iter().any(|owned| crate::label::Family(&owned.name).has(label))
    }
}

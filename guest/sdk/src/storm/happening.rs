//! What happens to a subject in a storm, in true time order.

use crate::facts::{Actor, Check, Comment, Conclusion, LabelChange, Permission, Review, Run, Timestamp, Verdict};
use crate::sample;

/// One thing that happens.
///
/// ```
/// # use pawl_sdk::{sample, storm::Happening};
/// assert_eq!(Happening::closed(30, true).at, sample::NOW + 30);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When, in seconds since 1970.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happens. All but signals and commands can be read from the facts too.
///
/// ```
/// # use pawl_sdk::storm::What;
/// assert_ne!(What::Reopened, What::Closed { merged: false });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A new head.
    Pushed {
        /// Its commit.
        commit: String,
        /// Who pushed it.
        by: Actor,
    },
    /// A review; its id is the happening's place unless it is given.
    Reviewed(Review),
    /// A comment; as above.
    Commented(Comment),
    /// A check run of the head; as above.
    Checked(Check),
    /// A run appeared or changed; the uid says which.
    RunChanged(Box<Run>),
    /// A hand edit. The news before it are delivered first: people edit what they see.
    Labelled {
        /// The label.
        label: String,
        /// Added or removed.
        change: LabelChange,
        /// Who did it.
        by: Option<Actor>,
    },
    /// A signal.
    Signalled {
        /// Its name.
        name: String,
        /// Its parameters.
        parameters: Vec<(String, String)>,
    },
    /// A command.
    Commanded {
        /// The word after `/pawl`.
        verb: String,
        /// Who gave it.
        by: Actor,
    },
    /// Closed.
    Closed {
        /// By a merge.
        merged: bool,
    },
    /// Opened again.
    Reopened,
}

impl Happening {
    fn new(seconds: i64, what: What) -> Self {
        Self { at: sample::NOW + seconds, what }
    }

    /// A push, so many seconds after [`sample::NOW`].
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::push(10, sample::bot("builder[bot]"), &sample::commit(1));
    /// ```
    #[must_use]
    pub fn push(seconds: i64, by: Actor, commit: &str) -> Self {
        Self::new(seconds, What::Pushed { commit: commit.into(), by })
    }

    /// A review, for a commit or without one.
    ///
    /// ```
    /// # use pawl_sdk::{facts::Verdict, sample, storm::Happening};
    /// let _ = Happening::review(10, sample::person("ann"), Verdict::Approved, Some(&sample::commit(0)));
    /// ```
    #[must_use]
    pub fn review(seconds: i64, by: Actor, verdict: Verdict, commit: Option<&str>) -> Self {
        let at = sample::NOW + seconds;
        let review = Review { id: 0, author: Some(by), verdict, commit: commit.map(Into::into), at, matches: Vec::new() };
        Self::new(seconds, What::Reviewed(review))
    }

    /// A comment that matched the named pattern settings.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::comment(10, sample::person("ann"), &["thanks"]);
    /// ```
    #[must_use]
    pub fn comment(seconds: i64, by: Actor, matches: &[&str]) -> Self {
        let matches = matches.iter().map(|name| (*name).to_owned()).collect();
        Self::new(seconds, What::Commented(Comment { id: 0, author: Some(by), at: sample::NOW + seconds, matches }))
    }

    /// A check run of an App on a commit.
    ///
    /// ```
    /// # use pawl_sdk::{facts::Conclusion, sample, storm::Happening};
    /// let _ = Happening::check(10, "acme-tests", Conclusion::Failure, &sample::commit(0));
    /// ```
    #[must_use]
    pub fn check(seconds: i64, app: &str, conclusion: Conclusion, commit: &str) -> Self {
        let check = Check { id: 0, name: "tests".into(), app: app.into(), conclusion, commit: commit.into(), at: sample::NOW + seconds };
        Self::new(seconds, What::Checked(check))
    }

    /// A run that appeared or changed.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::run(10, sample::run("CodeRun", "qa-1", sample::NOW));
    /// ```
    #[must_use]
    pub fn run(seconds: i64, run: Run) -> Self {
        Self::new(seconds, What::RunChanged(Box::new(run)))
    }

    /// A label set by somebody.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::label(10, sample::person("ann"), "ready");
    /// ```
    #[must_use]
    pub fn label(seconds: i64, by: Actor, label: &str) -> Self {
        Self::new(seconds, What::Labelled { label: label.into(), change: LabelChange::Added, by: Some(by) })
    }

    /// A label removed by somebody.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::unlabel(10, sample::person("ann"), "ready");
    /// ```
    #[must_use]
    pub fn unlabel(seconds: i64, by: Actor, label: &str) -> Self {
        Self::new(seconds, What::Labelled { label: label.into(), change: LabelChange::Removed, by: Some(by) })
    }

    /// A signal.
    ///
    /// ```
    /// # use pawl_sdk::storm::Happening;
    /// let _ = Happening::signal(10, "build_finished", &[("commit", "c0ffee0")]);
    /// ```
    #[must_use]
    pub fn signal(seconds: i64, name: &str, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::new(seconds, What::Signalled { name: name.into(), parameters })
    }

    /// A command by somebody who may write.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Happening};
    /// let _ = Happening::command(10, sample::person("ann"), "reset");
    /// ```
    #[must_use]
    pub fn command(seconds: i64, by: Actor, verb: &str) -> Self {
        Self::new(seconds, What::Commanded { verb: verb.into(), by: by.with_permission(Permission::Write) })
    }

    /// A merge or a close.
    ///
    /// ```
    /// # use pawl_sdk::storm::Happening;
    /// let _ = Happening::closed(10, true);
    /// ```
    #[must_use]
    pub fn closed(seconds: i64, merged: bool) -> Self {
        Self::new(seconds, What::Closed { merged })
    }

    /// Opened again.
    ///
    /// ```
    /// # use pawl_sdk::storm::Happening;
    /// let _ = Happening::reopened(10);
    /// ```
    #[must_use]
    pub fn reopened(seconds: i64) -> Self {
        Self::new(seconds, What::Reopened)
    }
}

/// A conclusion as it stands in natural ids.
pub(super) fn conclusion_word(conclusion: Conclusion) -> String {
    format!("{conclusion:?}").trim_start_matches("Conclusion::").to_lowercase()
}

/// A verdict as it stands in natural ids.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::ChangesRequested => "changes_requested",
        Verdict::Commented => "commented",
        Verdict::Dismissed => "dismissed",
        Verdict::Pending => "pending",
    }
}

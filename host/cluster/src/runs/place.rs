//! Places: where in an object a fact may stand.

use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::str::FromStr;

/// Most bytes of a place as text.
const PLACE_BYTES: usize = 200;
/// Most steps into an object.
pub(crate) const STEPS: usize = 6;

/// Where in a run's object a fact may stand. As text: `label:pr-number`, `annotation:note`, `env:PR_NUMBER` (which is a field of
/// `spec.env`), `spec:githubApp`, `status:pullRequestUrl`; a dot leads further into `spec` and `status`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    path: Vec<String>,
    said: String,
}

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place in a run; write label:<key>, annotation:<key>, env:<name>, spec:<field> or status:<field>")]
pub struct BadPlace(String);

impl Place {
    /// The fields that lead there, from the object on.
    pub(crate) fn path(&self) -> &[String] {
        &self.path
    }

    /// Whether an object's labels are meant: their values are short words, so that longer texts are cut or joined in them.
    pub(crate) fn is_label(&self) -> bool {
        self.path.starts_with(&["metadata".to_owned(), "labels".to_owned()])
    }
}

impl FromStr for Place {
    type Err = BadPlace;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadPlace(text.chars().take(60).collect());
        let (kind, key) = text.split_once(':').ok_or_else(bad)?;
        let start: &[&str] = match kind {
            "label" => &["metadata", "labels"],
            "annotation" => &["metadata", "annotations"],
            "env" => &["spec", "env"],
            "spec" => &["spec"],
            "status" => &["status"],
            _ => return Err(bad()),
        };
        // Keys of labels and annotations have dots of their own.
        let rest: Vec<&str> = if matches!(kind, "spec" | "status") { key.split('.').collect() } else { vec![key] };
        let path: Vec<String> = start.iter().chain(&rest).map(ToString::to_string).collect();
        let is_good = text.len() <= PLACE_BYTES && path.len() <= STEPS && rest.iter().all(|step| !step.trim().is_empty());
        if is_good { Ok(Self { path, said: text.to_owned() }) } else { Err(bad()) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_place_leads_into_the_object_and_keeps_the_dots_of_a_label() {
        let path = |text: &str| text.parse::<Place>().unwrap().path().join(" > ");
        assert_eq!(path("label:agents.platform/pr"), "metadata > labels > agents.platform/pr");
        assert_eq!(path("env:PR_NUMBER"), "spec > env > PR_NUMBER");
        assert_eq!(path("status:work.pullRequestUrl"), "status > work > pullRequestUrl");
    }

    #[test]
    fn what_is_no_place_is_refused_with_the_way_out() {
        for text in ["", "pr-number", "label:", "spec:a..b", "metadata:name", "status:a.b.c.d.e.f.g"] {
            let error = text.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains("label:<key>"), "{error}");
        }
    }
}

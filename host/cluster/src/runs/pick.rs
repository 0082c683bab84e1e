//! Picking: of an object that anybody may have written only the wanted fields are read, whatever types stand where.
//!
//! A list of runs can be large, and everything else in it is skipped while reading. Skipping goes as deep as it must: an object that
//! nests a thousand levels costs nothing and hides nobody else's.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// Longest text that is kept; nothing that is looked for is longer.
const TEXT_BYTES: usize = 1024;
/// Most texts of a list that are kept.
const TEXTS: usize = 20;

/// The fields that are wanted, as a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    fields: HashMap<String, Wanted>,
    /// Every field is wanted, so many steps deep.
    near: usize,
}

impl Wanted {
    /// Wants everything that at most so many steps lead to, for a reading that cannot be told what is wanted.
    pub(crate) fn near(steps: usize) -> Self {
        Self { fields: HashMap::new(), near: steps }
    }

    /// Wants what this path leads to.
    pub(crate) fn add<'a>(&mut self, path: impl IntoIterator<Item = &'a str>) {
        let mut at = self;
        for step in path {
            at = at.fields.entry(step.to_owned()).or_default();
        }
    }

    /// What is wanted of this field.
    fn of(&self, field: &str) -> Option<Cow<'_, Self>> {
        let named = self.fields.get(field).map(Cow::Borrowed);
        named.or_else(|| self.near.checked_sub(1).map(|left| Cow::Owned(Self::near(left))))
    }
}

/// What stood somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Picked {
    /// Nothing, or null.
    #[default]
    Nothing,
    /// A text that is not too long.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// The wanted fields that were there.
    Fields(HashMap<String, Picked>),
    /// The first texts of a list.
    Texts(Vec<String>),
    /// Something that nobody can mean.
    Other,
}

impl Picked {
    /// What this path leads to.
    pub(crate) fn at<S: AsRef<str>>(&self, path: impl IntoIterator<Item = S>) -> &Self {
        static NOTHING: Picked = Picked::Nothing;
        path.into_iter()
            .try_fold(self, |at, step| match at {
                Self::Fields(fields) => fields.get(step.as_ref()),
                _ => None,
            })
            .unwrap_or(&NOTHING)
    }

    /// The text, if it is one with something in it.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Whether nobody wrote anything here.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Wanted {
    type Value = Picked;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Picked, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Wanted {
    type Value = Picked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<Picked, E> {
        Ok(Picked::Nothing)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Picked, E> {
        Ok(Picked::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Picked, E> {
        Ok(Picked::Whole(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Picked, E> {
        Ok(u64::try_from(number).map_or(Picked::Other, Picked::Whole))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Picked, E> {
        Ok(Picked::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Picked, E> {
        Ok(if text.len() <= TEXT_BYTES { Picked::Text(text.to_owned()) } else { Picked::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Picked, A::Error> {
        let mut texts = Vec::new();
        while let Some(Entry(text)) = all.next_element()? {
            texts.extend(text.filter(|_| texts.len() < TEXTS));
        }
        Ok(Picked::Texts(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Picked, A::Error> {
        let mut fields = HashMap::new();
        while let Some(key) = all.next_key::<String>()? {
            match self.of(&key) {
                Some(wanted) => {
                    fields.insert(key, all.next_value_seed(&*wanted)?);
                }
                None => {
                    all.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Picked::Fields(fields))
    }
}

/// An entry of a list: a text, or something that is skipped.
struct Entry(Option<String>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Wants no field, and of a list within the list nothing: so this goes no deeper.
        struct Flat;

        impl<'de> Visitor<'de> for Flat {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_unit<E: Error>(self) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Entry, E> {
                Ok(Entry(None))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry((text.len() <= TEXT_BYTES).then(|| text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Entry, A::Error> {
                while all.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entry(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Entry, A::Error> {
                while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Entry(None))
            }
        }

        deserializer.deserialize_any(Flat)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn picked(wanted: &[&[&str]], json: &str) -> Picked {
        let mut tree = Wanted::default();
        wanted.iter().for_each(|path| tree.add(path.iter().copied()));
        tree.deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn only_what_is_wanted_is_kept() {
        let picked = picked(&[&["a", "b"], &["c"]], r#"{"a": {"b": " x ", "z": 1}, "c": 7, "d": "large"}"#);
        assert_eq!((picked.at(["a", "b"]).text(), picked.at(["c"])), (Some("x"), &Picked::Whole(7)));
        assert_eq!(
            (picked.at(["a", "z"]), picked.at(["d"]), picked.at(["a", "b", "c"])),
            (&Picked::Nothing, &Picked::Nothing, &Picked::Nothing)
        );
    }

    #[test]
    fn an_object_that_nests_without_end_is_skipped_wherever_it_stands() {
        let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
        for value in [deep("[", "]"), deep("{\"a\":", "}"), format!("[[{}]]", deep("[", "]"))] {
            let json = format!(r#"{{"a": {value}, "other": {value}, "b": "there"}}"#);
            assert_eq!(picked(&[&["a", "b"], &["b"]], &json).at(["b"]).text(), Some("there"));
        }
    }

    #[test]
    fn what_is_near_is_kept_and_what_lies_deeper_is_skipped() {
        let read = |json: &str| Wanted::near(2).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap();
        let near = read(r#"{"a": {"b": "x", "c": {"d": "deep"}}, "e": 7}"#);
        assert_eq!((near.at(["a", "b"]).text(), near.at(["e"])), (Some("x"), &Picked::Whole(7)));
        assert_eq!(near.at(["a", "c"]), &Picked::Fields(HashMap::new()));
        let deep = format!(r#"{{"a": {}1{}, "b": "there"}}"#, "{\"a\":".repeat(5_000), "}".repeat(5_000));
        assert_eq!(read(&deep).at(["b"]).text(), Some("there"));
    }

    #[test]
    fn texts_without_end_are_not_kept() {
        let long = format!(r#"{{"a": "{}", "b": [{}"last"]}}"#, "x".repeat(TEXT_BYTES + 1), "\"x\",".repeat(1_000));
        let picked = picked(&[&["a"], &["b"]], &long);
        assert_eq!(picked.at(["a"]), &Picked::Other);
        assert_eq!(picked.at(["b"]), &Picked::Texts(vec!["x".to_owned(); TEXTS]));
    }
}

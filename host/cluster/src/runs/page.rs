//! Reading a page of a list: each object is handed on and dropped, so that of a page only its bytes are ever in memory.

use super::pick::{Picked, Wanted};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A list on the server's side that has more pages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The token of the next page.
    pub(crate) after: Option<String>,
}

/// Reads a page; every object in it goes to `each`.
pub(crate) fn read(bytes: &[u8], wanted: &Wanted, each: &mut dyn FnMut(Picked)) -> Result<Rest, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let rest = Page { wanted, each }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(rest)
}

struct Page<'a> {
    wanted: &'a Wanted,
    each: &'a mut dyn FnMut(Picked),
}

impl<'de> DeserializeSeed<'de> for Page<'_> {
    type Value = Rest;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rest, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Page<'_> {
    type Value = Rest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Kubernetes")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut all: A) -> Result<Rest, A::Error> {
        let mut of_list = Wanted::default();
        of_list.add(["continue"]);
        let (mut metadata, mut has_items) = (Picked::Nothing, false);
        while let Some(key) = all.next_key::<String>()? {
            match key.as_str() {
                "metadata" => metadata = all.next_value_seed(&of_list)?,
                "items" => {
                    all.next_value_seed(Items(&mut self))?;
                    has_items = true;
                }
                _ => {
                    all.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !has_items {
            return Err(A::Error::missing_field("items"));
        }
        Ok(Rest { after: metadata.at(["continue"]).text().map(str::to_owned) })
    }
}

struct Items<'a, 'b>(&'a mut Page<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the objects of a list")
    }

    /// An empty list of Go may be null.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(object) = all.next_element_seed(self.0.wanted)? {
            (self.0.each)(object);
        }
        Ok(())
    }
}

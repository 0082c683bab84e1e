//! The fixtures that a component carries: a custom section that nothing executes, read from the bytes alone.
//!
//! The section is called [`SECTION`]. It holds the byte 1, the version of this form, and then each file: the length of its path in bytes as
//! four bytes, least first, the path, the length of its content likewise, the content. Paths are sorted, so that the same files give the
//! same bytes. `pawl_builder::fixtures` writes it.

use crate::fixture::{self, BadFixture, Files, Fixture};

/// The section's name.
pub const SECTION: &str = "pawl:fixtures";
/// Most bytes of the section.
pub const SECTION_BYTES: usize = 2 * 1024 * 1024;
/// Most files in it.
pub const FILES: usize = 1_000;
/// Most bytes of a file's path.
pub const PATH_BYTES: usize = 255;
/// The version of its form.
const VERSION: u8 = 1;
/// Magic, version and layer come before the first section.
const PREAMBLE_BYTES: usize = 8;

/// Why the fixtures of a component cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEmbedding {
    /// The bytes are no sections.
    #[error("this is no WebAssembly, or it is damaged: {0}; build the policy again")]
    NotWasm(&'static str),
    /// The section is larger than allowed.
    #[error("the section {SECTION} has {bytes} bytes, the limit is {SECTION_BYTES}; embed fewer or smaller fixtures")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The section has another form.
    #[error("the section {SECTION} does not read: {0}; embed the fixtures again by `pawl policy build`")]
    Damaged(&'static str),
    /// There are two of them.
    #[error("there are two sections {SECTION}; embed the fixtures again by `pawl policy build`")]
    Twice,
    /// A fixture in it does not read.
    #[error("{0}")]
    Fixture(#[from] BadFixture),
}

/// The fixtures that a component carries; none when it has no such section.
///
/// # Errors
/// See [`BadEmbedding`].
pub fn fixtures(component: &[u8]) -> Result<Vec<Fixture>, BadEmbedding> {
    Ok(fixture::all(&files(component)?)?)
}

/// The files that a component carries: fixtures, and the payloads that they name.
///
/// # Errors
/// See [`BadEmbedding`].
pub fn files(component: &[u8]) -> Result<Files, BadEmbedding> {
    let Some(section) = section(component)? else { return Ok(Files::new()) };
    if section.len() > SECTION_BYTES {
        return Err(BadEmbedding::TooLarge { bytes: section.len() });
    }
    let [version, rest @ ..] = section else { return Err(BadEmbedding::Damaged("it is empty")) };
    if *version != VERSION {
        return Err(BadEmbedding::Damaged("its form is of another version than this pawl reads"));
    }
    let mut rest = rest;
    let mut files = Files::new();
    while !rest.is_empty() {
        let path = std::str::from_utf8(block(&mut rest)?).map_err(|_| BadEmbedding::Damaged("a path is not UTF-8"))?;
        if path.len() > PATH_BYTES || path.chars().any(char::is_control) {
            return Err(BadEmbedding::Damaged("a path is longer than 255 bytes or has control characters"));
        }
        let content = block(&mut rest)?;
        if files.len() == FILES {
            return Err(BadEmbedding::Damaged("it holds too many files"));
        }
        if files.last_key_value().is_some_and(|(last, _)| last.as_str() >= path) {
            return Err(BadEmbedding::Damaged("its paths are not in order"));
        }
        files.insert(path.to_owned(), content.to_vec());
    }
    Ok(files)
}

/// The content of the section, if there is one.
fn section(component: &[u8]) -> Result<Option<&[u8]>, BadEmbedding> {
    if !component.starts_with(b"\0asm") || component.len() < PREAMBLE_BYTES {
        return Err(BadEmbedding::NotWasm("it does not begin as one"));
    }
    let mut rest = &component[PREAMBLE_BYTES..];
    let mut found = None;
    while let [id, after @ ..] = rest {
        rest = after;
        let size = number(&mut rest)?;
        let (mut content, after) = rest.split_at_checked(size).ok_or(BadEmbedding::NotWasm("a section is cut off"))?;
        rest = after;
        if *id != 0 {
            continue;
        }
        let length = number(&mut content)?;
        let (name, content) = content.split_at_checked(length).ok_or(BadEmbedding::NotWasm("a section's name is cut off"))?;
        if name == SECTION.as_bytes() && found.replace(content).is_some() {
            return Err(BadEmbedding::Twice);
        }
    }
    Ok(found)
}

/// An unsigned number in LEB128, as sections have it: at most five bytes.
fn number(bytes: &mut &[u8]) -> Result<usize, BadEmbedding> {
    let mut value: u64 = 0;
    for shift in [0, 7, 14, 21, 28] {
        let [byte, rest @ ..] = *bytes else { return Err(BadEmbedding::NotWasm("a number is cut off")) };
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).map_err(|_| BadEmbedding::NotWasm("a number is too large"));
        }
    }
    Err(BadEmbedding::NotWasm("a number is too long"))
}

/// A length in four bytes, and as many bytes.
fn block<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], BadEmbedding> {
    let cut = BadEmbedding::Damaged("it is cut off");
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(cut.clone())?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut.clone())?;
    let (block, rest) = rest.split_at_checked(length).ok_or(cut)?;
    *bytes = rest;
    Ok(block)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn w3_a_component_without_the_section_carries_nothing() {
        assert_eq!(fixtures(EMPTY).unwrap().len(), 0);
        assert_eq!(files(pawl_builder::embed(EMPTY, &Files::new()).unwrap().as_slice()).unwrap(), Files::new());
    }

    #[test]
    fn w3_what_is_embedded_is_read_back_and_embedding_twice_replaces() {
        let one = Files::from([("a.yaml".into(), b"about: one".to_vec()), ("p/x.json".into(), b"{}".to_vec())]);
        let two = Files::from([("b.yaml".into(), b"about: two".to_vec())]);
        let once = pawl_builder::embed(EMPTY, &one).unwrap();
        assert_eq!(files(&once).unwrap(), one);
        assert_eq!(pawl_builder::embed(EMPTY, &one).unwrap(), once, "the same files give the same bytes");
        let again = pawl_builder::embed(&once, &two).unwrap();
        assert_eq!(files(&again).unwrap(), two);
        assert_eq!(again, pawl_builder::embed(EMPTY, &two).unwrap());
    }

    #[test]
    fn w3_damaged_bytes_are_told_and_never_panic() {
        let files_in = Files::from([("a.yaml".into(), b"about: one".to_vec()), ("b.json".into(), vec![7; 300])]);
        let whole = pawl_builder::embed(EMPTY, &files_in).unwrap();
        for end in 0..whole.len() {
            let cut = files(&whole[..end]);
            assert!(cut.is_err() || end == EMPTY.len(), "cut at {end}");
        }
        for place in EMPTY.len()..whole.len() {
            for bit in [0x01, 0x80] {
                let mut bad = whole.clone();
                bad[place] ^= bit;
                let _ = fixtures(&bad);
            }
        }
        for path in ["a".repeat(PATH_BYTES) + ".yaml", "a\u{1b}[2J.yaml".into()] {
            let odd = pawl_builder::embed(EMPTY, &Files::from([(path, b"about: one".to_vec())])).unwrap();
            assert!(files(&odd).unwrap_err().to_string().contains("a path is longer than 255 bytes or has control characters"));
        }
        let twice = [whole.as_slice(), &whole[EMPTY.len()..]].concat();
        assert_eq!(files(&twice), Err(BadEmbedding::Twice));
        assert!(files(b"hello").unwrap_err().to_string().contains("no WebAssembly"));
    }
}

//! A small binary form for memory: unsigned and signed numbers in as few bytes as they need, and short texts.
//!
//! Memory comes back from a store, so reading it is checked at every step: a damaged memory becomes a [`Refusal`], never
//! a panic.
//!
//! ```
//! use pawl_sdk::bytes::{Reader, Writer};
//! let mut writer = Writer::default();
//! writer.unsigned(300);
//! writer.signed(-5);
//! writer.text("needs-remediation");
//! let bytes = writer.done();
//!
//! let mut reader = Reader::new(&bytes);
//! assert_eq!((reader.unsigned()?, reader.signed()?, reader.text()?), (300, -5, "needs-remediation".into()));
//! reader.end()?;
//! # Ok::<(), pawl_sdk::bytes::Damaged>(())
//! ```

use crate::plan::Refusal;
use std::fmt;

/// Writes memory.
///
/// ```
/// let mut writer = pawl_sdk::bytes::Writer::default();
/// writer.unsigned(1);
/// assert_eq!(writer.done(), [1]);
/// ```
#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// With room for this many bytes, so that it need not make room again and again.
    ///
    /// ```
    /// assert_eq!(pawl_sdk::bytes::Writer::with_capacity(64).done(), []);
    /// ```
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A number, seven bits to a byte (LEB128).
    pub fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number as u8) | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A number with a sign.
    pub fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)) as u64);
    }

    /// Eight bytes; right for hashes, which the short form would make longer.
    pub fn hash(&mut self, hash: u64) {
        self.0.extend_from_slice(&hash.to_le_bytes());
    }

    /// A text, its length first.
    pub fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// A memory that cannot be read.
///
/// ```
/// # use pawl_sdk::{bytes::Reader, plan::Refusal};
/// let damaged = Reader::new(&[]).unsigned().unwrap_err();
/// assert!(Refusal::from(damaged).reason.starts_with("the memory is damaged"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged {
    /// Where reading stopped, in bytes from the start.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the memory is damaged at byte {}: expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for Damaged {}

impl From<Damaged> for Refusal {
    fn from(damaged: Damaged) -> Self {
        Self::because(format!("{damaged}; forget it to begin again from the labels"))
    }
}

/// Reads memory.
///
/// ```
/// let mut reader = pawl_sdk::bytes::Reader::new(&[0x7f]);
/// assert_eq!(reader.unsigned(), Ok(127));
/// assert!(reader.end().is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// An error at the present place; for values that are read but make no sense.
    #[must_use]
    pub fn damaged(&self, expected: &'static str) -> Damaged {
        Damaged { offset: self.offset, expected }
    }

    fn take(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], Damaged> {
        let end = self.offset.checked_add(count).filter(|end| *end <= self.bytes.len()).ok_or(self.damaged(expected))?;
        let taken = &self.bytes[self.offset..end];
        self.offset = end;
        Ok(taken)
    }

    /// A number.
    ///
    /// # Errors
    /// The bytes end, or the number has more than 64 bits.
    pub fn unsigned(&mut self) -> Result<u64, Damaged> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1, "a number")?[0];
            if shift == 63 && byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damaged("a number of at most 64 bits"))
    }

    /// A number of at most 32 bits.
    ///
    /// # Errors
    /// As [`Self::unsigned`], or it is larger.
    pub fn unsigned32(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.unsigned()?).map_err(|_| self.damaged("a number of at most 32 bits"))
    }

    /// A number with a sign.
    ///
    /// # Errors
    /// As [`Self::unsigned`].
    pub fn signed(&mut self) -> Result<i64, Damaged> {
        let folded = self.unsigned()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// The bytes end.
    pub fn hash(&mut self) -> Result<u64, Damaged> {
        let bytes = self.take(8, "a hash of eight bytes")?;
        Ok(bytes.iter().rev().fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
    }

    /// A text.
    ///
    /// # Errors
    /// The bytes end, or it is not UTF-8.
    pub fn text(&mut self) -> Result<String, Damaged> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| self.damaged("a length"))?;
        let bytes = self.take(length, "a text")?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.damaged("UTF-8"))
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// Bytes are left.
    pub fn end(&self) -> Result<(), Damaged> {
        if self.offset == self.bytes.len() { Ok(()) } else { Err(self.damaged("the end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_at_their_limits() {
        for number in [0, 1, -1, 63, 64, -65, i64::MAX, i64::MIN] {
            let mut writer = Writer::default();
            writer.signed(number);
            writer.unsigned(number as u64);
            writer.hash(number as u64);
            let bytes = writer.done();
            let mut reader = Reader::new(&bytes);
            assert_eq!((reader.signed(), reader.unsigned(), reader.hash()), (Ok(number), Ok(number as u64), Ok(number as u64)));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn every_cut_of_a_memory_is_damage_and_no_panic() {
        let mut writer = Writer::default();
        writer.unsigned(u64::MAX);
        writer.text("héllo");
        writer.hash(7);
        let bytes = writer.done();
        let read = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes);
            reader.unsigned().and_then(|_| reader.text()).and_then(|_| reader.hash()).and_then(|_| reader.end())
        };
        assert_eq!(read(&bytes), Ok(()));
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Reader::new(&[0xff; 11]).unsigned().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, b'x']).text().is_err());
    }
}

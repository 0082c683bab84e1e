//! Commit ids, short enough to remember many of them.

use pawl_sdk::bytes::{Damaged, Reader, Writer};

/// The first 64 bits of a commit id. Two ids are one commit when they agree as far as the shorter one goes, so that a
/// sender may name a commit by seven digits as people do.
#[derive(Debug, Clone, Copy)]
pub struct Commit {
    bits: u64,
    /// How many hexadecimal digits are known: 7 to 16.
    digits: u32,
}

impl Commit {
    /// From an id as it is written. What is no hexadecimal id of seven digits or more matches only itself.
    pub fn new(id: &str) -> Self {
        let read = |(bits, digits): (u64, u32), byte| Some((bits << 4 | u64::from(char::from(byte).to_digit(16)?), digits + 1));
        match id.trim().bytes().take(16).try_fold((0, 0), read) {
            Some((bits, digits @ 7..)) => Self { bits: bits << (4 * (16 - digits)), digits },
            _ => Self { bits: crate::event::hash(&["commit", id]), digits: 16 },
        }
    }

    /// Whether both name one commit.
    pub fn is(self, other: Self) -> bool {
        let unknown = 4 * (16 - self.digits.min(other.digits));
        self.bits >> unknown == other.bits >> unknown
    }

    /// The first seven digits, for people.
    pub fn short(self) -> String {
        format!("{:07x}", self.bits >> 36)
    }

    pub fn write(self, writer: &mut Writer) {
        writer.unsigned(u64::from(self.digits));
        writer.hash(self.bits);
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let digits = reader.unsigned32()?;
        if !(7..=16).contains(&digits) {
            return Err(reader.damaged("a commit of 7 to 16 digits"));
        }
        Ok(Self { bits: reader.hash()?, digits })
    }
}

/// The bits are compared, not the digits: equality is for memories, [`Commit::is`] for meaning.
impl PartialEq for Commit {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits && self.digits == other.digits
    }
}
impl Eq for Commit {}

#[cfg(test)]
mod tests {
    use super::Commit;

    #[test]
    fn a_commit_may_be_named_by_its_first_digits() {
        let long = Commit::new("c0ffee00aabbccddeeff00112233445566778899");
        assert!(Commit::new("c0ffee0").is(long) && long.is(Commit::new("C0FFEE00AA")));
        assert!(!Commit::new("c0ffee1").is(long));
        assert_eq!(long.short(), "c0ffee0");
    }

    #[test]
    fn what_is_no_commit_id_matches_only_itself() {
        let odd = Commit::new("c0ffe");
        assert!(odd.is(Commit::new("c0ffe")));
        assert!(!odd.is(Commit::new("c0ffee00aabbccddeeff00112233445566778899")));
        assert!(!Commit::new("").is(Commit::new("main")));
        assert!(!Commit::new("äöüäöüäöüäöüäöüä1").is(Commit::new("äöüäöüäöüäöüäöüä2")));
        assert!(Commit::new(" c0ffee00aabbccdd\n").is(Commit::new("c0ffee00aabbccddee")));
        assert!(!Commit::new("+c0ffee0").is(Commit::new("c0ffee0")));
    }
}

//! Questions about accounts.

use crate::facts::{Actor, ActorKind, Permission};

/// A login without letter case and without the suffix `[bot]`, which REST writes and GraphQL leaves out.
fn bare(login: &str) -> &str {
    let cut = login.len().saturating_sub("[bot]".len());
    match login.get(cut..) {
        Some(suffix) if suffix.eq_ignore_ascii_case("[bot]") => &login[..cut],
        _ => login,
    }
}

/// Whether a login, or an App's slug, is in a configured list; as [`Actor::is_one_of`], where only the name is known.
///
/// ```
/// assert!(pawl_sdk::who::is_listed("acme-tests[bot]", &["Acme-Tests".to_owned()]));
/// ```
#[must_use]
pub fn is_listed(login: &str, list: &[String]) -> bool {
    list.iter().any(|entry| is_named(login, None, entry))
}

fn is_named(login: &str, id: Option<u64>, entry: &str) -> bool {
    let entry = entry.trim();
    if !entry.is_empty() && entry.bytes().all(|b| b.is_ascii_digit()) {
        return id.is_some() && id == entry.parse().ok();
    }
    !entry.is_empty() && bare(entry).eq_ignore_ascii_case(bare(login))
}

impl Actor {
    /// Whether this account is in a configured list of logins and numeric ids. Logins compare exactly but for letter case
    /// and `[bot]`; an entry of digits only is an id, because no more than a prefix may make an account somebody else.
    ///
    /// ```
    /// use pawl_sdk::sample;
    /// let list = ["Acme-Builder".to_owned(), "4711".to_owned()];
    /// assert!(sample::bot("acme-builder[bot]").is_one_of(&list));
    /// assert!(!sample::bot("acme-builder-2[bot]").is_one_of(&list));
    /// assert!(sample::person("ann").with_id(4711).is_one_of(&list));
    /// ```
    #[must_use]
    pub fn is_one_of(&self, list: &[String]) -> bool {
        list.iter().any(|entry| is_named(&self.login, self.id, entry))
    }

    /// Whether it may push to the repository. An unknown permission is none.
    ///
    /// ```
    /// use pawl_sdk::{facts::Permission, sample};
    /// assert!(!sample::person("ann").may_write());
    /// assert!(sample::person("ann").with_permission(Permission::Maintain).may_write());
    /// ```
    #[must_use]
    pub fn may_write(&self) -> bool {
        matches!(self.permission, Some(Permission::Write | Permission::Maintain | Permission::Admin))
    }

    /// Whether it is a person.
    ///
    /// ```
    /// assert!(pawl_sdk::sample::person("ann").is_human());
    /// ```
    #[must_use]
    pub fn is_human(&self) -> bool {
        self.kind == ActorKind::Human
    }

    /// The same account with a numeric id.
    ///
    /// ```
    /// assert_eq!(pawl_sdk::sample::person("ann").with_id(7).id, Some(7));
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// The same account with a permission.
    ///
    /// ```
    /// use pawl_sdk::{facts::Permission, sample};
    /// assert_eq!(sample::person("ann").with_permission(Permission::Read).permission, Some(Permission::Read));
    /// ```
    #[must_use]
    pub fn with_permission(mut self, permission: Permission) -> Self {
        self.permission = Some(permission);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::sample;

    #[test]
    fn a2_8_identities_compare_exactly_without_case_and_bot_suffix() {
        let list = ["5DLabs-Tess".to_owned(), "99".to_owned()];
        for yes in ["5DLabs-Tess", "5dlabs-tess", "5DLabs-Tess[bot]", "5DLABS-TESS[BOT]"] {
            assert!(sample::person(yes).is_one_of(&list), "{yes}");
        }
        for no in ["5DLabs-Tes", "5DLabs-Tess2", "x5DLabs-Tess", "[bot]", "", "99"] {
            assert!(!sample::person(no).is_one_of(&list), "{no}");
        }
        assert!(sample::person("anyone").with_id(99).is_one_of(&list));
        assert!(!sample::person("anyone").with_id(9).is_one_of(&list));
        assert!(!sample::person("").is_one_of(&["".to_owned(), " ".to_owned()]));
    }
}

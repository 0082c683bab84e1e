//! Whose repository a text names. Texts come from objects that anybody may have written: a repository is ours only if the text says
//! exactly that.

use pawl_core::subject::Repository;

/// Longest value of a Kubernetes label. Creators cut what is longer.
const LABEL_BYTES: usize = 63;

/// Most repositories that one `owner-name` may mean.
pub(crate) const MEANT: usize = 8;

/// What a text says about the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The subject's.
    Ours,
    /// Another one.
    Another,
    /// Something that cannot be told.
    Unclear,
}

/// The URL of a repository, or of something in it.
struct Address<'a> {
    host: Option<&'a str>,
    segments: Vec<&'a str>,
}

/// What `text` says: a URL over https or ssh, `owner/name`, or `owner-name`, which is compared as a whole because it does not say where
/// the owner ends. GitHub takes upper and lower case for the same.
pub(crate) fn named(text: &str, is_label: bool, ours: &Repository, hosts: &[String]) -> Naming {
    let text = text.trim();
    if !ours.has_honest_names() {
        return Naming::Unclear;
    }
    if !text.contains('/') {
        return joined(text, is_label, ours);
    }
    match spelt_out(text, hosts) {
        Ok((owner, name)) if owner.eq_ignore_ascii_case(&ours.owner) && name.eq_ignore_ascii_case(&ours.name) => Naming::Ours,
        Ok(_) => Naming::Another,
        Err(naming) => naming,
    }
}

/// What this text may mean, as `owner/name` in lower case. More than one only for `owner-name`, which does not say where the owner ends;
/// then at most [`MEANT`], those with a short owner first.
pub(crate) fn meant(text: &str, hosts: &[String]) -> Vec<String> {
    let text = text.trim();
    if text.contains('/') {
        return spelt_out(text, hosts).map(|(owner, name)| format!("{owner}/{name}").to_ascii_lowercase()).into_iter().collect();
    }
    let text = without_git(text);
    let parts = text.match_indices('-').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let honest = parts.filter(|(owner, name)| is_honest(owner, name));
    honest.take(MEANT).map(|(owner, name)| format!("{owner}/{name}").to_ascii_lowercase()).collect()
}

/// Owner and name in a text that separates them, or why they cannot be told.
fn spelt_out<'a>(text: &'a str, hosts: &[String]) -> Result<(&'a str, &'a str), Naming> {
    let Address { host, segments } = address(text, hosts).ok_or(Naming::Unclear)?;
    if host.is_some_and(|host| !hosts.iter().any(|known| known.eq_ignore_ascii_case(host))) {
        return Err(Naming::Another);
    }
    let (owner, name) = match segments[..] {
        [owner, name] => (owner, name),
        [owner, name, "pull" | "pulls" | "tree" | "commit", ..] => (owner, name),
        _ => return Err(Naming::Unclear),
    };
    let name = without_git(name);
    if is_honest(owner, name) { Ok((owner, name)) } else { Err(Naming::Unclear) }
}

fn is_honest(owner: &str, name: &str) -> bool {
    Repository { id: 0, owner: owner.to_owned(), name: name.to_owned() }.has_honest_names()
}

/// The pull request that a URL ends with, or the number that a text is.
pub(crate) fn pull_request(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = if text.contains('/') {
        let text = text.split(['?', '#']).next()?.trim_end_matches('/');
        let (rest, last) = text.rsplit_once('/')?;
        let is_pull = rest.rsplit('/').next().is_some_and(|word| matches!(word, "pull" | "pulls"));
        is_pull.then_some(last)?
    } else {
        text
    };
    number(digits)
}

/// A number of GitHub's: at least 1, in digits only.
fn number(digits: &str) -> Option<u32> {
    let is_number = (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && *number > 0)
}

fn joined(text: &str, is_label: bool, ours: &Repository) -> Naming {
    let whole = format!("{}-{}", ours.owner, ours.name);
    let text = without_git(text);
    let is_start = || whole.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    match () {
        () if text.eq_ignore_ascii_case(&whole) => Naming::Ours,
        // It may have been cut to fit: too little to go by, and too much to call it another's.
        () if is_label && text.len() + 1 >= LABEL_BYTES && is_start() => Naming::Unclear,
        () if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) => Naming::Another,
        () => Naming::Unclear,
    }
}

fn without_git(name: &str) -> &str {
    match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
        Some((start, end)) if end.eq_ignore_ascii_case(".git") => start,
        _ => name,
    }
}

/// Takes a URL apart. Nothing is decoded and no `..` is followed: what needs that names no repository honestly.
fn address<'a>(text: &'a str, hosts: &[String]) -> Option<Address<'a>> {
    let text = text.split(['?', '#']).next()?.trim_end_matches('/');
    let segments = |path: &'a str| path.split('/').collect::<Vec<_>>();
    if let Some((scheme, rest)) = text.split_once("://") {
        let is_known = ["https", "http", "ssh", "git", "git+ssh"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let (authority, path) = rest.split_once('/')?;
        let at = authority.rsplit('@').next()?;
        let host = at.split_once(':').map_or(at, |(host, _)| host);
        return is_known.then(|| Address { host: Some(host), segments: segments(path) });
    }
    let (first, rest) = text.split_once('/')?;
    // The short form of ssh, `git@host:owner/name`.
    if let Some((user_and_host, owner)) = first.split_once(':') {
        let host = user_and_host.rsplit('@').next();
        let mut all = vec![owner];
        all.extend(rest.split('/'));
        return Some(Address { host, segments: all });
    }
    let is_host = rest.contains('/') && hosts.iter().any(|known| known.eq_ignore_ascii_case(first));
    Some(if is_host { Address { host: Some(first), segments: segments(rest) } } else { Address { host: None, segments: segments(text) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(owner: &str, name: &str) -> Repository {
        Repository { id: 1, owner: owner.to_owned(), name: name.to_owned() }
    }

    fn of(text: &str) -> Naming {
        named(text, true, &repository("Acme-Corp", "web.app"), &["github.com".to_owned(), "ssh.github.com".to_owned()])
    }

    #[test]
    fn a_text_that_joins_owner_and_name_may_mean_several_and_every_other_one_or_none() {
        let hosts = ["github.com".to_owned()];
        let of = |text: &str| meant(text, &hosts).join(" ");
        assert_eq!(of("Acme-Corp-web"), "acme/corp-web acme-corp/web");
        assert_eq!(of("https://github.com/Acme/Web.git"), "acme/web");
        assert_eq!(of("https://github.com/acme/web/pull/7"), "acme/web");
        for text in ["https://elsewhere.com/acme/web", "acme", "-acme", "acme-", "a/../b", "", "ö-ü"] {
            assert_eq!(of(text), "", "{text}");
        }
        assert_eq!(meant(&format!("{}a", "a-".repeat(20)), &hosts).len(), MEANT);
    }

    #[test]
    fn k2_every_way_to_write_a_repository_is_understood() {
        for text in [
            "acme-corp/web.app",
            "ACME-CORP/WEB.APP.git",
            "Acme-Corp-web.app",
            "https://github.com/Acme-Corp/web.app",
            "https://github.com/acme-corp/web.app.GIT",
            "https://GitHub.com/acme-corp/web.app/",
            "https://x-access-token:secret@github.com/acme-corp/web.app.git",
            "http://github.com:80/acme-corp/web.app",
            "ssh://git@github.com/acme-corp/web.app.git",
            "ssh://git@ssh.github.com:443/acme-corp/web.app.git",
            "git@github.com:acme-corp/web.app.git",
            "github.com/acme-corp/web.app",
            "https://github.com/acme-corp/web.app/pull/12",
            "https://github.com/acme-corp/web.app?tab=readme#top",
            " acme-corp/web.app ",
        ] {
            assert_eq!(of(text), Naming::Ours, "{text}");
        }
    }

    #[test]
    fn k2_another_repository_is_never_taken_for_ours() {
        for text in [
            "acme-corp/web",
            "acme/corp-web.app",
            "acme-corp-web",
            "https://gitlab.com/acme-corp/web.app",
            "https://github.com@evil.example/acme-corp/web.app",
            "https://github.com.evil.example/acme-corp/web.app",
            "git@evil.example:acme-corp/web.app",
            "https://github.com/evil/web.app",
        ] {
            assert_eq!(of(text), Naming::Another, "{text}");
        }
        for text in [
            "https://github.com/acme-corp/web.app/../../evil/x",
            "https://github.com/acme-corp/web%2Eapp",
            "https://github.com/acme-corp",
            "https://github.com//acme-corp/web.app",
            "file:///acme-corp/web.app",
            "/acme-corp/web.app",
            "acme-corp/web.app/other",
            "git@github.com:/acme-corp/web.app",
            "acme corp",
            "/",
            "://",
            "@:/",
        ] {
            assert_eq!(of(text), Naming::Unclear, "{text}");
        }
    }

    #[test]
    fn k2_owner_and_name_joined_are_compared_as_a_whole() {
        for (owner, name) in [("a-b", "c"), ("a", "b-c")] {
            assert_eq!(named("a-b-c", true, &repository(owner, name), &[]), Naming::Ours, "it does not say where the owner ends");
        }
        assert_eq!(named("a-b", true, &repository("a-b", "c"), &[]), Naming::Another);
    }

    #[test]
    fn a_label_that_was_cut_says_too_little() {
        let long = repository("acme", &"x".repeat(80));
        let cut = format!("acme-{}", "x".repeat(58));
        assert_eq!(named(&cut, true, &long, &[]), Naming::Unclear);
        assert_eq!(named(&cut, false, &long, &[]), Naming::Another);
        assert_eq!(named("é", true, &long, &[]), Naming::Unclear);
    }

    #[test]
    fn k2_a_pull_request_is_a_number_or_the_end_of_its_url() {
        for text in [
            "12",
            "012",
            "https://github.com/a/b/pull/12",
            "https://github.com/a/b/pull/12/",
            "https://api.github.com/repos/a/b/pulls/12?x",
        ] {
            assert_eq!(pull_request(text), Some(12), "{text}");
        }
        for text in [
            "",
            "0",
            "+12",
            "-1",
            "12a",
            "4294967296",
            "https://github.com/a/b/issues/12",
            "https://github.com/a/b/pull/12/files",
            "/12",
            "/",
        ] {
            assert_eq!(pull_request(text), None, "{text}");
        }
    }
}

//! A new policy: a crate that passes its own tests at once, and the author's crate that it needs.

use pawl_sandbox::CONTRACT_VERSION;

/// Longest name of a policy, in characters.
pub const NAME_CHARS: usize = 40;
/// The folder of the author's crate within a new policy.
pub const SDK_FOLDER: &str = "pawl-sdk";

/// Files of a new policy, with `@word@` where something is put in.
const FILES: [(&str, &str); 10] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml.txt")),
    ("README.md", include_str!("../template/README.md.txt")),
    (".gitignore", include_str!("../template/gitignore.txt")),
    ("src/lib.rs", include_str!("../template/src/lib.rs.txt")),
    ("tests/laws.rs", include_str!("../template/tests/laws.rs.txt")),
    ("fixtures/review.yaml", include_str!("../template/fixtures/review.yaml.txt")),
    ("fixtures/overdue.yaml", include_str!("../template/fixtures/overdue.yaml.txt")),
    ("fixtures/on-hold.yaml", include_str!("../template/fixtures/on-hold.yaml.txt")),
    ("fixtures/over.yaml", include_str!("../template/fixtures/over.yaml.txt")),
    ("Cargo.lock", include_str!(concat!(env!("OUT_DIR"), "/lock.toml"))),
];
/// The manifest of the author's crate where no workspace gives it anything.
const SDK_MANIFEST: &str = include_str!("../template/sdk.toml.txt");
/// Sources of the author's crate and the contract, by their paths within it.
const SDK: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
/// Where the author's crate finds the contract in this repository, and where in a new policy.
const CONTRACT: (&str, &str) = ("path: \"../../wit\"", "path: \"wit\"");
/// What a policy may not be called, because cargo would refuse it or it would hide what it needs.
const TAKEN: [&str; 5] = ["pawl-sdk", "core", "std", "alloc", "test"];

/// Why a policy cannot be called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be a policy's name; take 1 to {NAME_CHARS} of a-z, 0-9 and -, a letter first and no - at the end or twice, such as review-reminder"
)]
pub struct BadName(String);

/// Checks a name.
///
/// # Errors
/// When no policy or crate can be called so.
pub fn checked(name: &str) -> Result<&str, BadName> {
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let fits = is_plain && begins && name.len() <= NAME_CHARS && !name.ends_with('-') && !name.contains("--") && !TAKEN.contains(&name);
    if fits { Ok(name) } else { Err(BadName(name.chars().take(80).collect())) }
}

/// The files of a new policy: path within its folder, and text. With `sdk`, it uses the author's crate there; else it brings its own.
///
/// # Errors
/// When no policy can be called so.
pub fn files(name: &str, sdk: Option<&str>) -> Result<Vec<(String, String)>, BadName> {
    let name = checked(name)?;
    let quoted = |path: &str| path.replace('\\', "/").replace('"', "");
    let words = [
        ("@name@", name.to_owned()),
        ("@crate@", name.replace('-', "_")),
        ("@type@", camel(name)),
        ("@sdk@", sdk.map_or_else(|| SDK_FOLDER.to_owned(), quoted)),
        ("@contract@", CONTRACT_VERSION.to_owned()),
        ("@version@", env!("CARGO_PKG_VERSION").to_owned()),
        ("@rust-version@", env!("CARGO_PKG_RUST_VERSION").to_owned()),
        ("@edition@", "2024".to_owned()),
        ("@wit-bindgen@", env!("PAWL_WIT_BINDGEN").to_owned()),
    ];
    let put_in = |text: &str| words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));
    let mut files: Vec<(String, String)> = FILES.iter().map(|(path, text)| ((*path).to_owned(), put_in(text))).collect();
    if sdk.is_none() {
        files.push((format!("{SDK_FOLDER}/Cargo.toml"), put_in(SDK_MANIFEST)));
        files.extend(SDK.iter().map(|(path, text)| (format!("{SDK_FOLDER}/{path}"), text.replace(CONTRACT.0, CONTRACT.1))));
    }
    Ok(files)
}

/// `review-reminder` as `ReviewReminder`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    // A type called like the trait that it implements would hide it.
    let camel: String = name.split('-').map(word).collect();
    if ["Policy", "Plan", "Facts", "Manifest", "Refusal", "Value", "Storm", "Review"].contains(&camel.as_str()) {
        camel + "Policy"
    } else {
        camel
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn w1_names_are_checked() {
        for good in ["hello", "a", "review-reminder", "p2", &"x".repeat(40)] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["", "Hello", "2p", "-a", "a-", "a--b", "a_b", "a/b", "..", "a b", "é", "pawl-sdk", &"x".repeat(41)] {
            assert!(checked(bad).unwrap_err().to_string().contains("review-reminder"), "{bad}");
        }
        assert_eq!((camel("review-reminder").as_str(), camel("policy").as_str()), ("ReviewReminder", "PolicyPolicy"));
    }

    #[test]
    fn w1_a_new_policy_brings_the_whole_authors_crate_and_the_contract() {
        let files = files("hello", None).unwrap();
        let text = |path: &str| files.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str());
        for path in ["pawl-sdk/src/lib.rs", "pawl-sdk/src/laws/plan_limits.rs", "pawl-sdk/wit/facts.wit", "pawl-sdk/wit/policy.wit"] {
            assert!(text(path).is_some(), "{path}");
        }
        assert_eq!(text("pawl-sdk/src/bindings.rs").unwrap().matches(CONTRACT.1).count(), 1);
        assert!(!text("pawl-sdk/src/bindings.rs").unwrap().contains("../.."));
        for (path, text) in &files {
            let left = ["@name@", "@type@", "@crate@", "@sdk@", "@version@", "@edition@", "@contract@"];
            assert!(left.iter().all(|word| !text.contains(word)), "{path} has a word that nobody put in");
        }
        let lock = text("Cargo.lock").unwrap();
        assert!(lock.contains("name = \"wit-bindgen\"\nversion = \"0.") && !lock.contains("wasmtime"), "{lock}");
    }

    #[test]
    fn w1_with_the_authors_crate_elsewhere_none_is_brought() {
        let files = files("hello", Some("../sdk")).unwrap();
        assert!(files.iter().all(|(path, _)| !path.starts_with(SDK_FOLDER)));
        assert!(files[0].1.contains("pawl-sdk = { path = \"../sdk\" }"), "{}", files[0].1);
    }
}

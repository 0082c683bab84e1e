//! Where GitHub is and who we are there.

use crate::auth::Credentials;
use crate::budget::WriteBudget;
use crate::clock::Clock;
use http::Uri;
use std::time::Duration;

/// Where GitHub is and who we are there.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base of the REST API, such as `https://api.github.com` or `https://ghe.example/api/v3`.
    pub api_url: String,
    /// The GraphQL endpoint; derived from `api_url` when absent.
    pub graphql_url: Option<String>,
    /// A token, or an App's key.
    pub credentials: Credentials,
    /// How many writes are sent, per installation.
    pub write_budget: WriteBudget,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take, from the connection to its last byte.
    pub read_timeout: Duration,
    /// How long GitHub is left alone after five failures in a row, before one call tries it again.
    pub outage_wait: Duration,
}

impl Settings {
    /// For github.com, with 5 s to connect, 20 s to answer, and 30 s of rest in an outage.
    #[must_use]
    pub fn new(credentials: impl Into<Credentials>) -> Self {
        Self {
            api_url: "https://api.github.com".to_owned(),
            graphql_url: None,
            credentials: credentials.into(),
            write_budget: WriteBudget::default(),
            clock: Clock::system(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(20),
            outage_wait: Duration::from_secs(30),
        }
    }
}

/// Why no client can be made of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    /// Not an address.
    #[error("{url:?} is no address of GitHub; write one like https://api.github.com or https://ghe.example/api/v3")]
    Url {
        /// What was configured.
        url: String,
    },
    /// Empty, or with characters that no token has.
    #[error("the GitHub token is empty or has blanks or line breaks in it; check the file or variable it comes from")]
    Token,
    /// No RSA private key, or no App's id.
    #[error(
        "the GitHub App's id or private key cannot be used; take the id from the App's settings page, and the key file, which begins with -----BEGIN RSA PRIVATE KEY-----, as GitHub handed it out"
    )]
    Key,
    /// TLS or the client library.
    #[error("the GitHub client cannot be set up: {0}; check the system's root certificates")]
    Client(String),
}

/// An address without its last slash.
pub(crate) fn base(url: &str) -> Result<Uri, BadSettings> {
    // What stands before an @ may be a password, which an error must not show.
    let bad = || BadSettings::Url { url: url.rsplit('@').next().unwrap_or_default().chars().take(200).collect() };
    let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| bad())?;
    let is_usable = matches!(uri.scheme_str(), Some("https" | "http")) && uri.query().is_none();
    // An address with a name and password in it would put them into logs.
    let is_plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if is_usable && is_plain { Ok(uri) } else { Err(bad()) }
}

/// Scheme and host.
pub(crate) fn origin(uri: &Uri) -> String {
    format!("{}://{}", uri.scheme_str().unwrap_or("https"), uri.authority().map_or("", http::uri::Authority::as_str))
}

/// `…/graphql` beside the REST API: GitHub Enterprise Server has `/api/v3` and `/api/graphql`.
pub(crate) fn derived_graphql(api_url: &str) -> Result<Uri, BadSettings> {
    let api = api_url.trim_end_matches('/');
    let parent = api.strip_suffix("/v3").unwrap_or(api);
    base(&format!("{parent}/graphql"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::client::GitHub;
    use secrecy::SecretString;

    #[test]
    fn the_graphql_endpoint_is_derived_from_the_rest_address() {
        for (api, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.github.com/", "https://api.github.com/graphql"),
            ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
            ("http://127.0.0.1:1234", "http://127.0.0.1:1234/graphql"),
        ] {
            assert_eq!(derived_graphql(api).unwrap().to_string(), graphql);
        }
    }

    #[tokio::test]
    async fn g5_unusable_settings_are_refused_and_nothing_prints_the_token() {
        let settings = |api_url: &str, token: &str| Settings { api_url: api_url.into(), ..Settings::new(SecretString::from(token)) };
        for url in ["", "github.com", "ftp://github.com", "https://me:secret@github.com", "https://github.com?x=1"] {
            let error = GitHub::new(&settings(url, "t")).err();
            assert!(matches!(error, Some(BadSettings::Url { .. })), "{url}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        for token in ["", "two words", "line\nbreak", "grün"] {
            assert_eq!(GitHub::new(&settings("https://api.github.com", token)).err(), Some(BadSettings::Token), "{token:?}");
        }
        let good = settings("https://api.github.com", "ghp_topsecret");
        let shown = format!("{good:?} {:?}", GitHub::new(&good).unwrap());
        assert!(!shown.contains("topsecret"), "{shown}");
    }
}

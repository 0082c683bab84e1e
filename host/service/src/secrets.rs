//! Secrets come from files, else from the environment, and are never printed.

use crate::config::Config;
use anyhow::{Context, bail};
use pawl_github::Credentials;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

const TOKEN_VARIABLE: &str = "PAWL_GITHUB_TOKEN";
const KEY_VARIABLE: &str = "PAWL_GITHUB_APP_KEY";

impl Config {
    /// Checks that pawl is told to act as one account, not as two.
    pub(crate) fn check_identity(&self) -> anyhow::Result<()> {
        let github = &self.github;
        let is_app = github.app_id.is_some() || github.app_key_file.is_some();
        if github.token_file.is_some() && is_app {
            bail!("github.token_file and github.app_id are both set, but pawl acts as one of them; remove token_file to act as the App");
        }
        if github.app_key_file.is_some() && github.app_id.is_none() {
            bail!("github.app_key_file is set without github.app_id; add the id that the App's settings page on GitHub shows");
        }
        if github.app_id == Some(0) {
            bail!("github.app_id is 0; write the id that the App's settings page on GitHub shows");
        }
        Ok(())
    }

    /// The GitHub token, or the App's id and key.
    ///
    /// # Errors
    /// When neither file nor variable holds one.
    pub fn github_credentials(&self) -> anyhow::Result<Credentials> {
        let github = &self.github;
        if let Some(app_id) = github.app_id {
            let key = one_secret(github.app_key_file.as_slice(), KEY_VARIABLE)?.with_context(|| {
                format!("no private key for GitHub App {app_id}; set github.app_key_file in the configuration, or the environment variable {KEY_VARIABLE}")
            })?;
            return Ok(Credentials::App { app_id, private_key_pem: key });
        }
        let token = one_secret(github.token_file.as_slice(), TOKEN_VARIABLE)?.with_context(|| {
            format!(
                "no GitHub token; set github.token_file in the configuration, or the environment variable {TOKEN_VARIABLE}, or github.app_id and github.app_key_file to act as an App"
            )
        })?;
        Ok(Credentials::Token(token))
    }

    /// The webhook secrets, newest first.
    ///
    /// # Errors
    /// When there is none: deliveries that cannot be verified must not be received.
    pub fn webhook_secrets(&self) -> anyhow::Result<Vec<SecretString>> {
        let secrets = first_secret(&self.github.webhook_secret_files, "PAWL_WEBHOOK_SECRET")?;
        if secrets.is_empty() {
            bail!(
                "no webhook secret, so no delivery could be verified and none will be received; set github.webhook_secret_files in the configuration, or the environment variable PAWL_WEBHOOK_SECRET, to the secret of the webhook on GitHub"
            );
        }
        Ok(secrets)
    }

    /// The bearer tokens of the signal API, newest first; none when signals are off.
    ///
    /// # Errors
    /// When a named file cannot be read or is empty.
    pub fn signal_tokens(&self) -> anyhow::Result<Vec<SecretString>> {
        first_secret(&self.signals.token_files, "PAWL_SIGNAL_TOKEN")
    }

    /// The bearer tokens of sensors, newest first; none when sensors are off.
    ///
    /// # Errors
    /// When a named file cannot be read or is empty.
    pub fn argo_tokens(&self) -> anyhow::Result<Vec<SecretString>> {
        first_secret(&self.argo.token_files, "PAWL_ARGO_TOKEN")
    }
}

fn one_secret(file: &[PathBuf], variable: &str) -> anyhow::Result<Option<SecretString>> {
    Ok(first_secret(file, variable)?.into_iter().next())
}

/// The secrets in the files, in their order; without files the one in the variable, if it holds any.
///
/// # Errors
/// When a named file cannot be read or is empty.
fn first_secret(files: &[PathBuf], variable: &str) -> anyhow::Result<Vec<SecretString>> {
    let mut secrets = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the secret file {}", file.display()))?;
        let secret = SecretString::from(text.trim().to_owned());
        if secret.expose_secret().is_empty() {
            bail!("the secret file {} is empty", file.display());
        }
        secrets.push(secret);
    }
    if secrets.is_empty()
        && let Ok(value) = std::env::var(variable)
        && !value.trim().is_empty()
    {
        secrets.push(SecretString::from(value.trim().to_owned()));
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(text, Path::new("pawl.toml"))
    }

    #[test]
    fn g5_a_token_or_an_app_is_configured_and_never_both() {
        let github = |lines: &str| parse(&format!("[github]\n{lines}\n[policy.p]\n")).map_err(|error| format!("{error:#}"));
        for good in ["", "token_file = \"t\"", "app_id = 7\napp_key_file = \"k\"", "app_id = 7"] {
            assert!(github(good).is_ok(), "{good}");
        }
        for (bad, says) in [
            ("token_file = \"t\"\napp_id = 7\napp_key_file = \"k\"", "both set"),
            ("token_file = \"t\"\napp_key_file = \"k\"", "both set"),
            ("app_key_file = \"k\"", "without github.app_id"),
            ("app_id = 0\napp_key_file = \"k\"", "app_id is 0"),
        ] {
            let error = github(bad).unwrap_err();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    #[test]
    fn g5_an_apps_key_comes_from_its_file_and_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let config = parse(&format!("[github]\napp_id = 7\napp_key_file = {path:?}\n[policy.p]\n")).unwrap();
        assert!(format!("{:#}", config.github_credentials().unwrap_err()).contains("key.pem"));
        std::fs::write(&path, "-----BEGIN RSA PRIVATE KEY-----\nhush\n").unwrap();
        let credentials = config.github_credentials().unwrap();
        assert!(matches!(&credentials, Credentials::App { app_id: 7, .. }));
        assert!(!format!("{credentials:?}").contains("hush"));
    }

    #[test]
    fn a_secret_file_that_is_missing_or_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let config = parse(&format!("[github]\nwebhook_secret_files = [{path:?}]\n[policy.p]\n")).unwrap();
        assert!(format!("{:#}", config.webhook_secrets().unwrap_err()).contains("secret"));
        std::fs::write(&path, "\n").unwrap();
        assert!(format!("{:#}", config.webhook_secrets().unwrap_err()).contains("is empty"));
        std::fs::write(&path, "hush\n").unwrap();
        let secrets = config.webhook_secrets().unwrap();
        assert_eq!(secrets.len(), 1);
        assert!(!format!("{secrets:?}").contains("hush"), "a secret is never printed");
    }
}

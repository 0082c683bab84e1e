//! Secrets come from files, else from the environment, and are never printed.

use crate::config::Config;
use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

impl Config {
    /// The GitHub token.
    ///
    /// # Errors
    /// When neither file nor variable holds one.
    pub fn github_token(&self) -> anyhow::Result<SecretString> {
        first_secret(self.github.token_file.as_slice(), "PAWL_GITHUB_TOKEN")?
            .into_iter()
            .next()
            .context("no GitHub token; set github.token_file in the configuration, or the environment variable PAWL_GITHUB_TOKEN")
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

    #[test]
    fn a_secret_file_that_is_missing_or_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let config = Config::parse(&format!("[github]\nwebhook_secret_files = [{path:?}]\n[policy.p]\n"), Path::new("pawl.toml")).unwrap();
        assert!(format!("{:#}", config.webhook_secrets().unwrap_err()).contains("secret"));
        std::fs::write(&path, "\n").unwrap();
        assert!(format!("{:#}", config.webhook_secrets().unwrap_err()).contains("is empty"));
        std::fs::write(&path, "hush\n").unwrap();
        let secrets = config.webhook_secrets().unwrap();
        assert_eq!(secrets.len(), 1);
        assert!(!format!("{secrets:?}").contains("hush"), "a secret is never printed");
    }
}

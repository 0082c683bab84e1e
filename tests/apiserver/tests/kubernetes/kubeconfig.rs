//! From a kubeconfig to a line: the server of its current context, by client certificate or by token.
//!
//! Credentials that a command would have to fetch (`exec`) are not understood.

use crate::line::Line;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Identity};
use serde_json::Value;
use std::fs;

/// A part of a kubeconfig by its name.
fn named<'a>(config: &'a Value, list: &str, name: &Value, what: &str) -> &'a Value {
    let found = config[list].as_array().into_iter().flatten().find(|item| item["name"] == *name);
    &found.unwrap_or_else(|| panic!("the kubeconfig has no {name} in {list}"))[what]
}

/// What stands in the file itself (`…-data`), or in a file that it names.
fn bytes(of: &Value, field: &str) -> Option<Vec<u8>> {
    let told = |field: &str| of[field].as_str().map(str::to_owned);
    let within = told(&format!("{field}-data")).map(|data| STANDARD.decode(data).unwrap());
    within.or_else(|| told(field).map(|path| fs::read(path).unwrap()))
}

/// The way to the cluster of the current context.
pub fn line(text: &str) -> Line {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config: Value = serde_saphyr::from_str(text).unwrap();
    let context = named(&config, "contexts", &config["current-context"], "context");
    let cluster = named(&config, "clusters", &context["cluster"], "cluster");
    let user = named(&config, "users", &context["user"], "user");
    let trusted = bytes(cluster, "certificate-authority").map(|pem| Certificate::from_pem_bundle(&pem).unwrap()).unwrap_or_default();
    let mut builder = reqwest::Client::builder().no_proxy().tls_certs_only(trusted);
    if let (Some(certificate), Some(key)) = (bytes(user, "client-certificate"), bytes(user, "client-key")) {
        builder = builder.identity(Identity::from_pem(&[certificate, b"\n".to_vec(), key].concat()).unwrap());
    }
    let url = cluster["server"].as_str().unwrap().trim_end_matches('/').to_owned();
    Line::Http { client: builder.build().unwrap(), url, token: user["token"].as_str().map(str::to_owned) }
}

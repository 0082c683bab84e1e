//! `pawl init`: a configuration to start from, made from the manifests of the bundled policies.

use super::{Exit, say};
use pawl_core::manifest::Value;
use pawl_sandbox::{Sandbox, SandboxLimits};

const HEAD: &str = r#"# Pawl's configuration. Every field is described in docs/configuration.md.
data = "pawl-data"

[http]                      # deliveries: POST /v1/events/github, signals: POST /api/v1/signals
listen = "127.0.0.1:8080"

[admin]                     # /readyz, /api/v1/state: keep it inside
listen = "127.0.0.1:9091"

[github]
api_url = "https://api.github.com"
# Secrets come from files, or from PAWL_GITHUB_TOKEN and PAWL_WEBHOOK_SECRET.
# token_file = "/run/secrets/github-token"
# Or act as a GitHub App, with limits of its own: app_id = 12345 and app_key_file = "/run/secrets/app-key.pem"
# webhook_secret_files = ["/run/secrets/webhook-secret"]
# repositories = ["acme/shop"]

[signals]                   # off without a token, here or in PAWL_SIGNAL_TOKEN
# token_files = ["/run/secrets/signal-token"]
"#;

/// Prints it.
pub fn run() -> anyhow::Result<Exit> {
    say(HEAD);
    let sandbox = Sandbox::new(SandboxLimits::default())?;
    for bundled in pawl_artifacts::POLICIES {
        let manifest = sandbox.load(bundled.component)?.manifest().clone();
        let wants = &manifest.wants;
        say(format_args!("# {}", manifest.description));
        say(format_args!("[policy.{}]\nsource = \"builtin\"\nlabels = [\"*\"]           # all that it owns", manifest.name));
        if !wants.stops.is_empty() {
            say(format_args!("stops = {:?}", wants.stops));
        }
        if !wants.dispatches.is_empty() {
            say(format_args!("dispatches = {:?}", wants.dispatches));
        }
        for (wanted, word) in [(wants.comments, "comments"), (wants.reactions, "reactions"), (wants.notices, "notices")] {
            if wanted {
                say(format_args!("{word} = true"));
            }
        }
        say(format_args!("\n[policy.{}.settings]       # the defaults", manifest.name));
        for setting in &manifest.settings {
            say(format_args!("# {} = {}   # {}", setting.name, toml_value(&setting.default), setting.description));
        }
    }
    Ok(Exit::Done)
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("'{text}'"),
        Value::Texts(texts) => format!("{texts:?}"),
    }
}

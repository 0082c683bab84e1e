//! The binary as people use it: what each command prints, and how it refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A configuration that is good, with `more` at its end.
    fn config(&self, more: &str) -> PathBuf {
        let secret = self.file("secret", "hush");
        let token = self.file("token", "ghp_abc");
        let data = self.folder.path().join("data");
        self.file(
            "pawl.toml",
            &format!(
                "data = {data:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[github]\napi_url = \"http://127.0.0.1:9\"\ntoken_file = {token:?}\nwebhook_secret_files = [{secret:?}]\n{more}"
            ),
        )
    }

    fn pawl(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pawl"));
        for name in ["PAWL_CONFIG", "PAWL_GITHUB_TOKEN", "PAWL_WEBHOOK_SECRET", "PAWL_SIGNAL_TOKEN", "PAWL_ADMIN_URL"] {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.folder.path()).output().unwrap()
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const ALL: &str = "[policy.remediation]\nlabels = [\"*\"]\nstops = [\"CodeRun\"]\ncomments = true\nreactions = true\nnotices = true\n";

fn facts(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts").join(path)
}

#[test]
fn what_init_prints_is_a_configuration_that_check_accepts() {
    let desk = Desk::new();
    let init = desk.pawl(&["init"]);
    assert!(init.status.success(), "{}", err(&init));
    let printed =
        out(&init).replace("# token_file = \"/run/secrets/github-token\"", &format!("token_file = {:?}", desk.file("token", "t")));
    let printed = printed.replace(
        "# webhook_secret_files = [\"/run/secrets/webhook-secret\"]",
        &format!("webhook_secret_files = [{:?}]", desk.file("secret", "s")),
    );
    desk.file("pawl.toml", &printed);
    let check = desk.pawl(&["check"]);
    assert!(check.status.success(), "{}\n{printed}", err(&check));
    assert!(out(&check).contains("is good"), "{}", out(&check));
    assert!(printed.contains("# limit = 10"), "every setting is listed with its default: {printed}");
}

#[test]
fn without_a_webhook_secret_serve_refuses_to_start() {
    let desk = Desk::new();
    let token = desk.file("token", "t");
    let config = desk.file("pawl.toml", &format!("[github]\ntoken_file = {token:?}\n{ALL}"));
    for command in ["serve", "check"] {
        let output = desk.pawl(&[command, "--config", config.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains("PAWL_WEBHOOK_SECRET"), "it says the way out: {}", err(&output));
        assert!(!desk.folder.path().join("pawl-data").exists(), "nothing was opened");
    }
}

#[test]
fn an_unreadable_configuration_is_told_with_file_line_and_the_way_out() {
    let desk = Desk::new();
    let config = desk.config("[limits]\nworkers = 10\nworkerz = 11\n");
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("pawl.toml:12: unknown field `workerz`"), "{}", err(&output));
    let output = desk.pawl(&["check", "--config", "nowhere.toml"]);
    assert!(err(&output).contains("nowhere.toml") && err(&output).contains("pawl init"), "{}", err(&output));
}

#[test]
fn h3_a_policy_that_asks_for_more_than_its_grant_is_refused_with_the_line_to_add() {
    let desk = Desk::new();
    let config = desk.config("[policy.remediation]\nlabels = [\"*\"]\nnotices = true\ncomments = true\n");
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let message = err(&output);
    assert!(
        message
            .contains("wants to stop CodeRun, but this deployment grants no stops; add stops = [\"CodeRun\"] under [policy.remediation]"),
        "{message}"
    );
}

#[test]
fn a_table_that_names_another_policy_than_it_loads_is_refused() {
    let desk = Desk::new();
    let copy = desk.folder.path().join("copy.wasm");
    std::fs::write(&copy, pawl_artifacts::remediation()).unwrap();
    let config = desk.config(&format!("{ALL}[policy.twin]\nsource = {copy:?}\nlabels = [\"*\"]\n"));
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert!(err(&output).contains("calls itself \"remediation\""), "{}", err(&output));
}

#[test]
fn h1_what_is_no_policy_is_refused_at_load() {
    let desk = Desk::new();
    let file = desk.file("policy.wasm", "not a component");
    let config = desk.config(&format!("[policy.mine]\nsource = {file:?}\n"));
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("policy.wasm") && err(&output).len() > 60, "{}", err(&output));
}

#[test]
fn a_setting_that_the_policy_lacks_is_refused_with_those_it_has() {
    let desk = Desk::new();
    let config = desk.config(&format!("{ALL}[policy.remediation.settings]\nlimits = 3\n"));
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert!(err(&output).contains("has no setting \"limits\"") && err(&output).contains("limit,"), "{}", err(&output));
}

#[test]
fn a2_4_an_unknown_guard_is_an_error_when_the_policy_is_loaded() {
    let desk = Desk::new();
    let config = desk.config(&format!("{ALL}[policy.remediation.settings]\nfailure-guard = \"moon is full\"\n"));
    let output = desk.pawl(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("moon is full"), "{}", err(&output));
}

#[test]
fn k9_a_corrupt_store_is_never_overwritten_and_set_aside_only_on_the_operators_word() {
    let desk = Desk::new();
    let config = desk.config(ALL);
    std::fs::create_dir_all(desk.folder.path().join("data")).unwrap();
    let store = desk.file("data/pawl.redb", "scrambled");
    let output = desk.pawl(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("--set-aside-store"), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(store).unwrap(), "scrambled");
}

#[test]
fn w4_decide_prints_the_plan_and_its_reason() {
    let desk = Desk::new();
    let facts = facts("changes-requested.json");
    let output = desk.pawl(&["decide", "--policy", "builtin:remediation", "--facts", facts.to_str().unwrap()]);
    assert!(output.status.success(), "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("state    needs-remediation") && text.contains("because  ") && text.contains("iteration-1"), "{text}");
    let output = desk.pawl(&["decide", "--policy", "builtin:remediation", "--facts", facts.to_str().unwrap(), "--output", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["answer"]["plan"]["state"], "needs-remediation");
    assert_eq!(json["digest"].as_str().unwrap().len(), 64, "H7");
}

#[test]
fn w4_decide_builds_the_news_from_a_payload() {
    let desk = Desk::new();
    let (quiet, payload) = (facts("quiet.json"), facts("review-webhook.json"));
    let args = ["decide", "--policy", "builtin:remediation", "--facts", quiet.to_str().unwrap()];
    assert!(out(&desk.pawl(&args)).contains("state    initial"));
    let with_event = [&args[..], &["--event", payload.to_str().unwrap(), "--event-name", "pull_request_review"]].concat();
    let output = desk.pawl(&with_event);
    assert!(out(&output).contains("state    needs-remediation"), "{}{}", out(&output), err(&output));
}

#[test]
fn w4_facts_that_do_not_read_are_told_with_their_place() {
    let desk = Desk::new();
    let file = desk.file("facts.json", "{\"subject\": 1}");
    let output = desk.pawl(&["decide", "--policy", "builtin:remediation", "--facts", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("facts.json") && err(&output).contains("line 1"), "{}", err(&output));
    let output = desk.pawl(&["decide", "--policy", "builtin:nobody", "--facts", file.to_str().unwrap()]);
    assert!(err(&output).contains("bundled are: remediation"), "{}", err(&output));
}

#[test]
fn v8_send_is_dry_unless_confirmed_and_never_prints_the_secret() {
    let desk = Desk::new();
    let payload = desk.file("payload.json", "{}");
    let secret = desk.file("secret", "hush-hush");
    let output = desk.pawl(&["send", payload.to_str().unwrap(), "--event", "ping", "--secret-file", secret.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(out(&output).contains("X-Hub-Signature-256: sha256=") && out(&output).contains("--confirm"), "{}", out(&output));
    assert!(!out(&output).contains("hush-hush"));
}

#[test]
fn status_without_a_running_pawl_says_so() {
    let desk = Desk::new();
    let output = desk.pawl(&["status", "--admin-url", "http://127.0.0.1:9"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("pawl serve"), "{}", err(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn v6_serve_says_where_it_listens_is_ready_and_ends_in_order_on_sigterm() {
    use std::io::BufRead;
    rustls::crypto::ring::default_provider().install_default().ok();
    let desk = Desk::new();
    let config = desk.config(ALL);
    let mut child = Command::new(env!("CARGO_BIN_EXE_pawl"))
        .args(["serve", "--config", config.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let admin = line.trim().split("admin=").nth(1).expect("the line names both addresses");
    let ready = reqwest::get(format!("{admin}/readyz?verbose")).await.unwrap();
    assert_eq!(ready.status(), 200);
    assert!(ready.text().await.unwrap().contains("policies remediation"));
    let second = desk.pawl(&["serve", "--config", config.to_str().unwrap()]);
    assert!(err(&second).contains("in use by another pawl"), "{}", err(&second));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let log = err(&output);
    assert!(log.contains("draining") && log.contains("ended"), "{log}");
    assert!(!log.contains("hush") && !log.contains("ghp_abc"), "G5: a secret is never printed");
}

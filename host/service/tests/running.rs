//! The commands that talk: to a running pawl, and to GitHub.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::Timestamp;
use pawl_core::subject::SubjectId;
use pawl_service::config::Config;
use pawl_world::{Verdict, World};
use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

const SECRET: &str = "the webhook's secret";

struct Desk {
    folder: tempfile::TempDir,
    world: World,
}

impl Desk {
    async fn new() -> Self {
        let world = World::start().await;
        // News that is older than three days by pawl's clock would only cause a look.
        world.set_time(Timestamp::now().as_second() - 3600);
        Self { folder: tempfile::tempdir().unwrap(), world }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn config(&self) -> String {
        let (token, secret) = (self.file("token", &self.world.token()), self.file("secret", SECRET));
        let data = self.folder.path().join("data");
        let config = format!(
            "data = {data:?}\n[http]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[github]\napi_url = {:?}\ntoken_file = {token:?}\nwebhook_secret_files = [{secret:?}]\n[limits]\nwrites_per_second = 1000\nwrites_per_minute = 100000\nwrites_per_hour = 1000000\n[policy.remediation]\nlabels = [\"*\"]\nstops = [\"CodeRun\"]\nnotices = true\n",
            self.world.url()
        );
        self.file("pawl.toml", &config).display().to_string()
    }

    fn pawl(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pawl")).args(args).current_dir(self.folder.path()).output().unwrap()
    }
}

/// Killed when the test ends, however it ends.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(config: &str) -> (Serving, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pawl"))
        .args(["serve", "--config", config])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = |name: &str| line.trim().split(' ').find_map(|w| w.strip_prefix(name)).unwrap().to_owned();
    let (http, admin) = (address("http="), address("admin="));
    (Serving(child), http, admin)
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn v8_send_status_and_explain_follow_one_delivery_from_arrival_to_label() {
    let desk = Desk::new().await;
    let config = desk.config();
    let pull = desk.world.repository("acme/shop").open_pull("5DLabs-Rex[bot]", "umbrellas");
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    let review = desk.world.waiting().into_iter().rfind(|d| d.event == "pull_request_review").unwrap();
    let payload = desk.file("review.json", std::str::from_utf8(&review.body).unwrap());
    let (_serving, http, admin) = serve(&config);
    let secret = desk.folder.path().join("secret");
    let url = format!("{http}/v1/events/github");
    let send = [
        "send",
        payload.to_str().unwrap(),
        "--event",
        "pull_request_review",
        "--url",
        &url,
        "--delivery",
        "by-hand-1",
        "--wait",
        "20s",
        "--secret-file",
    ];
    let dry = desk.pawl(&[&send[..], &[secret.to_str().unwrap()]].concat());
    assert_eq!(dry.status.code(), Some(3), "{}", text(&dry));
    assert!(pull.labels().is_empty(), "dry means dry");
    let sent = desk.pawl(&[&send[..], &[secret.to_str().unwrap(), "--confirm"]].concat());
    assert!(sent.status.success() && text(&sent).contains("\"applied\""), "{}", text(&sent));
    assert!(pull.has_label("needs-remediation") && pull.has_label("iteration-1"), "{:?}", pull.labels());
    let subject = format!("acme/shop#{}", pull.number());
    let status = desk.pawl(&["status", &subject, "--admin-url", &admin]);
    assert!(text(&status).contains("remediation: needs-remediation") && text(&status).contains("because  "), "{}", text(&status));
    let all = desk.pawl(&["status", "--admin-url", &admin]);
    assert!(text(&all).contains(&subject) && text(&all).contains("1  needs-remediation"), "{}", text(&all));
    for of in ["by-hand-1", subject.as_str()] {
        let explained = desk.pawl(&["explain", of, "--admin-url", &admin]);
        assert!(text(&explained).contains("by-hand-1") && text(&explained).contains("wrote"), "V4, {of}: {}", text(&explained));
    }
    assert!(text(&all).contains("github: rest ") && text(&all).contains("this minute"), "G4: {}", text(&all));
    let unknown = desk.pawl(&["explain", "nothing-of-that-name", "--admin-url", &admin]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown).contains("delivery id, owner/name#number"), "{}", text(&unknown));
}

/// V6: whoever pauses for an hour is woken; nobody has to be cut off.
#[tokio::test(flavor = "multi_thread")]
async fn v6_at_shutdown_every_task_ends_by_itself_in_the_middle_of_its_pause() {
    let desk = Desk::new().await;
    desk.world.install_app("acme");
    let text = std::fs::read_to_string(desk.config()).unwrap();
    let key = desk.file("key", desk.world.app_key());
    let as_app: String = text
        .lines()
        .map(|line| {
            if line.starts_with("token_file") {
                format!("app_id = {}\napp_key_file = {key:?}\n", desk.world.app_id())
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let config = desk.file("app.toml", &as_app.replace("[limits]", "[limits]\nreconcile_seconds = 3600\ndrain_seconds = 600"));
    let running = pawl_service::serve::start(Config::read(&config).unwrap(), false).await.unwrap();
    let mut passes = running.host().passes.subscribe();
    passes.wait_for(|passes| *passes > 0).await.unwrap();
    let host = running.host().clone();
    assert!(!host.is_draining());
    assert!(running.shutdown().await, "all of them ended by themselves");
    assert!(host.is_draining());
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_1_labels_sync_is_dry_unless_confirmed_creates_what_is_missing_and_repairs_drift() {
    let desk = Desk::new().await;
    let config = desk.config();
    let shop = desk.world.repository("acme/shop");
    shop.define_label_by("alice", "Approved", "000000", "mine");
    let sync = ["labels", "sync", "acme/shop", "--config", &config];
    let dry = desk.pawl(&sync);
    assert_eq!(dry.status.code(), Some(3), "{}", text(&dry));
    assert!(text(&dry).contains("would create needs-remediation") && text(&dry).contains("would repair Approved"), "{}", text(&dry));
    assert_eq!(desk.world.writes().len(), 0);
    let confirmed = desk.pawl(&[&sync[..], &["--confirm"]].concat());
    assert!(confirmed.status.success(), "{}", text(&confirmed));
    let again = desk.pawl(&sync);
    assert!(again.status.success() && text(&again).contains("0 missing, 0 drifted"), "{}", text(&again));
    let defined = shop.label_definitions();
    assert!(defined.iter().any(|(name, colour, _)| name.eq_ignore_ascii_case("approved") && colour == "0e8a16"), "{defined:?}");
}

/// Q8: dry unless confirmed, with the exit codes of every dry run.
#[tokio::test(flavor = "multi_thread")]
async fn q8_retry_and_discard_say_what_they_would_do_and_do_it_when_told() {
    let desk = Desk::new().await;
    let config = desk.config();
    let shop = desk.world.repository("acme/shop");
    let pull = shop.open_pull("5DLabs-Rex[bot]", "umbrellas");
    let subject = format!("acme/shop#{}", pull.number());
    let running = pawl_service::serve::start(Config::read(config.as_ref()).unwrap(), false).await.unwrap();
    desk.world.hook_to(format!("http://{}/v1/events/github?wait=20s", running.outside), SECRET);
    desk.world.deliver_all().await;
    // Whoever waited is answered before the turn has written down that all is settled.
    running.host().queue.rest().await;
    // Its memory is of a version that the policy does not know, so it refuses what it is asked next.
    let (store, id) = (&running.host().store, SubjectId { repository: shop.id(), number: pull.number() });
    let record = store.load(id).await.unwrap().unwrap();
    let mut damaged = record.unchanged("damage", Timestamp::now());
    damaged.parts = record.parts.clone();
    damaged.parts.get_mut("remediation").unwrap().memory.as_mut().unwrap().version = 9;
    store.commit(id, damaged).await.unwrap();
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    desk.world.deliver_all().await;
    let admin = format!("http://{}", running.inside);
    let pawl = |args: &[&str]| {
        let output = desk.pawl(&[args, &["--admin-url", &admin]].concat());
        (output.status.code(), text(&output))
    };
    let (code, said) = pawl(&["retry", &subject]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("would ask remediation again, which is parked: ") && said.contains("add --confirm"), "{said}");
    let (code, said) = pawl(&["retry", &subject, "--confirm", "--by", "alice"]);
    assert!(code == Some(0) && said.contains("asked remediation again"), "{said}");
    let (code, said) = pawl(&["discard", &subject]);
    assert!(code == Some(3) && said.contains("would give up the parking of remediation: "), "{said}");
    assert!(said.contains("would give up the news ") && said.contains("(reviewed), unread by remediation"), "{said}");
    let (code, said) = pawl(&["discard", &subject, "--confirm", "--by", "alice"]);
    assert!(code == Some(0) && said.contains("gave up the parking of remediation") && said.contains("the labels stay"), "{said}");
    let (code, said) = pawl(&["discard", &subject, "--confirm", "--by", "alice"]);
    assert!(code == Some(1) && said.contains("it is settled"), "{said}");
    let (code, said) = pawl(&["explain", &subject]);
    assert!(code == Some(0) && said.contains("discarded  by alice: ") && said.contains("retried    by alice: "), "{said}");
    let (code, said) = pawl(&["retry", "nonsense"]);
    assert!(code == Some(1) && said.contains("write owner/name#number"), "{said}");
    assert!(pull.labels().is_empty());
}

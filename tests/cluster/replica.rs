//! One replica: a process of its own.
//!
//! It is this very test binary, started anew for the one test that is the command line. So it is the code under test, whatever else was
//! built meanwhile.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Names the configuration, in the process of a replica.
const CONFIG: &str = "PAWL_TEST_REPLICA";
/// The test below, as the harness calls it.
const NAME: &str = "replica::the_command_line_serves";
/// A turn in a build without optimisations takes more stack than a thread of a test has.
const STACK_BYTES: &str = "16777216";

#[test]
#[ignore = "is no story: the stories start it as a process"]
fn the_command_line_serves() {
    let Some(config) = std::env::var_os(CONFIG) else { return };
    let exit = pawl_service::cli::main_with(["pawl".into(), "serve".into(), "--config".into(), config]);
    assert_eq!(format!("{exit:?}"), format!("{:?}", ExitCode::SUCCESS));
}

/// A process that serves. It is killed when this is dropped.
pub struct Replica {
    child: Child,
    /// Kept open, so that it can always speak.
    _said: Lines<BufReader<ChildStdout>>,
    /// What it calls itself in its Leases.
    pub pod: String,
    /// Base address for deliveries.
    pub http: String,
    /// Base address for people and probes.
    pub admin: String,
}

impl Replica {
    /// Starts a replica, which calls itself `pod` in its Leases, and waits until it listens. Its log is added to `log`.
    pub async fn start(config: &Path, pod: &str, log: &PathBuf) -> Self {
        let stderr = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", NAME, "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(CONFIG, config).env("PAWL_POD_UID", pod).env("RUST_MIN_STACK", STACK_BYTES).env("PAWL_LOG", "info");
        command.env_remove("KUBECONFIG").env_remove("PAWL_CONFIG");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = said.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("{pod} ended before it listened:\n{}", std::fs::read_to_string(log).unwrap()));
            // The harness speaks first.
            let Some((_, addresses)) = line.split_once("listening http=") else { continue };
            let (http, admin) = addresses.split_once(" admin=").unwrap();
            return Self { child, pod: pod.to_owned(), http: http.to_owned(), admin: admin.to_owned(), _said: said };
        }
    }

    /// `kill -9`: ends it in the middle of whatever it does, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Megabytes of memory that it takes now, where the system says.
    pub fn memory_mb(&self) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse::<f64>().ok())?;
        Some(kilobytes * 1024.0 / 1e6)
    }
}

/// What a route for people answers, with its status.
pub async fn read(client: &reqwest::Client, url: &str) -> Option<(u16, String)> {
    let answer = client.get(url).send().await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

/// The same as JSON.
pub async fn read_json(client: &reqwest::Client, url: &str) -> Option<Value> {
    serde_json::from_str(&read(client, url).await?.1).ok()
}

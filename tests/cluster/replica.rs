//! One replica: a process of its own.
//!
//! It is this very test binary, started anew for the one test that is the command line. So it is the code under test, whatever else was
//! built meanwhile.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The words of the command line, one a line, in the process of one.
const LINE: &str = "PAWL_TEST_COMMAND_LINE";
/// The test below, as the harness calls it.
const NAME: &str = "replica::the_command_line";
/// A turn in a build without optimisations takes more stack than a thread of a test has.
const STACK_BYTES: &str = "16777216";

#[test]
#[ignore = "is no story: the stories start it as a process"]
fn the_command_line() {
    let Some(line) = std::env::var_os(LINE) else { return };
    let line = line.into_string().expect("a test writes in UTF-8");
    let exit = pawl_service::cli::main_with(std::iter::once("pawl").chain(line.lines()).map(Into::into));
    assert_eq!(format!("{exit:?}"), format!("{:?}", ExitCode::SUCCESS));
}

/// A process of this command line, and of nothing from the environment.
fn pawl(line: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(LINE, line.join("\n")).env("RUST_MIN_STACK", STACK_BYTES).env("PAWL_LOG", "info");
    command.env_remove("KUBECONFIG").env_remove("PAWL_CONFIG").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// What a command prints, which must succeed.
pub async fn said_by(line: &[&str]) -> String {
    let output = pawl(line).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "pawl {}: {text}{}", line.join(" "), String::from_utf8_lossy(&output.stderr));
    // The harness speaks before it and after it.
    let said = text.split_once(&format!("test {NAME} ... ")).and_then(|(_, rest)| rest.split_once("ok\n\ntest result"));
    said.unwrap_or_else(|| panic!("the harness speaks otherwise: {text}")).0.to_owned()
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
        let mut command = pawl(&["serve", "--config", config.to_str().unwrap()]);
        command.env("PAWL_POD_UID", pod).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
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

    /// It stands still in the middle of whatever it does: nothing of it runs, and it does not know.
    pub fn stand_still(&self) {
        self.signal("STOP");
    }

    /// It goes on as if nothing had been.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// By the shell, which has this built in everywhere: a test of ours has no unsafe code.
    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.id());
        assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it lives")
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

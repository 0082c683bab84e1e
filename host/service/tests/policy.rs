//! `pawl policy` as an author uses it: what each command prints, and how it refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Desk {
    folder: PathBuf,
    /// Taken away at the end.
    _temporary: Option<tempfile::TempDir>,
}

impl Desk {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        Self { folder: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// In the same folder each time, which is empty at first: what cargo compiles depends on where it lies.
    fn settled(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, _temporary: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn pawl(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pawl"));
        command.env_remove("PAWL_CONFIG").env("CARGO_TARGET_DIR", target());
        command.args(args).current_dir(&self.folder).output().unwrap()
    }
}

/// Where new policies are compiled, once for all runs of this test.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-policy")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const HOLDS: &str = "about: nothing has happened\nexpect: { state: initial, labels: [] }\n";
const FAILS: &str = "about: it is not so\nsteps:\n  - about: at once\n    expect:\n      state: approved\n      labels: [approved]\n";

/// The bundled policy told these fixtures.
fn told(desk: &Desk, more: &[&str]) -> Output {
    desk.pawl(&[&["policy", "test", "stories", "--policy", "builtin:remediation"], more].concat())
}

#[test]
fn w1_a_new_policy_passes_its_own_tests_at_once_and_a_changed_one_shows_what_differs() {
    let desk = Desk::settled("new-policy-desk");
    let new = desk.pawl(&["policy", "new", "review-reminder"]);
    assert!(new.status.success(), "{}", err(&new));
    assert!(desk.path("review-reminder/pawl-sdk/wit/facts.wit").is_file());

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline", "--quiet"]).current_dir(desk.path("review-reminder")).env("CARGO_TARGET_DIR", target());
    let native = cargo.output().unwrap();
    assert!(native.status.success(), "{}{}", out(&native), err(&native));

    let tested = desk.pawl(&["policy", "test", "review-reminder", "--min-coverage", "100"]);
    assert!(tested.status.success(), "{}{}", out(&tested), err(&tested));
    assert!(out(&tested).contains("4 passed, 0 failed"), "{}", out(&tested));
    assert!(err(&tested).contains("compiling review-reminder for WebAssembly, offline"), "{}", err(&tested));

    let built = desk.pawl(&["policy", "build", "review-reminder", "-o", "r.wasm", "--output", "json"]);
    let built: Value = serde_json::from_slice(&built.stdout).unwrap();
    assert_eq!((built["policy"].as_str(), built["fixtures"].as_u64()), (Some("review-reminder"), Some(4)));
    let again = desk.pawl(&["policy", "build", "review-reminder", "-o", "r2.wasm", "--output", "json"]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(built["digest"], again["digest"], "the same sources give the same component");
    let carried = desk.pawl(&["policy", "test", "r.wasm"]);
    assert!(carried.status.success() && out(&carried).contains("4 passed"), "{}{}", out(&carried), err(&carried));

    let source = desk.path("review-reminder/src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    let broken = text.replacen(".with_label(\"review-overdue\")", ".with_label(\"waiting-for-review\")", 1);
    assert_ne!(text, broken);
    std::fs::write(&source, broken).unwrap();
    let differs = desk.pawl(&["policy", "test", "review-reminder"]);
    assert_eq!(differs.status.code(), Some(1));
    let shown = out(&differs);
    for part in [
        "FAIL  overdue",
        "review-reminder/fixtures/overdue.yaml:",
        "expected  review-overdue",
        "+ waiting-for-review",
        "3 passed, 1 failed",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
    std::fs::write(&source, "pub fn nothing( {").unwrap();
    let unbuilt = desk.pawl(&["policy", "test", "review-reminder"]);
    assert_eq!(unbuilt.status.code(), Some(1));
    assert!(err(&unbuilt).contains("does not compile") && !err(&unbuilt).contains("registry"), "{}", err(&unbuilt));
}

#[test]
fn w1_nothing_is_overwritten_and_bad_names_are_refused() {
    let desk = Desk::new();
    let kept = desk.file("hello/mine.txt", "mine");
    let output = desk.pawl(&["policy", "new", "hello"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("hello is there already"), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine");
    for bad in ["Hello", "../hello", "a b", "-x"] {
        let output = desk.pawl(&["policy", "new", "--", bad]);
        assert!(err(&output).contains("cannot be a policy's name"), "{}", err(&output));
    }
    let output = desk.pawl(&["policy", "new", "other", "--sdk", "nowhere"]);
    assert!(err(&output).contains("there is no author's crate at nowhere"), "{}", err(&output));
    assert!(!desk.path("other").exists());
}

#[test]
fn w1_the_walk_through_shows_what_is_printed() {
    let walk = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-policy.md")).unwrap();
    let desk = Desk::new();
    let new = desk.pawl(&["policy", "new", "hello"]);
    assert!(walk.contains(&format!("$ pawl policy new hello\n{}", out(&new))), "docs/first-policy.md does not show:\n{}", out(&new));
    // The slip in a fixture that it tells of, told without compiling anything.
    let fixture = desk.path("hello/fixtures/review.yaml");
    let text = std::fs::read_to_string(&fixture).unwrap();
    std::fs::write(&fixture, text.replacen("labels:", "lables:", 1)).unwrap();
    let told = desk.pawl(&["policy", "test", "hello", "--policy", "builtin:remediation"]);
    let told = err(&told).replace("hello/fixtures/", "fixtures/");
    assert!(walk.contains(&told), "docs/first-policy.md does not show:\n{told}");
}

#[test]
fn w3_a_run_says_what_passed_what_failed_where_and_what_was_reached() {
    let desk = Desk::new();
    desk.file("stories/holds.yaml", HOLDS);
    let good = told(&desk, &[]);
    assert!(good.status.success(), "{}{}", out(&good), err(&good));
    assert!(out(&good).contains("1 passed, 0 failed") && out(&good).contains("1 of 10 reached"), "{}", out(&good));

    desk.file("stories/deep/fails.yaml", FAILS);
    let bad = told(&desk, &[]);
    assert_eq!(bad.status.code(), Some(1));
    let shown = out(&bad);
    for part in [
        "FAIL  deep/fails",
        "step 1 (stories/deep/fails.yaml:3): at once",
        "state (stories/deep/fails.yaml:5)",
        "- approved",
        "1 passed, 1 failed",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
    let filtered = told(&desk, &["--filter", "NOTHING has"]);
    assert!(filtered.status.success() && !out(&filtered).contains("deep/fails"), "{}", out(&filtered));
    let none = told(&desk, &["--filter", "unheard of"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(err(&none).contains("there are: deep/fails, holds"), "{}", err(&none));
}

#[test]
fn w3_a_report_is_json_and_junit_too_and_coverage_is_a_gate() {
    let desk = Desk::new();
    desk.file("stories/holds.yaml", HOLDS);
    desk.file("stories/fails.yaml", FAILS);
    let output = told(&desk, &["--output", "json", "--junit", "report.xml"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["passed"].as_bool(), report["coverage"]["percent"].as_u64()), (Some(false), Some(10)));
    assert_eq!(report["fixtures"][0]["failure"]["differences"][0]["expected"][0], "approved");
    assert_eq!(report["digest"].as_str().unwrap().len(), 64, "H7");
    let xml = std::fs::read_to_string(desk.path("report.xml")).unwrap();
    assert!(xml.contains("tests=\"2\" failures=\"1\"") && xml.contains("file=\"stories/fails.yaml\""), "{xml}");
    assert!(told(&desk, &["--filter", "holds", "--min-coverage", "10"]).status.success());
    let below = told(&desk, &["--filter", "holds", "--min-coverage", "11"]);
    assert_eq!(below.status.code(), Some(1));
    assert!(err(&below).contains("reach 10 % of the states, at least 11 % are wanted"), "{}", err(&below));
}

#[test]
fn w3_what_cannot_be_told_is_refused_with_the_place_and_the_way_out() {
    let desk = Desk::new();
    desk.file("stories/bad.yaml", "expect:\n  lables: []\n");
    let output = told(&desk, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("stories/bad.yaml:2:3: unknown field `lables`; did you mean `labels`?"), "{}", err(&output));
    std::fs::remove_file(desk.path("stories/bad.yaml")).unwrap();
    assert!(err(&told(&desk, &[])).contains("there are no fixtures in stories"));
    assert!(err(&desk.pawl(&["policy", "test", "stories"])).contains("--policy policy.wasm"));
    assert!(err(&desk.pawl(&["policy", "build", "stories"])).contains("`pawl policy new <name>` writes one"));
    desk.file("empty.wasm", "not a component");
    assert!(err(&desk.pawl(&["policy", "test", "empty.wasm"])).contains("no WebAssembly"));
    desk.file("plain/Cargo.toml", "[package]\nname = \"plain\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n");
    desk.file("plain/src/lib.rs", "");
    assert!(err(&desk.pawl(&["policy", "build", "plain"])).contains("crate-type = [\"cdylib\", \"rlib\"]"));
}

#[test]
fn w3_a_component_is_told_the_fixtures_that_it_carries() {
    let desk = Desk::new();
    desk.file("remediation.wasm", pawl_artifacts::remediation());
    let output = desk.pawl(&["policy", "test", "remediation.wasm", "--min-coverage", "90"]);
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
    // Another policy told the same stories: the bundled one itself.
    let output = desk.pawl(&["policy", "test", "remediation.wasm", "--policy", "builtin:remediation", "--filter", "told/"]);
    assert!(output.status.success() && out(&output).contains("told/webhook"), "{}{}", out(&output), err(&output));
}

/// Compiled where this build compiles its own policies, so that nothing is compiled twice.
#[test]
fn w3_the_policy_that_the_readme_shows_holds_its_fixtures() {
    let welcome = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/welcome");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pawl"));
    let output = command.args(["policy", "test", "--min-coverage", "100"]).arg(welcome).output().unwrap();
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
}

#[test]
fn w2_inspect_tells_the_manifest_the_digest_and_the_grant_alone_or_beside_another() {
    let desk = Desk::new();
    let output = desk.pawl(&["policy", "inspect", "builtin:remediation"]);
    let text = out(&output);
    for part in ["imports    nothing", "contract   pawl:policy@0.1.0", "[policy.remediation]\nlabels = [", "stops = [\"CodeRun\"]"] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
    let json: Value = serde_json::from_slice(&desk.pawl(&["policy", "inspect", "builtin:remediation", "--output", "json"]).stdout).unwrap();
    assert_eq!(json["manifest"]["name"], "remediation");
    assert!(json["fixtures"].as_u64().unwrap() >= 12 && json["labels"].as_array().unwrap().len() > 10);
    let same = desk.pawl(&["policy", "inspect", "builtin:remediation", "--against", "builtin:remediation"]);
    assert!(out(&same).contains("both say the same of themselves"), "{}", out(&same));
    desk.file("odd.wasm", b"\0asm\x01\0\0\0");
    let odd = desk.pawl(&["policy", "inspect", "odd.wasm"]);
    assert_eq!(odd.status.code(), Some(1));
    assert!(err(&odd).contains("core WebAssembly module") && err(&odd).contains("0.1.0"), "H8: {}", err(&odd));
}

#[test]
fn w2_the_configuration_that_inspect_prints_is_one_that_check_accepts() {
    let desk = Desk::new();
    let printed = out(&desk.pawl(&["policy", "inspect", "builtin:remediation"]));
    let grant = printed.split("all that it wants:\n\n").nth(1).unwrap();
    let (token, secret) = (desk.file("token", "t"), desk.file("secret", "s"));
    desk.file("pawl.toml", format!("[github]\ntoken_file = {token:?}\nwebhook_secret_files = [{secret:?}]\n{grant}"));
    let check = desk.pawl(&["check"]);
    assert!(check.status.success(), "{}{grant}", err(&check));
}

#[test]
fn w4_facts_may_be_yaml() {
    let desk = Desk::new();
    let facts = "subject: { repository: { id: 1, owner: acme, name: shop }, number: 12 }\nnow: 2026-01-05T12:00:00Z\nstate: open\n";
    desk.file("facts.yaml", facts);
    let output = desk.pawl(&["decide", "--policy", "builtin:remediation", "--facts", "facts.yaml"]);
    assert!(out(&output).contains("state    initial"), "{}{}", out(&output), err(&output));
    desk.file("bad.yaml", "subject: 1\n");
    let output = desk.pawl(&["decide", "--policy", "builtin:remediation", "--facts", "bad.yaml"]);
    assert!(err(&output).contains("bad.yaml does not read as facts") && err(&output).contains("line 1"), "{}", err(&output));
}

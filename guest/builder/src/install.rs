//! Installing a toolchain for guests, step by step, with a word on each step.

use crate::command::{output, run_within};
use crate::toolchain::{CHOICE_VARIABLE, DEBIAN_PACKAGES, NoToolchain, TARGET, Toolchain, find};
use std::process::Command;
use std::time::Duration;

/// How long rustup may take to add the target; it downloads about 20 MB.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);
/// How long apt may take for its lists, and again for the packages of about 150 MB.
const APT_LIMIT: Duration = Duration::from_secs(600);

/// Looks for a toolchain, and installs one when there is none: the target by rustup, else Debian's packages by apt (as root,
/// or by `sudo` when that asks no password). Each step is told to `say` in one line.
///
/// # Errors
/// When there is still no toolchain after every way was tried.
pub fn install(say: &mut dyn FnMut(&str)) -> Result<Toolchain, NoToolchain> {
    let choice = std::env::var(CHOICE_VARIABLE).unwrap_or_default();
    let mut missing = match find() {
        // Debian's packages are the last way: where they happen to be here, rustup is still asked first.
        Ok(Toolchain::Debian { .. }) if choice.is_empty() => {
            by_rustup(say);
            return find();
        }
        Ok(toolchain) => return Ok(toolchain),
        Err(missing) => missing,
    };
    for (way, step) in [("active", by_rustup as fn(&mut dyn FnMut(&str))), ("debian", by_apt)] {
        if choice.is_empty() || choice == way {
            step(say);
            match find() {
                Ok(toolchain) => return Ok(toolchain),
                Err(still_missing) => missing = still_missing,
            }
        }
    }
    Err(missing)
}

fn by_rustup(say: &mut dyn FnMut(&str)) {
    if output(Command::new("rustup").arg("--version")).is_err() {
        say("rustup is not here, so the target cannot be added by it");
        return;
    }
    say(&format!("rustup target add {TARGET}"));
    if let Err(error) = run_within(Command::new("rustup").args(["target", "add", TARGET]), RUSTUP_LIMIT) {
        say(&format!("rustup could not add {TARGET}: {error}"));
    }
}

fn by_apt(say: &mut dyn FnMut(&str)) {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian_like(&release) {
        say("this is no Debian, so apt is not tried");
        return;
    }
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let apt = |arguments: &[&str]| {
        let words: &[&str] = if is_root { &["apt-get"] } else { &["sudo", "-n", "apt-get"] };
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["-o", "DPkg::Lock::Timeout=60", "-q"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    say("apt-get update");
    if let Err(error) = run_within(&mut apt(&["update"]), APT_LIMIT) {
        say(&format!("apt-get update: {error}; going on with the lists there are"));
    }
    let install = [&["install", "-y", "--no-install-recommends"][..], &DEBIAN_PACKAGES].concat();
    say(&format!("apt-get {}", install.join(" ")));
    if let Err(error) = run_within(&mut apt(&install), APT_LIMIT) {
        say(&format!("apt-get could not install Debian's Rust for WebAssembly: {error}"));
    }
}

/// Whether `/etc/os-release` names Debian or something made from it.
fn is_debian_like(release: &str) -> bool {
    release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .any(|names| names.trim_matches('"').split_whitespace().any(|name| name == "debian" || name == "ubuntu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apt_is_for_debian_and_its_children_only() {
        assert!(is_debian_like("NAME=\"Debian GNU/Linux\"\nID=debian\n"));
        assert!(is_debian_like("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian_like("ID=fedora\nVARIANT_ID=debian\n"));
        assert!(!is_debian_like(""));
    }
}

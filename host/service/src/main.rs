//! `pawl`: see `pawl help`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    pawl_service::cli::main()
}

//! `cargo xtask`: the project's chores, in plain Rust so that they need no shell.
#![forbid(unsafe_code)]

mod bench;
mod demo;
mod descriptions;
mod order;
mod policy;
mod simulate;
mod step;
mod test;

use order::Order;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match Order::parse(&arguments) {
        Ok(Order::Help) => {
            print!("{}", order::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Order::Setup) => step::setup(),
        Ok(Order::Check) => step::setup().and_then(|()| test::lint()),
        Ok(Order::Test { lint }) => test::test(lint),
        Ok(Order::Descriptions) => descriptions::descriptions(),
        Ok(Order::Policy { package }) => policy::policy(&package),
        Ok(Order::Bench { quick, arguments }) => bench::bench(quick, &arguments),
        Ok(Order::Simulate { arguments }) => simulate::simulate(&arguments),
        Ok(Order::Demo { arguments }) => demo::demo(&arguments),
        Err(wrong) => {
            eprint!("xtask: {wrong}\n\n{}", order::HELP);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("xtask: {failed}");
            ExitCode::from(failed.code())
        }
    }
}

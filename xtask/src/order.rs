//! What the command line asks for.

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask setup             get ready: find or install a Rust toolchain that builds WebAssembly policies
cargo xtask check             setup, then formatting and lints
cargo xtask test [--no-lint]  setup, formatting and lints, then every test
cargo xtask descriptions      fetch what GitHub publishes of REST, webhooks and GraphQL, which some tests hold us against
cargo xtask demo [ARGS]       setup, build, then the demonstration; ARGS are handed on to it
cargo xtask bench [--quick] [--only PART]...
                              setup, release builds, then every benchmark, written to docs/benchmarks.md; with --quick or --only, some of
                              it, printed only
cargo xtask simulate [--seeds N] [--from S] [--liveness | --runs] [--lines N] [--planted FAULT]
                              setup, build, then replicas of the service simulated, seed after seed; one seed alone shows its trace
cargo xtask policy <crate>    setup, then a policy crate of this workspace as a component in target/policies
cargo xtask help              this text

PAWL_GUEST_TOOLCHAIN=active|debian chooses the toolchain for policies; unset, the first that works is taken.
";

/// A chore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Print the help.
    Help,
    /// Get ready.
    Setup,
    /// Formatting and lints.
    Check,
    /// Everything that must hold.
    Test {
        /// Formatting and lints too.
        lint: bool,
    },
    /// What GitHub publishes of itself.
    Descriptions,
    /// A policy crate as a component.
    Policy {
        /// Name of its package.
        package: String,
    },
    /// The benchmarks.
    Bench {
        /// A little of everything, to try it out.
        quick: bool,
        /// Arguments for the benchmark itself.
        arguments: Vec<String>,
    },
    /// The simulation of replicas.
    Simulate {
        /// Its own arguments.
        arguments: Vec<String>,
    },
    /// The demonstration.
    Demo {
        /// Its own arguments.
        arguments: Vec<String>,
    },
}

impl Order {
    /// Reads the arguments after `cargo xtask`.
    ///
    /// # Errors
    /// A sentence on the first that is not understood.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let Some((chore, rest)) = arguments.split_first() else { return Ok(Self::Help) };
        let alone = |order| match rest.first() {
            None => Ok(order),
            Some(other) => Err(format!("{chore} takes no {other:?}")),
        };
        match chore.as_str() {
            "help" | "--help" | "-h" => Ok(Self::Help),
            "setup" => alone(Self::Setup),
            "descriptions" => alone(Self::Descriptions),
            "check" => alone(Self::Check),
            "test" => match rest {
                [] => Ok(Self::Test { lint: true }),
                [flag] if flag == "--no-lint" => Ok(Self::Test { lint: false }),
                [other, ..] => Err(format!("test takes --no-lint at most, not {other:?}")),
            },
            "policy" => match rest {
                [package] => Ok(Self::Policy { package: package.clone() }),
                _ => Err("policy takes the name of one policy crate, such as pawl-welcome".into()),
            },
            "bench" => bench(rest),
            "simulate" => Ok(Self::Simulate { arguments: rest.to_vec() }),
            "demo" => Ok(Self::Demo { arguments: rest.to_vec() }),
            other => Err(format!("there is no chore {other:?}")),
        }
    }
}

fn bench(arguments: &[String]) -> Result<Order, String> {
    let mut order = (false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.len()) {
            ("--quick", _) => order.0 = true,
            ("--only", 1..) => order.1.extend([argument.clone(), rest.next().cloned().unwrap_or_default()]),
            _ => return Err(format!("bench takes --quick and --only <part>, not {argument:?}")),
        }
    }
    Ok(Order::Bench { quick: order.0, arguments: order.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, String> {
        Order::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_chore_is_understood_as_the_help_says() {
        assert_eq!(parse(""), Ok(Order::Help));
        assert_eq!(parse("help"), Ok(Order::Help));
        assert_eq!(parse("setup"), Ok(Order::Setup));
        assert_eq!(parse("check"), Ok(Order::Check));
        assert_eq!(parse("descriptions"), Ok(Order::Descriptions));
        assert_eq!(parse("test"), Ok(Order::Test { lint: true }));
        assert_eq!(parse("test --no-lint"), Ok(Order::Test { lint: false }));
        assert_eq!(parse("policy pawl-welcome"), Ok(Order::Policy { package: "pawl-welcome".into() }));
        let bench = |quick, arguments: &[&str]| Order::Bench { quick, arguments: arguments.iter().map(ToString::to_string).collect() };
        assert_eq!(parse("bench"), Ok(bench(false, &[])));
        assert_eq!(parse("bench --only start --quick"), Ok(bench(true, &["--only", "start"])));
        assert_eq!(parse("simulate --seeds 1"), Ok(Order::Simulate { arguments: vec!["--seeds".into(), "1".into()] }));
        assert_eq!(parse("demo --fast -v"), Ok(Order::Demo { arguments: vec!["--fast".into(), "-v".into()] }));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("tset", "tset"),
            ("test --fast", "--fast"),
            ("setup now", "now"),
            ("descriptions 1", "1"),
            ("policy", "pawl-welcome"),
            ("bench --only", "--only <part>"),
        ] {
            let wrong = parse(line).expect_err(line);
            assert!(wrong.contains(named), "{wrong}");
        }
    }
}

//! What is refused at load, and in which words.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{AMPLE, contract, described_by, dummy, sandbox, titled};
use pawl_sandbox::{DecideError, LoadError, PolicyLimits, SandboxLimits};

fn refused(component: &[u8]) -> LoadError {
    sandbox().load_within(component, AMPLE).unwrap_err()
}

#[test]
fn h1_a_component_that_imports_a_function_is_refused_with_the_list() {
    let world = "world policy {\n    import clock: interface { now: func() -> s64; }\n    import sleep: func(seconds: u32);";
    let error = refused(&dummy(&contract().replace("world policy {", world)));
    let LoadError::Imports(imports) = &error else { panic!("{error}") };
    assert_eq!(imports.len(), 2, "{imports:?}");
    let message = error.to_string();
    assert!(message.contains("clock") && message.contains("sleep"), "{message}");
}

#[test]
fn h1_a_component_that_imports_mere_types_is_refused_too() {
    let component = wat::parse_str(r#"(component (import "acme:words/types" (instance (export "t" (type (sub resource))))))"#).unwrap();
    assert_eq!(refused(&component), LoadError::Imports(vec!["acme:words/types".into()]));
}

#[test]
fn h8_a_policy_of_another_version_is_refused_in_one_clear_sentence() {
    for found in ["0.2.0", "0.1.1", "1.0.0"] {
        let error = refused(&dummy(&contract().replace("@0.1.0", &format!("@{found}"))));
        assert_eq!(error, LoadError::OtherVersion { found: found.into(), spoken: "0.1.0" });
    }
    let message = LoadError::OtherVersion { found: "0.2.0".into(), spoken: "0.1.0" }.to_string();
    assert!(message.contains("speaks version 0.2.0") && message.contains("this host speaks 0.1.0"), "{message}");
}

#[test]
fn h8_what_cannot_run_here_says_what_it_is_what_this_host_speaks_and_the_way_out() {
    let importing = "world policy {\n    import wasi:cli/environment@0.2.0;";
    let wasi = format!(
        "{}\npackage wasi:cli@0.2.0 {{ interface environment {{ get-arguments: func() -> list<string>; }} }}",
        contract().replace("world policy {", importing)
    );
    let core = wat::parse_str("(module (func (export \"decide\")))").unwrap();
    for (component, is, way) in [
        (
            dummy(&contract().replace("@0.1.0", "@0.0.9")),
            "speaks version 0.0.9 of the contract pawl:policy",
            "or run it on a pawl that speaks 0.0.9",
        ),
        (
            dummy(&contract().replace("@0.1.0", "@0.2.0")),
            "speaks version 0.2.0 of the contract pawl:policy",
            "rebuild it with the pawl-sdk of this host",
        ),
        (core, "this is a core WebAssembly module, not a component", "`pawl policy build`"),
        (dummy(&wasi), "this component imports wasi:cli/environment@0.2.0", "without WASI"),
        (
            dummy("package acme:shop; world shop { export open: func(); }"),
            "this component is no policy: it exports open",
            "build it for the world",
        ),
    ] {
        let message = refused(&component).to_string();
        for part in [is, "0.1.0", way] {
            assert!(message.contains(part), "{part:?} is missing in: {message}");
        }
        assert_eq!(message.lines().count(), 1, "one sentence: {message}");
    }
}

#[test]
fn h8_another_version_is_told_before_anything_else_that_is_wrong() {
    let importing = "world policy {\n    import sleep: func(seconds: u32);";
    let error = refused(&dummy(&contract().replace("@0.1.0", "@0.2.0").replace("world policy {", importing)));
    assert_eq!(error, LoadError::OtherVersion { found: "0.2.0".into(), spoken: "0.1.0" });
}

#[test]
fn h8_a_policy_with_other_types_under_our_version_is_refused() {
    let other = contract().replace("revisit-after-seconds: option<u32>", "revisit-after-seconds: option<u64>");
    assert_ne!(other, contract());
    let error = refused(&dummy(&other));
    assert!(matches!(&error, LoadError::OtherTypes(_)), "{error}");
}

#[test]
fn a_component_of_another_world_is_refused_with_what_it_exports() {
    let error = refused(&dummy("package acme:shop; world shop { export open: func(); }"));
    assert_eq!(error, LoadError::OtherWorld(vec!["open".into()]));
    assert!(error.to_string().contains("exports open"), "{error}");
    assert!(refused(&dummy("package acme:shop; world shop { }")).to_string().contains("exports nothing"));
}

#[test]
fn what_is_no_component_is_refused() {
    assert_eq!(refused(b"\0asm\x01\0\0\0"), LoadError::CoreModule);
    for bytes in [&b""[..], b"hello"] {
        let error = refused(bytes);
        assert!(matches!(error, LoadError::NoComponent(_)), "{error}");
    }
    let whole = pawl_artifacts::hostile();
    assert!(matches!(refused(&whole[..whole.len() / 2]), LoadError::NoComponent(_)));
}

#[test]
fn a_component_is_loaded_up_to_the_size_limit_and_not_beyond() {
    let component = pawl_artifacts::hostile();
    let sandbox =
        |component_bytes| pawl_sandbox::Sandbox::new(SandboxLimits { decisions: 1, component_bytes, ..SandboxLimits::default() }).unwrap();
    assert!(sandbox(component.len()).load(component).is_ok());
    let limit = component.len() - 1;
    assert_eq!(sandbox(limit).load(component).unwrap_err(), LoadError::TooLarge { bytes: component.len(), limit });
}

#[test]
fn a_memory_limit_that_the_pool_cannot_give_is_refused() {
    let load = |memory_bytes| sandbox().load_within(pawl_artifacts::hostile(), PolicyLimits { memory_bytes, ..AMPLE });
    let most = SandboxLimits::default().memory_bytes;
    assert!(load(most).is_ok());
    assert!(matches!(load(most + 1).unwrap_err(), LoadError::Limits { .. }));
    assert!(matches!(load(1000).unwrap_err(), LoadError::Limits { .. }));
}

#[test]
fn h2_asking_who_it_is_happens_within_the_limits_too() {
    let error = refused(&described_by("(loop (br 0)) unreachable"));
    assert!(matches!(error, LoadError::Describe(DecideError::OutOfFuel { .. })), "{error}");
    let error = refused(&described_by("unreachable"));
    assert!(matches!(error, LoadError::Describe(DecideError::Trap(_))), "{error}");
    let error = refused(&described_by("(drop (memory.grow (i32.const 10000))) (i32.const 0)"));
    assert!(matches!(error, LoadError::Describe(DecideError::OutOfMemory { .. })), "{error}");
    let memory_bytes = 64 << 10;
    let error = sandbox().load_within(&dummy(&contract()), PolicyLimits { memory_bytes, ..AMPLE }).unwrap_err();
    assert!(matches!(error, LoadError::Describe(_)), "{error}");
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_the_reason() {
    // An answer of zeroes is a manifest without a name.
    let error = refused(&described_by("(i32.const 1024)"));
    let LoadError::Manifest(reason) = &error else { panic!("{error}") };
    assert!(reason.contains("name"), "{reason}");
}

#[test]
fn h7_the_identity_of_a_policy_is_the_digest_of_its_component() {
    let policy = common::hostile();
    assert_eq!(policy.digest().len(), 64);
    assert_eq!(policy.digest(), common::hostile().digest());
    let other = sandbox().load_within(pawl_artifacts::remediation(), AMPLE).unwrap();
    assert_ne!(policy.digest(), other.digest());
    // A known pair of bytes and digest, so that it is SHA-256 and nothing else.
    let sum = std::process::Command::new("sha256sum").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn();
    if let Ok(mut sum) = sum {
        use std::io::Write;
        sum.stdin.take().unwrap().write_all(pawl_artifacts::hostile()).unwrap();
        let printed = sum.wait_with_output().unwrap().stdout;
        assert!(printed.starts_with(policy.digest().as_bytes()));
    }
}

#[test]
fn h10_the_bundled_policy_is_loaded_like_any_other_and_decides() {
    let policy = sandbox().load_within(pawl_artifacts::remediation(), AMPLE).unwrap();
    let manifest = policy.manifest();
    assert_eq!(manifest.name, "remediation");
    assert_eq!(manifest.check(), Ok(()));
    let mut facts = titled("an ordinary pull request");
    facts.settings = manifest.settle_settings(&std::collections::BTreeMap::new()).unwrap();
    let first = policy.decide(&facts).unwrap();
    let plan = first.answer.clone().unwrap();
    assert!(manifest.states.iter().any(|state| state.name == plan.state), "{plan:?}");
    assert!(plan.labels.iter().all(|label| manifest.owns(label)), "{plan:?}");
    assert_eq!(policy.decide(&facts).unwrap(), first);
}

#[test]
fn h2_threads_that_decide_at_once_decide_alike_each_by_its_own_copy() {
    let policy = sandbox().load_within(pawl_artifacts::remediation(), AMPLE).unwrap();
    let facts = titled("one question");
    let alone = policy.decide(&facts).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(policy.decide(&facts).unwrap(), alone);
                }
            });
        }
    });
}

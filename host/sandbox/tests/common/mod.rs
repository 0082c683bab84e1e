//! What the sandbox's tests share: facts to decide on, and components made from the contract's own text.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::facts::Facts;
use pawl_sandbox::{LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// The default limits, but with so much time that only what is meant to run out of it does, however busy the machine is.
pub const AMPLE: PolicyLimits = PolicyLimits { fuel: 50_000_000, time_ms: 600_000, memory_bytes: 16 << 20 };

/// A sandbox with little address space, as many tests run at once.
pub fn sandbox() -> Sandbox {
    Sandbox::new(SandboxLimits { decisions: 8, ..SandboxLimits::default() }).unwrap()
}

/// The policy that does as the title says.
pub fn hostile() -> LoadedPolicy {
    hostile_within(AMPLE)
}

pub fn hostile_within(limits: PolicyLimits) -> LoadedPolicy {
    sandbox().load_within(pawl_artifacts::hostile(), limits).unwrap()
}

/// Facts with this title.
pub fn titled(title: &str) -> Facts {
    let json = serde_json::json!({
        "subject": { "repository": { "id": 4711, "owner": "acme", "name": "shop" }, "number": 12 },
        "now": "2026-01-02T03:04:05Z",
        "title": title,
        "state": "open",
    });
    serde_json::from_value(json).unwrap()
}

/// The text of the contract as one file.
pub fn contract() -> String {
    let files =
        [include_str!("../../../../wit/facts.wit"), include_str!("../../../../wit/plan.wit"), include_str!("../../../../wit/policy.wit")];
    let package = "package pawl:policy@0.1.0;\n";
    let interfaces = files.map(|file| file.strip_prefix(package).unwrap());
    format!("{package}{}", interfaces.concat())
}

/// A component of the one world in `wit`, all of whose functions trap.
pub fn dummy(wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    wrapped(module, &resolve, world)
}

/// A policy whose `describe` has this body, in WebAssembly text.
pub fn described_by(body: &str) -> Vec<u8> {
    module("(memory (export \"memory\") 1)", body)
}

/// The same with other parts than one page of memory.
pub fn module(parts: &str, body: &str) -> Vec<u8> {
    let module = wat::parse_str(format!(
        r#"(module
            {parts}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32768))
            (func (export "pawl:policy/decider@0.1.0#describe") (result i32) {body})
            (func (export "pawl:policy/decider@0.1.0#decide") (param i32) (result i32) unreachable))"#
    ));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", &contract()).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    wrapped(module.unwrap(), &resolve, world)
}

fn wrapped(mut module: Vec<u8>, resolve: &Resolve, world: wit_parser::WorldId) -> Vec<u8> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

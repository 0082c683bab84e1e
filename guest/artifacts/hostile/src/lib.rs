//! A policy that misbehaves on request: `facts.title` names the misdeed. Only tests of the sandbox load it.
//!
//! It is written on the bare contract, without the author's crate, so it can do what no honest policy would, and shows by
//! the way what a policy in another language has to export. Natively there is nothing here.
#![cfg(target_arch = "wasm32")]

mod contract {
    wit_bindgen::generate!({ path: "../../../wit", world: "policy" });
    export!(Hostile with_types_in self);

    /// The policy.
    pub(crate) struct Hostile;
}

use contract::Hostile;
use contract::exports::pawl::policy::decider::{
    Capabilities, Guest, Manifest, Needs, OwnedLabel, SettingKind, SettingSpec, StateSpec, Wakes,
};
use contract::exports::pawl::policy::facts::{Facts, Value};
use contract::exports::pawl::policy::plan::{Ask, Plan, Refusal, Request, Stop};
use std::hint::black_box;

impl Guest for Hostile {
    fn describe() -> Manifest {
        let setting =
            |name: &str, default| SettingSpec { name: name.into(), kind: SettingKind::Plain, default, description: String::new() };
        Manifest {
            name: "hostile".into(),
            version: "0.1.0".into(),
            description: "Misbehaves as the title says.".into(),
            owns: vec![OwnedLabel {
                name: "hostile-{n}".into(),
                create_up_to: 1,
                create_up_to_setting: None,
                colour: "000000".into(),
                description: "Nothing good".into(),
            }],
            heeds: Vec::new(),
            needs: Needs::REVIEWS | Needs::RUNS,
            wakes_on: Wakes::LIFECYCLE | Wakes::SIGNALS,
            wants: Capabilities { stops: Vec::new(), dispatches: Vec::new(), comments: true, reactions: false, notices: false },
            settings: vec![setting("loud", Value::Flag(false))],
            memory_version: 1,
            reads_memory: vec![1],
            states: vec![StateSpec { name: "hostile".into(), sentence: "It is what it is.".into(), terminal: false }],
            commands: Vec::new(),
        }
    }

    fn decide(facts: Facts) -> Result<Plan, Refusal> {
        match facts.title.as_str() {
            "loop for ever" => loop {
                black_box(());
            },
            "recurse for ever" => Ok(plan(&recurse(0).to_string())),
            "grow for ever" => loop {
                black_box(Vec::<u8>::with_capacity(1 << 20).leak());
            },
            "take 4 MiB" => Ok(plan(&black_box(vec![1_u8; 4 << 20]).len().to_string())),
            "trap" => panic!("a message that nobody will read"),
            "answer one string 15000 times" => Ok(Plan { keeps: one_string_many_times(), ..plan("too much") }),
            "answer invalid text" => Ok(plan(&invalid_text())),
            "reach the unreachable" => unreachable(),
            "read outside" => Ok(plan(&outside().to_string())),
            "fill for ever" => fill_for_ever(),
            "answer a million strings" => Ok(Plan { keeps: vec!["x".into(); 1_000_000], ..plan("too many") }),
            "answer a memory of 1 MiB" => Ok(Plan { memory: Some(vec![1; 1 << 20]), ..plan("too much") }),
            "answer a reason of 100 KB" => Ok(plan(&"why ".repeat(25_000))),
            "answer 201 stops" => Ok(Plan { stops: (0..201).map(stop).collect(), ..plan("too many") }),
            "answer 21 requests" => Ok(Plan { requests: (0..21).map(comment).collect(), ..plan("too many") }),
            "answer a comment of 1 MB" => Ok(Plan { requests: vec![comment_of("x".repeat(1_000_000))], ..plan("too long") }),
            "ask to be asked again at once" => Ok(Plan { revisit_after_seconds: Some(0), ..plan("at once") }),
            "name an unknown state" => Ok(Plan { state: "benign".into(), ..plan("who knows") }),
            "wish a foreign label" => Ok(Plan { labels: vec!["approved".into()], ..plan("not mine") }),
            "keep news that nobody told" => Ok(Plan { keeps: vec!["push:main:abc".into()], ..plan("for later") }),
            "answer 101 labels" => Ok(Plan { labels: (1..=101).map(|n| format!("hostile-{n}")).collect(), ..plan("too many") }),
            "refuse" => Err(Refusal { reason: "these facts make no sense".into() }),
            "say what you see" => {
                let ask = Ask::Comment(format!("{facts:?}"));
                let memory = facts.memory.map(|memory| memory.bytes);
                Ok(Plan { requests: vec![Request { key: "seen".into(), ask }], memory, ..plan("this is what was shown") })
            }
            _ => Ok(plan("quiet today")),
        }
    }
}

fn plan(reason: &str) -> Plan {
    Plan {
        labels: vec!["hostile-1".into()],
        stops: Vec::new(),
        requests: Vec::new(),
        memory: None,
        state: "hostile".into(),
        reason: reason.into(),
        held: false,
        refused: Vec::new(),
        keeps: Vec::new(),
        revisit_after_seconds: None,
    }
}

/// Never returns: each call needs the result of the next, and something from its own frame after it.
#[expect(unconditional_recursion, reason = "the misdeed")]
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 8]);
    recurse(black_box(depth + 1)).wrapping_add(frame[3])
}

/// The instruction itself, without a panic before it.
fn unreachable() -> ! {
    core::arch::wasm32::unreachable()
}

/// One address behind the last.
#[expect(unsafe_code, reason = "safe code reads nothing outside; the misdeed")]
fn outside() -> u8 {
    // SAFETY: unsound by intention: nothing is there, and the sandbox says so.
    unsafe { black_box(0xffff_fff0_usize as *const u8).read_volatile() }
}

/// Much work for few instructions.
fn fill_for_ever() -> ! {
    let mut block = vec![0_u8; 4 << 20];
    loop {
        block.fill(black_box(1));
        black_box(&mut block);
    }
}

fn stop(n: u32) -> Stop {
    Stop { kind: "CodeRun".into(), name: format!("run-{n}"), uid: n.to_string() }
}

fn comment(n: u32) -> Request {
    Request { key: n.to_string(), ask: Ask::Comment("hello".into()) }
}

fn comment_of(body: String) -> Request {
    Request { key: "long".into(), ask: Ask::Comment(body) }
}

/// 15,000 strings that share 60 KB: 900 MB for a host that copies what it is told to.
#[expect(unsafe_code, reason = "no safe code can lie about who owns a string; the lie is the point")]
fn one_string_many_times() -> Vec<String> {
    let text = "x".repeat(60_000).leak();
    // SAFETY: every string but one is a lie, told to the host alone: nothing here writes to or frees them, as the host
    // stops reading, and with it this instance, before they would be freed.
    (0..15_000).map(|_| unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.len()) }).collect()
}

/// Bytes that are no UTF-8.
#[expect(unsafe_code, reason = "safe code cannot make invalid text")]
fn invalid_text() -> String {
    // SAFETY: unsound by intention; the text is copied into the answer and never looked at here.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) }
}

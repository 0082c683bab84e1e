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
use contract::exports::pawl::policy::plan::{Ask, Plan, Refusal, Request};
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

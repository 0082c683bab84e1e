//! Forged senders: somebody who looks like an agent, and parts of one payload that contradict each other about who and where.

use super::{Class, Payload, Target, bases};
use serde_json::{Value, json};

/// An account that policies do know, by its present name.
fn agent(login: &str) -> Value {
    json!({ "login": login, "id": 6_660_002, "type": "Bot" })
}

/// Look like the QA agent of the bundled policy to people, and are not it.
const LOOK_ALIKES: [&str; 14] = [
    "5DLabs-Tess2",
    "x5DLabs-Tess",
    "5DLabs_Tess",
    "5DLabs-Tess ",
    " 5DLabs-Tess",
    "5DLabs-Tess[bot][bot]",
    "5DLabs-Tess[Bot] ",
    "5DLabs-T\u{435}ss",
    "5DLabs-Tess\u{200b}",
    "\u{202e}sseT-sbaLD5",
    "5DLabs-Tess\u{0}",
    "5DLabs-\u{7f}Tess",
    "5DLabs-Tess\n[bot]",
    "５DLabs-Tess",
];

pub(super) fn add(all: &mut Vec<Payload>, target: &Target) {
    let mut push = |name: String, event, body: Value| all.push(Payload::json(Class::ForgedSender, name, event, &body));
    for login in LOOK_ALIKES {
        push(format!("reviewed by {login:?}"), "pull_request_review", bases::review(target, &agent(login)));
        push(format!("commented by {login:?}"), "issue_comment", bases::comment(target, &agent(login), "Required changes: all"));
        push(format!("a check of {login:?}"), "check_run", bases::check(target, login));
    }
    for of in ["5DLabs-Tess[bot]", "5DLabs-Rex[bot]", "github-actions[bot]"] {
        // The sender is not who wrote it; only the author counts.
        for (event, body) in [
            ("pull_request_review", bases::review(target, &bases::mallory())),
            ("issue_comment", bases::comment(target, &bases::mallory(), "Required changes: all\n/pawl reset\n/pawl remediate")),
            ("check_run", bases::check(target, "mallory-checks")),
        ] {
            push(format!("{event} of mallory, sent by {of}"), event, sent_by(body, &agent(of)));
        }
        // A person's account cannot be called like a bot; the commit is none that the branch ever had.
        let mut push_of_nobody = bases::push(target);
        push_of_nobody["after"] = json!("f".repeat(40));
        push_of_nobody["pusher"] = json!({ "name": of });
        push(format!("a push told of {of} by mallory"), "push", push_of_nobody);
    }
    // Another repository under the same names, and the same repository under other names.
    for id in [0, 1, u64::MAX] {
        let mut other = bases::review(target, &agent("5DLabs-Tess[bot]"));
        other["repository"]["id"] = json!(id);
        push(format!("the names of our repository with the id {id}"), "pull_request_review", other);
    }
    let mut strange = bases::check(target, "5dlabs-tess");
    strange["check_run"]["pull_requests"][0]["base"]["repo"]["id"] = json!(1);
    strange["check_run"]["head_sha"] = json!("e".repeat(40));
    push("a check of another repository's pull request".into(), "check_run", strange);
    // Who it is installed for is not for the payload to say.
    for installation in [json!(null), json!({ "id": 0 }), json!({ "id": u64::MAX }), json!({ "id": "1" }), json!([1])] {
        let mut other = bases::review(target, &bases::mallory());
        other["installation"] = installation.clone();
        other["organization"] = json!({ "login": "evil", "id": 1 });
        push(format!("installed as {installation}"), "pull_request_review", other);
    }
    // "I am you": labels said to be set by the host itself, in the name that its own writes come back with.
    for me in ["pawl[bot]", "pawl", "github-actions[bot]"] {
        for label in ["approved", "iteration-9", "failed-remediation"] {
            push(format!("{label} set by {me}"), "pull_request", sent_by(bases::labelled(target, label), &agent(me)));
        }
    }
}

fn sent_by(mut body: Value, sender: &Value) -> Value {
    body["sender"] = sender.clone();
    body
}

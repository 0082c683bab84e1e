//! Manifests, as a policy described itself.

use super::plan::severity;
use crate::contract::{decider as wit, facts};
use pawl_core::label::Family;
use pawl_core::manifest::{Capabilities, HeededLabel, Manifest, Needs, OwnedLabel, SettingKind, SettingSpec, StateSpec, Value, Wakes};

/// A manifest, not yet checked.
pub(crate) fn manifest_from(manifest: wit::Manifest) -> Manifest {
    let wit::Manifest {
        name,
        version,
        description,
        owns,
        heeds,
        needs: needed,
        wakes_on,
        wants,
        settings,
        memory_version,
        reads_memory,
        states,
        commands,
    } = manifest;
    Manifest {
        name,
        version,
        description,
        owns: owns.into_iter().map(owned_label).collect(),
        heeds: heeds.into_iter().map(heeded_label).collect(),
        needs: needs(needed),
        wakes_on: wakes(wakes_on),
        wants: capabilities(wants),
        settings: settings.into_iter().map(setting_spec).collect(),
        memory_version,
        reads_memory,
        states: states.into_iter().map(state_spec).collect(),
        commands,
    }
}

fn owned_label(owned: wit::OwnedLabel) -> OwnedLabel {
    let wit::OwnedLabel { name, create_up_to, create_up_to_setting, colour, description } = owned;
    OwnedLabel { family: Family::new(name), create_up_to, create_up_to_setting, colour, description }
}

fn heeded_label(heeded: wit::HeededLabel) -> HeededLabel {
    let wit::HeededLabel { name, interrupts, severity: of, action, message, colour, create } = heeded;
    HeededLabel { family: Family::new(name), interrupts, severity: severity(of), action, message, colour, create }
}

fn needs(needs: wit::Needs) -> Needs {
    use wit::Needs as N;
    Needs {
        reviews: needs.contains(N::REVIEWS),
        comments: needs.contains(N::COMMENTS),
        threads: needs.contains(N::THREADS),
        reactions: needs.contains(N::REACTIONS),
        checks: needs.contains(N::CHECKS),
        runs: needs.contains(N::RUNS),
        label_history: needs.contains(N::LABEL_HISTORY),
    }
}

fn wakes(wakes: wit::Wakes) -> Wakes {
    use wit::Wakes as W;
    Wakes {
        lifecycle: wakes.contains(W::LIFECYCLE),
        pushes: wakes.contains(W::PUSHES),
        labels: wakes.contains(W::LABELS),
        reviews: wakes.contains(W::REVIEWS),
        threads: wakes.contains(W::THREADS),
        comments: wakes.contains(W::COMMENTS),
        commands: wakes.contains(W::COMMANDS),
        checks: wakes.contains(W::CHECKS),
        runs: wakes.contains(W::RUNS),
        signals: wakes.contains(W::SIGNALS),
    }
}

fn capabilities(wants: wit::Capabilities) -> Capabilities {
    let wit::Capabilities { stops, dispatches, comments, reactions, notices } = wants;
    Capabilities { stops, dispatches, comments, reactions, notices }
}

fn setting_spec(spec: wit::SettingSpec) -> SettingSpec {
    let wit::SettingSpec { name, kind, default, description } = spec;
    let kind = match kind {
        wit::SettingKind::Plain => SettingKind::Plain,
        wit::SettingKind::Pattern => SettingKind::Pattern,
    };
    SettingSpec { name, kind, default: value(default), description }
}

fn value(value: facts::Value) -> Value {
    match value {
        facts::Value::Flag(flag) => Value::Flag(flag),
        facts::Value::Number(number) => Value::Number(number),
        facts::Value::Text(text) => Value::Text(text),
        facts::Value::Texts(list) => Value::Texts(list),
    }
}

fn state_spec(state: wit::StateSpec) -> StateSpec {
    let wit::StateSpec { name, sentence, terminal } = state;
    StateSpec { name, sentence, terminal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::plan::Severity as WitSeverity;
    use pawl_core::plan::Severity;

    #[test]
    fn every_need_and_every_wake_is_its_own_flag() {
        use wit::Needs as N;
        let each = [N::REVIEWS, N::COMMENTS, N::THREADS, N::REACTIONS, N::CHECKS, N::RUNS, N::LABEL_HISTORY];
        let names = ["reviews", "comments", "threads", "reactions", "checks", "runs", "label_history"];
        for (flag, name) in each.into_iter().zip(names) {
            assert_eq!(set_flags(&format!("{:?}", needs(flag))), [name]);
        }
        assert!(set_flags(&format!("{:?}", needs(N::empty()))).is_empty());

        use wit::Wakes as W;
        let each = [
            (W::LIFECYCLE, "lifecycle"),
            (W::PUSHES, "pushes"),
            (W::LABELS, "labels"),
            (W::REVIEWS, "reviews"),
            (W::THREADS, "threads"),
            (W::COMMENTS, "comments"),
            (W::COMMANDS, "commands"),
            (W::CHECKS, "checks"),
            (W::RUNS, "runs"),
            (W::SIGNALS, "signals"),
        ];
        for (flag, name) in each {
            assert_eq!(set_flags(&format!("{:?}", wakes(flag))), [name]);
        }
        assert!(set_flags(&format!("{:?}", wakes(W::empty()))).is_empty());
    }

    /// The fields that are true in the debug form of a struct of flags.
    fn set_flags(debug: &str) -> Vec<&str> {
        debug
            .split([' ', ',', '{', '}'])
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .windows(2)
            .filter(|pair| pair[1] == "true")
            .map(|pair| pair[0].trim_end_matches(':'))
            .collect()
    }

    #[test]
    fn every_field_of_a_manifest_comes_through() {
        let text = str::to_owned;
        let setting = |name: &str, kind, default| wit::SettingSpec { name: text(name), kind, default, description: text("what it is") };
        let manifest = manifest_from(wit::Manifest {
            name: text("name"),
            version: text("1.2.3"),
            description: text("description"),
            owns: vec![wit::OwnedLabel {
                name: text("round-{n}"),
                create_up_to: 3,
                create_up_to_setting: Some(text("limit")),
                colour: text("00ff00"),
                description: text("a round"),
            }],
            heeds: vec![wit::HeededLabel {
                name: text("stop"),
                interrupts: true,
                severity: WitSeverity::High,
                action: text("stop_all"),
                message: text("stops all"),
                colour: text("000000"),
                create: true,
            }],
            needs: wit::Needs::CHECKS,
            wakes_on: wit::Wakes::CHECKS,
            wants: wit::Capabilities {
                stops: vec![text("Kind")],
                dispatches: vec![text("target")],
                comments: true,
                reactions: false,
                notices: true,
            },
            settings: vec![
                setting("flag", wit::SettingKind::Plain, facts::Value::Flag(true)),
                setting("limit", wit::SettingKind::Plain, facts::Value::Number(10)),
                setting("marker", wit::SettingKind::Pattern, facts::Value::Text(text("(?i)a"))),
                setting("logins", wit::SettingKind::Plain, facts::Value::Texts(vec![text("a")])),
            ],
            memory_version: 2,
            reads_memory: vec![1, 2],
            states: vec![wit::StateSpec { name: text("over"), sentence: text("it is over"), terminal: true }],
            commands: vec![text("reset")],
        });
        let setting = |name: &str, kind, default| SettingSpec { name: text(name), kind, default, description: text("what it is") };
        let expected = Manifest {
            name: text("name"),
            version: text("1.2.3"),
            description: text("description"),
            owns: vec![OwnedLabel {
                family: Family::new("round-{n}"),
                create_up_to: 3,
                create_up_to_setting: Some(text("limit")),
                colour: text("00ff00"),
                description: text("a round"),
            }],
            heeds: vec![HeededLabel {
                family: Family::new("stop"),
                interrupts: true,
                severity: Severity::High,
                action: text("stop_all"),
                message: text("stops all"),
                colour: text("000000"),
                create: true,
            }],
            needs: Needs { checks: true, ..Needs::default() },
            wakes_on: Wakes { checks: true, ..Wakes::default() },
            wants: Capabilities {
                stops: vec![text("Kind")],
                dispatches: vec![text("target")],
                comments: true,
                reactions: false,
                notices: true,
            },
            settings: vec![
                setting("flag", SettingKind::Plain, Value::Flag(true)),
                setting("limit", SettingKind::Plain, Value::Number(10)),
                setting("marker", SettingKind::Pattern, Value::Text(text("(?i)a"))),
                setting("logins", SettingKind::Plain, Value::Texts(vec![text("a")])),
            ],
            memory_version: 2,
            reads_memory: vec![1, 2],
            states: vec![StateSpec { name: text("over"), sentence: text("it is over"), terminal: true }],
            commands: vec![text("reset")],
        };
        assert_eq!(manifest, expected);
        assert_eq!(manifest.check(), Ok(()));
    }
}

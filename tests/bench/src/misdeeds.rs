//! Hostile policies: how soon each is stopped, and what others notice of it.

use crate::decision::facts::SIZES;
use crate::effort::Effort;
use crate::report::{Goal, Note, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use pawl_core::facts::Facts;
use pawl_sandbox::{LoadedPolicy, Sandbox, SandboxLimits};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const NOTES: &[Note] = &[Note {
    figure: "others' p99 beside the worst misdeed alone",
    text: "No goal: a served policy that fails is parked, and asked no thousand times a second. What ends soonest disturbs most, whatever it \
           is. A profile says why: the hostile component brings an allocator that grows its memory, so each new instance takes those pages \
           away again by `mprotect`, and the kernel tells the other core (3 to 4 % of all time in `flush_tlb_mm_range`). Policies of the \
           author's crate begin with room enough and pay none of it. Another allocator for the host made no difference. Memories with \
           explicit bounds checks would need no such call, and would cost every decision; that was not tried.",
}];

/// What the hostile policy of the tests does, by the title of what it is asked about.
const MISDEEDS: [&str; 20] = [
    "loop for ever",
    "fill for ever",
    "recurse for ever",
    "trap",
    "reach the unreachable",
    "read outside",
    "answer invalid text",
    "grow for ever",
    "answer a million strings",
    "answer one string 15000 times",
    "answer 101 labels",
    "answer 201 stops",
    "answer 21 requests",
    "answer a comment of 1 MB",
    "answer a memory of 1 MiB",
    "answer a reason of 100 KB",
    "ask to be asked again at once",
    "wish a foreign label",
    "name an unknown state",
    "keep news that nobody told",
];

/// Measures it.
///
/// # Errors
/// When the sandbox cannot start.
pub fn measure(effort: &Effort) -> anyhow::Result<Section> {
    let sandbox = Sandbox::new(SandboxLimits::default())?;
    let (honest, hostile) = (sandbox.load(pawl_artifacts::remediation())?, sandbox.load(pawl_artifacts::hostile())?);
    let typical = SIZES[1].facts(&honest)?;
    let misdeeds: Vec<Facts> = MISDEEDS.iter().map(|misdeed| Facts { title: (*misdeed).to_owned(), ..typical.clone() }).collect();
    let (mut all, mut longest) = (Samples::default(), (0.0_f64, ""));
    for _ in 0..effort.rounds {
        for (misdeed, facts) in MISDEEDS.iter().zip(&misdeeds) {
            let begun = Instant::now();
            drop(black_box(hostile.decide(black_box(facts))));
            let took = begun.elapsed().as_secs_f64() * 1e3;
            all.add(took);
            if took > longest.0 {
                longest = (took, misdeed);
            }
        }
    }
    let (mut alone, mut calm, mut beside, mut ratios) = (Samples::default(), Samples::default(), Samples::default(), Samples::default());
    let mut beside_each = vec![Samples::default(); MISDEEDS.len()];
    for _ in 0..effort.rounds {
        let own = p99(effort, &honest, &typical);
        let among_honest = while_others(&honest, std::slice::from_ref(&typical), || p99(effort, &honest, &typical));
        let among_hostile = while_others(&hostile, &misdeeds, || p99(effort, &honest, &typical));
        alone.add(own);
        calm.add(among_honest);
        beside.add(among_hostile);
        ratios.add(among_hostile / among_honest);
        for (facts, samples) in misdeeds.iter().zip(&mut beside_each) {
            let among = while_others(&hostile, std::slice::from_ref(facts), || p99(effort, &honest, &typical));
            samples.add(among / among_honest);
        }
    }
    let each = MISDEEDS.iter().zip(&beside_each).map(|(misdeed, samples)| (samples.median(), *misdeed));
    let mut each: Vec<(f64, &str)> = each.collect();
    each.sort_by(|one, other| other.0.total_cmp(&one.0));
    let worst: Vec<String> = each.iter().take(4).map(|(ratio, misdeed)| format!("{misdeed} {}", Quantity(*ratio, Unit::Times))).collect();
    let us = |samples: &Samples| Quantity(samples.median(), Unit::Us);
    let rows = vec![
        Row::new("hostile policy stopped, p50", all.median(), Unit::Ms),
        Row::new("hostile policy stopped, longest", longest.0, Unit::Ms).goal(Goal::AtMost(100.0)).beside(longest.1),
        Row::of_rounds("others' p99 beside hostile policies", &ratios, Unit::Times).goal(Goal::AtMost(1.1)).beside(format!(
            "{}; beside an honest one {}; alone {}",
            us(&beside),
            us(&calm),
            us(&alone)
        )),
        Row::new("others' p99 beside the worst misdeed alone", each[0].0, Unit::Times).beside(worst.join(", ")),
    ];
    let how = format!(
        "{} misdeeds of one hostile policy, within the limits that a served policy has: loops, memory bombs, recursion, traps, answers that \
         are too large, aliased or no text, plans that want what is not its own. Each is asked once in each round, from the question to its \
         error, or to the plan that the core refuses. Then typical decisions of the bundled policy are timed in one thread, for {} ms in \
         each round, in which all misdeeds come by: while another thread asks the bundled policy as well, while it asks the hostile one its \
         misdeeds in turn, and while it asks it one of them over and over.",
        MISDEEDS.len(),
        effort.thread_time.as_millis(),
    );
    Ok(Section { title: "Hostile policies", how, rows, notes: NOTES })
}

/// The p99 of decisions, in microseconds.
fn p99(effort: &Effort, policy: &LoadedPolicy, facts: &Facts) -> f64 {
    let mut times = Samples::default();
    let ends = Instant::now() + effort.thread_time;
    while Instant::now() < ends {
        let begun = Instant::now();
        drop(black_box(policy.decide(black_box(facts))));
        times.add(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.quantile(0.99)
}

/// Does something while another thread asks a policy these questions in turn.
fn while_others<T>(policy: &LoadedPolicy, questions: &[Facts], work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for facts in questions.iter().cycle().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                drop(black_box(policy.decide(black_box(facts))));
            }
        });
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        done
    })
}

//! What one decision costs: asked in the sandbox, and called natively.

pub mod facts;
mod native;

use crate::effort::Effort;
use crate::micro::Micro;
use crate::report::{Goal, Note, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use anyhow::Context;
use facts::SIZES;
use pawl_core::facts::Facts;
use pawl_remediation::Remediation;
use pawl_sandbox::{LoadedPolicy, Sandbox, SandboxLimits};
use pawl_sdk::Policy;
use std::hint::black_box;
use std::time::{Duration, Instant};

const NOTES: &[Note] = &[
    Note {
        figure: "decision, p50",
        text: "A profile, taken after all that follows: half is the way in, on which each of about 160 texts and lists calls the \
               policy's allocator across the boundary, and wasmtime looks up the memory again for each number that it stores; a \
               fifth is the fresh instance and its end, half of that the kernel's search for pages that were written; a seventh is \
               the policy's own code, and a twenty-fifth its reading of the facts; a fourteenth is wasmtime's comparison of types, \
               made for every instance. Tried, and kept: texts are borrowed from the core's facts where they were copied first, \
               and only the deciding function is looked up; the policy makes no event of a check or review that is nobody's \
               feedback, and formats no name that no notice needs, which took typical facts from 133750 units of fuel to 91371; \
               the host's texts go straight to an allocator that neither divides nor begins, and facts are not given back block by \
               block (30.9 us to 28.6 us); what every plan says is joined and not formatted, the log is folded again only when \
               something was learnt, and names and ids are read once (to 26.1 us, with a quarter of the fuel less). Tried, and not \
               kept: clearing all memory without asking the kernel what was written (2 us slower), memory without an image to copy \
               from and an arena half as large (no faster), inlining by wasmtime's compiler (no faster, and twice the time to \
               compile), thin link-time optimisation of the host (1.4 us faster, and a build several times as long). Not tried in \
               earnest: without the comparison of types, which a policy has passed when it is loaded, a decision takes 1.9 us \
               less, but to leave it out is unsafe code. What is left is the contract's price: typed records, each text by itself.",
    },
    Note {
        figure: "decisions on two threads against one",
        text: "Beside it stands what the same two threads reach without any sandbox. A profile of two threads that share one copy of the \
               policy (1.50 x to 1.61 x, where two processes at once reach 1.87 x) gave the difference to the policy's own code, 10.4 us a \
               decision against 8.0 us: each was handed memory that the other core had just used. Tried, and kept: a copy of the machine \
               code for each core, at most four, which have their memory to themselves. Tried, and not kept: a clock of decisions \
               without a lock, which was no faster.",
    },
];

/// Measures it.
///
/// # Errors
/// When the sandbox cannot start, or the policy decides differently in it.
pub fn measure(effort: &Effort, micro: &mut Micro) -> anyhow::Result<Section> {
    let sandbox = Sandbox::new(SandboxLimits::default())?;
    let policy = sandbox.load(pawl_artifacts::remediation())?;
    let typical = SIZES[1].facts(&policy)?;
    let (mut asked, mut asked_99, mut called, mut ratios) =
        (Samples::default(), Samples::default(), Samples::default(), Samples::default());
    for _ in 0..effort.rounds {
        let native = times(effort.decisions, || drop(black_box(call(black_box(&typical)))));
        let sandboxed = times(effort.decisions, || drop(black_box(policy.decide(black_box(&typical)))));
        asked.add(sandboxed.median());
        asked_99.add(sandboxed.quantile(0.99));
        called.add(native.median());
        ratios.add(sandboxed.median() / native.median());
    }
    let natively = format!("natively {}", Quantity(called.median(), Unit::Us));
    let mut rows = vec![
        Row::of_rounds("decision, p50", &asked, Unit::Us).goal(Goal::AtMost(15.0)).beside(&natively),
        Row::of_rounds("decision, p99", &asked_99, Unit::Us),
        Row::of_rounds("decision against native", &ratios, Unit::Times).goal(Goal::AtMost(12.0)).beside(natively),
        threads(effort, &policy, &typical),
    ];
    for (size, figure) in
        SIZES.iter().zip(["decision, small facts", "decision, typical facts", "decision, large facts", "decision, facts at the limits"])
    {
        let facts = size.facts(&policy)?;
        let fuel = agree(&policy, &facts)?;
        let sandboxed =
            micro.measure("decision", &format!("sandboxed {}", size.name), || drop(black_box(policy.decide(black_box(&facts)))))?;
        let native = micro.measure("decision", &format!("native {}", size.name), || drop(black_box(call(black_box(&facts)))))?;
        let copied = micro.measure("decision", &format!("copied {}", size.name), || drop(black_box(native::owned(black_box(&facts)))))?;
        rows.push(
            Row::new(figure, sandboxed, Unit::Us)
                .beside(format!("natively {}, {} of it to copy the facts", Quantity(native, Unit::Us), Quantity(copied, Unit::Us)))
                .beside(format!("{:.1} x", sandboxed / native))
                .beside(format!("{fuel} units of fuel")),
        );
    }
    let sizes: Vec<String> = SIZES.iter().map(|size| format!("{}: {}", size.name, size.words)).collect();
    let how = format!(
        "One decision of the bundled policy, on facts as the core has them: converted, handed into a fresh instance with fuel and epoch, \
         decided, the plan converted and checked. Beside it the same policy called as a plain function, in turns, with the copy of the facts \
         that it needs; both give the same plan. p50 and p99 are of single decisions on typical facts, {} in each round. Rows by size are \
         criterion's medians. Facts hold no texts: of comments and reviews the host keeps flags. {}.",
        effort.decisions,
        sizes.join("; ")
    );
    Ok(Section { title: "Decisions", how, rows, notes: NOTES })
}

fn call(facts: &Facts) -> Result<pawl_sdk::Plan, pawl_sdk::Refusal> {
    Remediation::decide(&native::owned(facts))
}

/// Both ways must decide alike, or the comparison compares nothing. Answers the fuel.
fn agree(policy: &LoadedPolicy, facts: &Facts) -> anyhow::Result<u64> {
    let decision = policy.decide(facts)?;
    let sandboxed = decision.answer.map_err(|refusal| anyhow::anyhow!("the policy refuses: {}", refusal.reason))?;
    let native = call(facts).map_err(|refusal| anyhow::anyhow!("the policy refuses natively: {}", refusal.reason))?;
    let labels: Vec<&str> = sandboxed.labels.iter().map(pawl_core::label::Label::as_str).collect();
    let alike = labels == native.labels && sandboxed.reason == native.reason && sandboxed.memory == native.memory;
    anyhow::ensure!(alike && !labels.is_empty(), "the policy decides {sandboxed:?} in the sandbox and {native:?} natively");
    Ok(decision.fuel_used)
}

/// Each of `count` calls by itself.
fn times(count: usize, mut act: impl FnMut()) -> Samples {
    // A tenth to warm caches and the pool.
    (0..count / 10).for_each(|_| act());
    let mut samples = Samples::default();
    for _ in 0..count {
        let begun = Instant::now();
        act();
        samples.add_us(begun.elapsed());
    }
    samples
}

fn threads(effort: &Effort, policy: &LoadedPolicy, facts: &Facts) -> Row {
    let time = effort.thread_time;
    let sandboxed = || drop(black_box(policy.decide(black_box(facts))));
    let native = || drop(black_box(call(black_box(facts))));
    let (mut ratios, mut native_ratios) = (Samples::default(), Samples::default());
    let (mut alone, mut together) = (Samples::default(), Samples::default());
    for _ in 0..effort.rounds {
        let (one, two) = (rate(1, time, &sandboxed), rate(2, time, &sandboxed));
        alone.add(one);
        together.add(two);
        ratios.add(two / one);
        native_ratios.add(rate(2, time, &native) / rate(1, time, &native));
    }
    Row::of_rounds("decisions on two threads against one", &ratios, Unit::Times)
        .goal(Goal::AtLeast(1.7))
        .beside(format!("natively {}", Quantity(native_ratios.median(), Unit::Times)))
        .beside(format!("one {}, two {}", Quantity(alone.median(), Unit::PerSecond), Quantity(together.median(), Unit::PerSecond)))
}

/// How often a second so many threads do it, all together.
fn rate(threads: usize, time: Duration, act: &(impl Fn() + Sync)) -> f64 {
    let done_within = || {
        let begun = Instant::now();
        let mut count = 0_u64;
        while begun.elapsed() < time {
            act();
            count += 1;
        }
        count
    };
    let counted: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(done_within)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
    });
    counted as f64 / time.as_secs_f64()
}

/// Loading once more, for where the start of a process goes.
///
/// # Errors
/// When the policy cannot be loaded.
pub fn loading(rounds: usize) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..rounds {
        let sandbox = Sandbox::new(SandboxLimits::default()).context("cannot set up a sandbox")?;
        let begun = Instant::now();
        drop(sandbox.load(pawl_artifacts::remediation())?);
        samples.add_ms(begun.elapsed());
    }
    Ok(samples)
}

//! From a webhook to written labels: how long, and how many calls to GitHub.

use crate::effort::Effort;
use crate::house::{House, PERSON, QA};
use crate::report::{Goal, Note, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use anyhow::Context;
use pawl_world::{Fault, Verdict, When};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The latency of the slow world, before every call.
const LATENCY: Duration = Duration::from_millis(100);

/// What GitHub grants in an hour; given anew for each transition.
const ALLOWANCE: u32 = 5_000;

const NOTES: &[Note] = &[Note {
    figure: "overhead over calls x latency, p50",
    text: "A trace of pawl's system calls over 60 transitions: 0.9 ms from the webhook's arrival to the reading, of it 0.3 ms in an \
           `fsync`; 2.0 ms from GitHub's answer to the write (0.8 ms reading it and deciding, 0.4 ms until the commit begins, 0.5 ms in its \
           `fsync`, 0.4 ms until the write is sent); the rest is the stand-in's, whose timers round up and whose own work is in it. \
           Without latency the same steps take 0.8 ms and 1.0 ms: after each 100 ms of sleep caches are cold and threads must be woken. \
           Tried, and kept: the repository's name is written with the news, which was a third `fsync`; a job for the store is queued \
           without going through another thread; one record is read where it is asked for and not by another thread, 0.3 ms less.",
}];

/// Waits that are timed to know how long the stand-in really waits.
const WAITS: u32 = 20;

/// Measures it.
///
/// # Errors
/// When pawl does not start, or does not label as it must.
pub async fn measure(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Section> {
    let house = House::start(pawl, &folder.join("transitions"), true).await?;
    house.warm_up().await?;
    let near = transitions(&house, effort.transitions, Duration::ZERO).await?;
    let far = transitions(&house, effort.slow_transitions, LATENCY).await?;
    house.end().await?;
    let ms = |name, samples: &Samples, part| Row::new(name, samples.quantile(part), Unit::Ms);
    let settled = |t: &Transitions| format!("with the last commit settled {}", Quantity(t.settled.median(), Unit::Ms));
    let rows = vec![
        ms("webhook to labels, p50", &near.written, 0.5).beside(settled(&near)),
        ms("webhook to labels, p99", &near.written, 0.99).beside(format!("{} transitions", near.written.len())),
        ms("webhook to labels at 100 ms latency, p50", &far.written, 0.5).beside(settled(&far)),
        ms("webhook to labels at 100 ms latency, p99", &far.written, 0.99).beside(format!("{} transitions", far.written.len())),
        ms("overhead over calls x latency, p50", &far.overhead, 0.5)
            .goal(Goal::AtMost(5.0))
            .beside(format!("p99 {}", Quantity(far.overhead.quantile(0.99), Unit::Ms)))
            .beside(format!("without latency, where all of it is overhead, {}", Quantity(near.overhead.median(), Unit::Ms))),
        ms("overhead without what timers add, p50", &far.own, 0.5)
            .beside(format!("a wait of 100 ms takes {}", Quantity(true_wait(LATENCY).await.as_secs_f64() * 1000.0, Unit::Ms))),
        near.reads.row("reads of GitHub per transition").goal(Goal::AtMost(1.0)),
        near.writes.row("writes to GitHub per transition").goal(Goal::AtMost(1.0)),
        near.echoes.row("calls caused by its own labels coming back"),
        near.equal_reads.row("reads when nothing changes"),
        near.equal_writes.row("writes when nothing changes").goal(Goal::AtMost(0.0)),
    ];
    let how = "\
        QA asks for changes on an open pull request, one at a time: the time from the moment the webhook is sent until the write of the labels \
        arrives at GitHub, after its latency. GitHub is the stateful one of the tests, in this process: its own work on each call, and the \
        way of the webhook to pawl, are in the times. With latency every call waits 100 ms before it is looked at; the overhead is what is left of \
        the time when 100 ms for each call up to the write are taken off. The timers of the stand-in round up; the row below takes such a wait \
        off as long as it really takes. Calls are counted by GitHub: for the transition, for the webhooks of \
        pawl's own labels, and for a person's comment that changes nothing. Labels of the repository exist already."
        .to_owned();
    Ok(Section { title: "From webhook to labels", how, rows, notes: NOTES })
}

#[derive(Default)]
struct Transitions {
    written: Samples,
    /// Over calls x latency.
    overhead: Samples,
    /// The same without what the stand-in's timers add.
    own: Samples,
    settled: Samples,
    reads: Count,
    writes: Count,
    echoes: Count,
    equal_reads: Count,
    equal_writes: Count,
}

/// A count that should be the same every time.
#[derive(Default)]
struct Count(Samples);

impl Count {
    /// The most there ever were; how many on average beside it.
    fn row(&self, figure: &'static str) -> Row {
        Row::new(figure, self.0.most(), Unit::Calls).beside(format!(
            "the most of {}, the least {}",
            self.0.len(),
            Quantity(self.0.least(), Unit::Calls)
        ))
    }
}

async fn transitions(house: &House, count: usize, latency: Duration) -> anyhow::Result<Transitions> {
    let world = &house.world;
    let arrived = Arc::new(Mutex::new(None));
    let mut all = Transitions::default();
    let waits = true_wait(latency).await;
    for n in 0..count {
        world.set_graphql_left(ALLOWANCE);
        world.set_rest_left(ALLOWANCE);
        let pull = house.open(&format!("work-{}-{n}", latency.as_millis())).await?;
        house.pawl.rest().await?;
        if !latency.is_zero() {
            world.fault(When::any().always(), Fault::Delay(latency));
        }
        let note = arrived.clone();
        world.fault(
            When::write().always(),
            Fault::meanwhile(move || {
                note.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
            }),
        );
        *arrived.lock().unwrap_or_else(PoisonError::into_inner) = None;
        world.forget_requests();
        pull.review(QA, Verdict::ChangesRequested);
        let begun = Instant::now();
        let attempt = world.deliver_next().await.context("a review is announced")?;
        let settled = begun.elapsed();
        world.clear_faults();
        anyhow::ensure!(attempt.status == Some(202) && pull.has_label("needs-remediation"), "{attempt:?}, {:?}", pull.labels());
        let arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner).context("the labels were written")?;
        let written = arrived.duration_since(begun);
        let (reads, writes) = calls(house);
        all.written.add_ms(written);
        all.settled.add_ms(settled);
        // Every read of this turn came before its write, and the write waited too.
        let made = u32::try_from(reads + 1)?;
        all.overhead.add_ms(written.saturating_sub(latency * made));
        all.own.add_ms(written.saturating_sub(waits * made));
        all.reads.0.add(reads as f64);
        all.writes.0.add(writes as f64);
        world.forget_requests();
        house.deliver().await?;
        house.pawl.rest().await?;
        let (echo_reads, echo_writes) = calls(house);
        all.echoes.0.add((echo_reads + echo_writes) as f64);
        world.forget_requests();
        pull.comment(PERSON, "Thank you, I will have a look.");
        house.deliver().await?;
        house.pawl.rest().await?;
        let (equal_reads, equal_writes) = calls(house);
        all.equal_reads.0.add(equal_reads as f64);
        all.equal_writes.0.add(equal_writes as f64);
    }
    Ok(all)
}

/// How long the stand-in for GitHub really waits when it is to wait so long: timers round up, and wake a thread that slept.
async fn true_wait(latency: Duration) -> Duration {
    if latency.is_zero() {
        return latency;
    }
    let mut waits = Samples::default();
    for _ in 0..WAITS {
        let begun = Instant::now();
        // In a task of its own, as the stand-in answers.
        tokio::spawn(tokio::time::sleep(latency)).await.ok();
        waits.add_ms(begun.elapsed());
    }
    Duration::from_secs_f64(waits.median() / 1000.0)
}

/// Reads and writes that GitHub has seen.
fn calls(house: &House) -> (usize, usize) {
    let seen = house.world.requests();
    let writes = seen.iter().filter(|call| call.write).count();
    (seen.len() - writes, writes)
}

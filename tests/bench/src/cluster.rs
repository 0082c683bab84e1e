//! Replicas on a cluster: claims, pushes, memory, and what they ask of the API server while nothing happens.

mod claims;
mod house;
mod idle;
mod pushes;

use crate::effort::Effort;
use crate::report::{Goal, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use house::{House, slow_down};
use pushes::{Round, grow, push, start_runs};
use std::path::Path;
use std::time::Duration;

/// Before every call of a replica, as an API server takes that has its etcd beside it.
const LATENCY: Duration = Duration::from_millis(5);
/// So many subjects are pushed to at once in several rounds.
const FEW: usize = 20;

/// Measures it.
///
/// # Errors
/// When replicas do not start, do not come to rest, or leave something undone.
pub async fn measure(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Section> {
    let folder = &folder.join("cluster");
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let mut rows = claim_rows(effort, pawl, folder).await?;
    rows.extend(house_rows(effort, pawl, folder).await?);
    let how = format!(
        "{} replicas of the real `pawl serve` at one API server and one GitHub, which are in this process and on loopback; every call of a \
         replica to the API server waits {} ms before it is carried out, and GitHub answers at once. Free and contended claims are taken by \
         the crate that the replicas have for it, a client for each: free ones one after the other, contended ones {} times by each, who \
         holds it for 100 ms and wants it again 100 ms later. Of the dead: a replica is killed while it holds claims, the others hear news of the \
         same subjects, and it counts when one of them holds the Lease. Pushes: pull requests with two runs that a push supersedes, one of \
         which has a finalizer of which an operator lets go at once; all are pushed to at the same time, the deliveries of both events go to \
         the replicas in turn, and a subject's time ends when both runs are gone from the API server and the record says that they are. Idle \
         calls are counted for {} s.",
        house::REPLICAS,
        LATENCY.as_millis(),
        effort.contended,
        effort.idle_time.as_secs(),
    );
    Ok(Section { title: "On a cluster", how, rows, notes: &[] })
}

async fn claim_rows(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let (at_once, slow) = (claims::free(effort, folder, Duration::ZERO).await?, claims::free(effort, folder, LATENCY).await?);
    let contended = claims::contended(effort, folder).await?;
    let crashed = claims::crashed(effort, pawl, folder).await?;
    let ms = |value| Quantity(value, Unit::Ms);
    Ok(vec![
        Row::new("claim, free, p50", slow.again.median(), Unit::Ms)
            .beside(format!("two bare calls {}", ms(2.0 * slow.call.median())))
            .beside(format!("without latency {}", ms(at_once.again.median()))),
        Row::new("claim, free, p99", slow.again.quantile(0.99), Unit::Ms)
            .goal(Goal::AtMost(250.0))
            .beside(format!("a subject's first {}", ms(slow.first.quantile(0.99))))
            .beside(format!("without latency {}", ms(at_once.again.quantile(0.99)))),
        Row::new("claim, wanted by three, p50", contended.median(), Unit::S).beside("held for 100 ms"),
        Row::new("claim, wanted by three, p99", contended.quantile(0.99), Unit::S)
            .goal(Goal::AtMost(5.0))
            .beside(format!("at most {}", Quantity(contended.most(), Unit::S))),
        Row::new("claim of a holder that died, p50", crashed.median(), Unit::S),
        Row::new("claim of a holder that died, longest", crashed.most(), Unit::S)
            .goal(Goal::AtMost(20.0))
            .beside(format!("{} claims", crashed.len())),
    ])
}

async fn house_rows(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let house = House::start(pawl, &folder.join("house")).await?;
    let (mut rows, mut memory, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    slow_down(&house.server, LATENCY);
    let none = idle::watch(&house, effort.idle_time).await?;
    for &count in effort.cluster_subjects {
        slow_down(&house.server, Duration::ZERO);
        grow(&house, &mut subjects, count).await?;
        if let Some(figure) = MEMORY.iter().find(|(of, _)| *of == count).map(|(_, figure)| *figure) {
            memory.push((count, figure, house.memory_mb()));
        }
        let Some(figures) = PUSHES.iter().find(|pushes| pushes.count == count) else { continue };
        let mut quick = Vec::new();
        for _ in 0..if count == FEW { effort.pushes } else { 0 } {
            start_runs(&house, &mut subjects).await?;
            quick.push(push(&house, &mut subjects).await?);
        }
        let mut slow = Vec::new();
        for _ in 0..if count == FEW { effort.pushes } else { 1 } {
            start_runs(&house, &mut subjects).await?;
            slow_down(&house.server, LATENCY);
            slow.push(push(&house, &mut subjects).await?);
            slow_down(&house.server, Duration::ZERO);
        }
        rows.extend(figures.rows(&slow, &quick));
    }
    slow_down(&house.server, LATENCY);
    let many = idle::watch(&house, effort.idle_time).await?;
    let no_proc = "this system has no /proc";
    let first = memory.first().and_then(|(count, _, mb)| Some((*count, (*mb)?)));
    let last = memory.last().and_then(|(count, _, mb)| Some((*count, (*mb)?)));
    for (_, figure, mb) in memory {
        rows.push(mb.map_or_else(|| Row::not_measured(figure, no_proc), |mb| Row::new(figure, mb, Unit::Mb)));
    }
    if let (Some((few, before)), Some((all, after))) = (first, last) {
        let each = (after - before) * 1e3 / (all - few) as f64;
        rows.push(Row::new("memory of a replica per active subject", each, Unit::Kb).beside(format!("from {few} to {all}")));
    }
    rows.push(Row::new("idle calls of a replica, no subjects", none.calls, Unit::PerMinute).beside(none.each));
    let held = format!("{} subjects", subjects.len());
    rows.push(Row::new("idle calls of a replica, all subjects", many.calls, Unit::PerMinute).beside(held).beside(many.each));
    house.end().await?;
    Ok(rows)
}

const MEMORY: [(usize, &str); 3] = [
    (1, "memory of a replica at 1 active subject"),
    (100, "memory of a replica at 100 active subjects"),
    (1_000, "memory of a replica at 1000 active subjects"),
];

const PUSHES: [Pushes; 3] = [
    Pushes { count: FEW, goal: 10.0, p50: "push to confirmed at 20 subjects, p50", p99: "push to confirmed at 20 subjects, p99" },
    Pushes { count: 100, goal: 30.0, p50: "push to confirmed at 100 subjects, p50", p99: "push to confirmed at 100 subjects, p99" },
    Pushes { count: 1_000, goal: 30.0, p50: "push to confirmed at 1000 subjects, p50", p99: "push to confirmed at 1000 subjects, p99" },
];

/// Figures of pushes at so many subjects.
struct Pushes {
    count: usize,
    goal: f64,
    p50: &'static str,
    p99: &'static str,
}

impl Pushes {
    fn rows(&self, slow: &[Round], quick: &[Round]) -> [Row; 2] {
        let all = |rounds: &[Round]| {
            let mut samples = Samples::default();
            rounds.iter().for_each(|round| samples.join(&round.confirmed));
            samples
        };
        let (slow_times, quick_times) = (all(slow), all(quick));
        let s = |value| Quantity(value, Unit::S);
        let mut p99 = Row::new(self.p99, slow_times.quantile(0.99), Unit::S).goal(Goal::AtMost(self.goal));
        p99 = p99.beside(format!("at most {} of {} pushes", s(slow_times.most()), slow_times.len()));
        if quick_times.len() > 0 {
            p99 = p99.beside(format!("without latency {}", s(quick_times.quantile(0.99))));
        }
        let mut p50 = Row::new(self.p50, slow_times.median(), Unit::S);
        if let Some(round) = slow.last() {
            p50 = p50.beside(format!("{:.1} calls to the API server for each: {}", round.calls, round.mostly));
        }
        [p50, p99]
    }
}

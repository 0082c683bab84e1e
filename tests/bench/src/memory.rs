//! Memory of the real process by active subjects.

use crate::effort::Effort;
use crate::house::{House, IMPLEMENTER, QA};
use crate::report::{Goal, Quantity, Row, Section, Unit};
use pawl_world::Verdict;
use std::path::Path;

/// Deliveries between two looks at whether pawl keeps up.
const BATCH: usize = 200;

/// What GitHub grants in an hour.
const ALLOWANCE: u32 = 5_000;

/// Measures it.
///
/// # Errors
/// When pawl does not start, or a subject is not labelled.
pub async fn measure(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Section> {
    let house = House::start(pawl, &folder.join("memory"), false).await?;
    let idle = house.pawl.memory();
    let (mut subjects, mut rows) = (0, Vec::new());
    for &count in effort.subjects {
        let Some(figure) = FIGURES.iter().find(|(of, _)| *of == count).map(|(_, figure)| *figure) else { continue };
        while subjects < count {
            let more = BATCH.min(count - subjects);
            begin(&house, subjects..subjects + more).await?;
            subjects += more;
        }
        let row = match house.pawl.memory() {
            Some((now, most)) => Row::new(figure, now, Unit::Mb).beside(format!("at most {} until then", Quantity(most, Unit::Mb))),
            None => Row::not_measured(figure, "this system has no /proc"),
        };
        rows.push(if count == 1_000 { row.goal(Goal::AtMost(100.0)) } else { row });
    }
    house.end().await?;
    let how = format!(
        "The resident memory of the real `pawl serve`, from `/proc`, after so many pull requests were each sent back by QA and labelled, all of \
         them still open, and everything has come to rest. {}",
        idle.map_or_else(String::new, |(now, _)| format!("Just started it takes {}.", Quantity(now, Unit::Mb)))
    );
    Ok(Section { title: "Memory", how, rows, notes: &[] })
}

const FIGURES: [(usize, &str); 5] = [
    (1, "memory at 1 active subject"),
    (100, "memory at 100 active subjects"),
    (300, "memory at 300 active subjects"),
    (1_000, "memory at 1000 active subjects"),
    (10_000, "memory at 10000 active subjects"),
];

/// Each pull request is opened, sent back, and labelled. Only the review is delivered: what a subject takes does not depend on it.
async fn begin(house: &House, subjects: std::ops::Range<usize>) -> anyhow::Result<()> {
    let world = &house.world;
    let mut pulls = Vec::new();
    for n in subjects {
        let pull = house.repo.open_pull(IMPLEMENTER, &format!("work-{n}"));
        pull.review(QA, Verdict::ChangesRequested);
        pulls.push(pull);
    }
    world.lose_where(|delivery| delivery.event != "pull_request_review");
    // Several at once, as GitHub sends them, so that they share what is durable.
    let sent = tokio::join!(house.deliver(), house.deliver(), house.deliver(), house.deliver(), house.deliver(), house.deliver());
    for sent in [sent.0, sent.1, sent.2, sent.3, sent.4, sent.5] {
        sent?;
    }
    house.pawl.rest().await?;
    world.lose_all();
    world.forget_requests();
    // Ten thousand subjects are hours of GitHub's hourly allowance.
    world.set_graphql_left(ALLOWANCE);
    world.set_rest_left(ALLOWANCE);
    match pulls.iter().find(|pull| !pull.has_label("needs-remediation")) {
        Some(pull) => anyhow::bail!("{pull:?} is not labelled: {:?}", pull.labels()),
        None => Ok(()),
    }
}

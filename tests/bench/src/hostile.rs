//! How long hostile deliveries hold pawl up.

use crate::house::{House, IMPLEMENTER, PERSON, QA};
use crate::line::{Line, webhook};
use crate::process::SECRET;
use crate::report::{Goal, Row, Section, Unit};
use crate::stats::Samples;
use pawl_tests::hostile::{Target, payloads};
use pawl_world::Verdict;
use std::path::Path;
use std::time::Instant;

/// Measures it.
///
/// # Errors
/// When pawl does not start, or answers anything but 202 and 400.
pub async fn measure(pawl: &Path, folder: &Path) -> anyhow::Result<Section> {
    let house = House::start(pawl, &folder.join("hostile"), true).await?;
    house.warm_up().await?;
    let pull = house.open("umbrellas").await?;
    pull.review(QA, Verdict::ChangesRequested);
    pull.comment(PERSON, "hello");
    pull.push_by(IMPLEMENTER);
    house.deliver().await?;
    let target = Target {
        repository_id: house.repo.id(),
        owner: house.repo.owner(),
        name: house.repo.name(),
        number: pull.number(),
        branch: pull.branch(),
        head: pull.head(),
    };
    let mut line = Line::connect(house.pawl.http).await?;
    let (mut times, mut refused) = (Samples::default(), 0_u32);
    for payload in payloads(&target) {
        let request = webhook(SECRET, payload.event, &format!("hostile-{}", times.len()), &payload.body);
        let begun = Instant::now();
        let answer = line.ask(&request).await?;
        times.add_ms(begun.elapsed());
        let text = String::from_utf8_lossy(answer.body);
        anyhow::ensure!([202, 400].contains(&answer.status), "{}: answered {}: {text}", payload.name, answer.status);
        refused += u32::from(answer.status == 400);
    }
    house.end().await?;
    let rows = vec![
        Row::new("hostile delivery answered, p50", times.median(), Unit::Ms),
        Row::new("hostile delivery answered, p99", times.quantile(0.99), Unit::Ms).goal(Goal::AtMost(50.0)),
        Row::new("hostile delivery answered, longest", times.most(), Unit::Ms).goal(Goal::AtMost(50.0)),
    ];
    let how = format!(
        "{} signed deliveries, one after the other over one connection: bodies that are no JSON, no UTF-8, nested thousands deep, with keys \
         doubled, texts of a hundred thousand characters, hostile names and forged senders; and payloads of which each part in turn is left out \
         or is of another kind. {refused} are refused by 400; the others hold nothing that is used, are taken, and are durable before they are \
         answered.",
        times.len(),
    );
    Ok(Section { title: "Hostile deliveries", how, rows, notes: &[] })
}

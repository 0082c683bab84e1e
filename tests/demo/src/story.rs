//! The story: two rounds of remediation, a kill -9 in the middle of a write, a person who pauses, an approval.

use crate::stage::{IMPLEMENTER, PERSON, QA, Stage};
use crate::timeline::{Act, shown};
use pawl_world::{Fault, Gate, Pull, Verdict, When};

/// What must be there at the end: what pawl wrote, and what it must not have touched.
const EXPECTED: [&str; 4] = ["approved", "iteration-2", "size/S", "task-7"];
/// What must never have been written twice.
const ONCE: [&str; 2] = ["iteration-1", "iteration-2"];

struct Teller<'a> {
    stage: &'a mut Stage,
    pull: Pull,
    acts: u32,
}

/// Tells it. True when the end is as it must be.
pub async fn tell(stage: &mut Stage) -> anyhow::Result<bool> {
    println!("A pull request at {}, {} and {} as agents, {} as a person.", stage.repo.full_name(), IMPLEMENTER, QA, PERSON);
    println!("Pawl serves at {}, GitHub is played by {}.", stage.server.http, stage.world.url());
    let pull = stage.repo.open_pull(IMPLEMENTER, "umbrellas");
    let mut teller = Teller { stage, pull, acts: 0 };
    teller
        .act("the implementing agent opens pull request #1; alice labels it task-7 and size/S", |pull| {
            pull.label_by(PERSON, "task-7").label_by(PERSON, "size/S");
        })
        .await?;
    teller
        .act("QA requests changes", |pull| {
            pull.review(QA, Verdict::ChangesRequested);
        })
        .await?;
    teller
        .act("the agent pushes a fix", |pull| {
            pull.push_by(IMPLEMENTER);
        })
        .await?;
    teller.signal("the agent says it is done", "rex_remediation_completed").await?;
    teller.act_with_kill("QA requests changes again, and pawl is killed while its label write is on the way").await?;
    teller
        .act("alice pauses: she wants to look at something", |pull| {
            pull.label_by(PERSON, "pause-remediation");
        })
        .await?;
    teller
        .act("the agent pushes a fix while paused", |pull| {
            pull.push_by(IMPLEMENTER);
        })
        .await?;
    teller
        .act("alice takes the pause away", |pull| {
            pull.unlabel_by(PERSON, "pause-remediation");
        })
        .await?;
    teller.signal("the agent says it is done", "rex_remediation_completed").await?;
    teller
        .act("QA approves", |pull| {
            pull.review(QA, Verdict::Approved);
        })
        .await?;
    Ok(teller.judge())
}

impl Teller<'_> {
    fn begin(&mut self, what: &str) -> Act {
        self.acts += 1;
        // A story takes its time; the world's clock moves, the demo does not wait for it.
        self.stage.world.advance(47);
        Act::begin(self.acts, what, &self.stage.world, self.pull.labels())
    }

    async fn act(&mut self, what: &str, does: impl FnOnce(&Pull)) -> anyhow::Result<()> {
        let act = self.begin(what);
        does(&self.pull);
        self.deliver(&act).await?;
        self.end(act).await
    }

    async fn deliver(&self, act: &Act) -> anyhow::Result<()> {
        loop {
            while let Some(attempt) = self.stage.world.deliver_next().await {
                act.delivered(&self.stage.world, &attempt);
            }
            self.stage.rest().await?;
            if self.stage.world.waiting().is_empty() {
                return Ok(());
            }
        }
    }

    async fn signal(&mut self, what: &str, name: &str) -> anyhow::Result<()> {
        let act = self.begin(what);
        let (id, answer) = self.stage.signal(&self.pull, name).await?;
        act.signalled(&id, name, &answer);
        self.deliver(&act).await?;
        self.end(act).await
    }

    async fn act_with_kill(&mut self, what: &str) -> anyhow::Result<()> {
        let act = self.begin(what);
        let gate = Gate::closed();
        self.stage.world.fault(When::write(), Fault::HoldBefore(gate.clone()));
        self.pull.review(QA, Verdict::ChangesRequested);
        {
            let delivery = self.stage.world.deliver_next();
            tokio::pin!(delivery);
            tokio::select! {
                attempt = &mut delivery => anyhow::bail!("the write should have been held: {attempt:?}"),
                () = gate.reached_by(1) => {}
            }
        }
        act.note("the delivery is durable, the decision committed, the write sent but not applied");
        self.stage.server.kill().await?;
        act.note("kill -9");
        gate.open();
        self.stage.restart().await?;
        act.note("restarted: what was left unsettled is looked at again");
        self.deliver(&act).await?;
        self.end(act).await
    }

    async fn end(&self, act: Act) -> anyhow::Result<()> {
        let subject = self.stage.ask(&format!("/api/v1/subjects/acme/shop/{}", self.pull.number())).await?;
        let reasons: Vec<&str> =
            subject["policies"].as_object().into_iter().flatten().filter_map(|(_, policy)| policy["reason"].as_str()).collect();
        act.end(&self.stage.world, &self.pull.labels(), &reasons.join("; "));
        Ok(())
    }

    fn judge(&self) -> bool {
        let mut problems = Vec::new();
        let mut labels = self.pull.labels();
        labels.sort();
        if labels != EXPECTED {
            problems.push(format!("the labels are {}, they must be {}", shown(&labels), EXPECTED.join("  ")));
        }
        let account = self.stage.world.account();
        let changes = self.stage.world.label_changes();
        for label in ONCE {
            let times = changes.iter().filter(|c| c.label == label && c.change == pawl_world::Change::Added).count();
            if times != 1 {
                problems.push(format!("{label} was set {times} times, it must be once"));
            }
        }
        if let Some(foreign) =
            changes.iter().find(|c| c.actor == account && ["task-7", "size/S", "pause-remediation"].contains(&c.label.as_str()))
        {
            problems.push(format!("pawl touched {}, which is not its own", foreign.label));
        }
        println!("\nThe end: {}", shown(&labels));
        if problems.is_empty() {
            println!(
                "As it must be: two rounds counted once each through a kill -9, no foreign label touched, {} calls to GitHub in all.",
                self.stage.world.requests().len()
            );
        }
        for problem in &problems {
            println!("WRONG: {problem}");
        }
        problems.is_empty()
    }
}

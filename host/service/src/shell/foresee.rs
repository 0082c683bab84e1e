//! Foreseeing: what a turn would do if something had happened. Nothing is written, nobody hears of it.

use super::{LOOK, carry_out};
use crate::host::Host;
use pawl_core::label::Delta;
use pawl_core::news::News;
use pawl_core::plan::Refusal;
use pawl_core::subject::Subject;
use pawl_core::turn::{Answer, Step, Trouble, Turn, Verdict};
use pawl_github::Urgency;

/// What a turn would do.
#[derive(Debug, Default)]
pub struct Foreseen {
    /// The labels that would come and go.
    pub delta: Delta,
    /// Why a policy would refuse the news, if one would.
    pub refused: Option<String>,
    /// The states that policies would name.
    pub states: Vec<(String, String)>,
    /// Whether the subject is merged, closed or gone.
    pub is_over: bool,
}

/// What a turn would do if this news had come, without claim and without a trace.
///
/// # Errors
/// When the subject cannot be read, or a policy would be parked.
pub async fn foresee(host: &Host, subject: &Subject, news: News) -> Result<Foreseen, Trouble> {
    let policies = host.policies();
    let deployment = &policies.deployment;
    let mut turn = Turn::new(deployment.clone(), subject.clone(), LOOK.into());
    let (mut foreseen, mut labels, mut plans) = (Foreseen::default(), Vec::new(), Vec::new());
    loop {
        let step = turn.step();
        let answer = match &step {
            Step::Claim => Answer::Claimed,
            Step::Load => match carry_out(host, &policies, &turn, &step, LOOK, Urgency::Normal).await {
                Answer::Loaded(mut record) => {
                    record.append(LOOK, news.clone());
                    Answer::Loaded(record)
                }
                other => other,
            },
            Step::Observe { .. } | Step::FindPush { .. } | Step::Decide { .. } => {
                carry_out(host, &policies, &turn, &step, LOOK, Urgency::Normal).await
            }
            _ => break,
        };
        match (&step, &answer) {
            (_, Answer::Failed(trouble)) => return Err(trouble.clone()),
            (_, Answer::Gone { .. }) => return Ok(Foreseen { is_over: true, ..Foreseen::default() }),
            (_, Answer::Observed { observation, .. }) => {
                foreseen.is_over = observation.state.is_over();
                labels.clone_from(&observation.labels);
                plans.clear();
            }
            (Step::Decide { member, .. }, Answer::Decided(verdict)) => match verdict {
                Verdict::Plan(plan) => plans.push((*member, plan.clone())),
                Verdict::Refusal(Refusal { reason }) | Verdict::Failed(reason) => {
                    return Err(Trouble {
                        message: format!("a policy would be parked: {reason}"),
                        transient: false,
                        retry_after_seconds: None,
                    });
                }
            },
            _ => {}
        }
        if turn.answer(answer).is_err() {
            break;
        }
    }
    let is_held = labels.iter().any(|label| deployment.holds.iter().any(|hold| hold.has(label)));
    let free: Vec<_> =
        plans.iter().filter(|(_, plan)| !plan.held && !is_held).map(|(member, plan)| (&deployment.members[*member], plan)).collect();
    let wish: Vec<_> = free.iter().flat_map(|(_, plan)| plan.labels.iter().cloned()).collect();
    foreseen.delta =
        Delta::between(&wish, &labels, |label| free.iter().any(|(who, _)| who.manifest.owns(label) && who.grant.writes(label)));
    for (member, plan) in plans {
        let refused = plan.refused.into_iter().find(|refused| refused.news_id == news.id);
        foreseen.refused = foreseen.refused.or(refused.map(|refused| refused.reason));
        foreseen.states.push((deployment.members[member].manifest.name.clone(), plan.state));
    }
    Ok(foreseen)
}

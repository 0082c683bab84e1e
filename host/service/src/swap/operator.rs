//! What operators say about the component of a policy: go back, or go on. And what everybody may know of it.

use super::{Asked, instead, offer, refuse};
use crate::candidate::component;
use crate::config::PolicyConfig;
use crate::host::Host;
use crate::kept::Was;
use crate::orders::Order;
use crate::policies::Policies;
use anyhow::{Context, anyhow, bail};
use pawl_core::turn::Member;
use serde_json::{Value, json};

/// Reads what operators have said to another replica, and does it here.
pub(super) async fn heed(host: &Host, name: &str, policy: &PolicyConfig) {
    let order = match host.store.order(name).await {
        Ok(order) => order.as_deref().and_then(Order::read),
        // It is asked again in half a minute.
        Err(error) => return tracing::debug!(policy = name, %error, "what operators have said cannot be read"),
    };
    let is_due = host.swaps.with(name, |known| {
        if known.order != order {
            // What was avoided, or could not be read, may run by what is said now.
            (known.refused, known.order) = (None, order.clone());
            return true;
        }
        let instead = order.as_ref().and_then(|order| order.instead.as_deref());
        instead.and_then(|instead| known.refused(instead)).is_some_and(|refused| !refused.rests())
    });
    let runs = host.policies().named(name).map(|candidate| candidate.member.digest.clone()).unwrap_or_default();
    let Some(order) = order.filter(|order| is_due && order.avoids(&runs)) else { return };
    match instead(&host.swaps.kept, name, &order) {
        Some(bytes) => {
            // Why not is told where it is found.
            offer(host, name, &bytes, "what ran before", Asked::Order).await.ok();
        }
        None => refuse(
            host,
            name,
            order.instead.as_deref().unwrap_or("none"),
            &policy.source,
            &anyhow!("an operator has led back to it, and it is not kept here; bring its file back, or `pawl policy activate {name}`"),
        ),
    }
}

/// What ran under this name before, newest first, and without what runs now.
#[must_use]
pub fn earlier(host: &Host, name: &str) -> Vec<Was> {
    let runs = host.policies().named(name).map(|candidate| candidate.member.digest.clone()).unwrap_or_default();
    host.swaps.kept.history(name).into_iter().filter(|was| was.digest != runs).collect()
}

/// Leads back to what ran before, here and with every replica. It stays so until the file holds something else.
///
/// # Errors
/// When nothing ran before, it does not pass the checks, or the store cannot keep the order.
pub async fn roll_back(host: &Host, name: &str, forgets: bool, by: &str) -> anyhow::Result<Member> {
    let avoid = host.policies().named(name).map(|candidate| candidate.member.digest.clone());
    let Some(was) = earlier(host, name).into_iter().next() else {
        bail!("nothing else ran as {name:?} here before, so there is nothing to go back to");
    };
    let bytes =
        host.swaps.kept.component(name, &was.digest).with_context(|| format!("{:.12} is not whole any more on disk", was.digest))?;
    let member = offer(host, name, &bytes, "what ran before", Asked::Operator { by, forgets }).await?;
    let (instead, at) = (Some(was.digest.clone()), host.now().to_string());
    let order = Order { avoid, instead, forgets: forgets.then_some(was.digest), by: by.to_owned(), at, ..Order::default() };
    say(host, name, order.carrying(&bytes)).await?;
    Ok(member)
}

/// Lets what the source holds take over now, whatever was said of it before.
///
/// # Errors
/// When it cannot be read, does not pass the checks, or the store cannot keep the order.
pub async fn activate(host: &Host, name: &str, forgets: bool, by: &str) -> anyhow::Result<Member> {
    let policy = host.config.policy.get(name).with_context(|| format!("no policy {name:?} is configured"))?;
    let bytes = component(&policy.source, name)?;
    let member = offer(host, name, &bytes, &policy.source, Asked::Operator { by, forgets }).await?;
    let forgets = forgets.then(|| member.digest.clone());
    say(host, name, Order { forgets, by: by.to_owned(), at: host.now().to_string(), ..Order::default() }).await?;
    Ok(member)
}

async fn say(host: &Host, name: &str, order: Order) -> anyhow::Result<()> {
    let kept = host.store.set_order(name, Some(order.written())).await;
    host.swaps.with(name, |known| known.order = Some(order));
    kept.context("it is done here, but cannot be kept: other replicas and the next start do not know of it; say it again")
}

/// The policies that run, for the state of everything.
#[must_use]
pub fn json(host: &Host, policies: &Policies) -> Value {
    let of = |member: &Member| {
        let name = &member.manifest.name;
        let source = host.config.policy.get(name).map(|policy| policy.source.as_str());
        let (refused, avoided) = host.swaps.with(name, |known| {
            let refused = known.refused.as_ref().map(|r| json!({ "digest": r.digest, "source": r.source, "reason": r.reason, "at": r.at }));
            (
                refused,
                known.order.as_ref().filter(|order| order.avoid.is_some()).map(|o| json!({ "digest": o.avoid, "by": o.by, "at": o.at })),
            )
        });
        let twin = policies.twin(name).map(|twin| json!({ "version": twin.member.manifest.version, "digest": twin.member.digest }));
        json!({
            "name": name, "version": member.manifest.version, "digest": member.digest, "source": source,
            "mode": if member.is_shadow { "shadow" } else { "enforce" }, "shadow": twin,
            "not_taken_over": refused, "rolled_back_from": avoided, "earlier": earlier(host, name),
            "states": member.manifest.states.iter().map(|s| json!({ "name": s.name, "sentence": s.sentence })).collect::<Vec<_>>(),
        })
    };
    policies.deployment.members.iter().map(of).collect()
}

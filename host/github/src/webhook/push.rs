//! `push`: commits arrived on a branch. It names no pull request.

use super::payload::{Account, RepositoryPart, branch, commit};
use super::read::{BadPayload, BranchNews, Delivery, Reading, actor_of, ignored};
use pawl_core::news::{Event, News};
use serde::Deserialize;

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    #[serde(default)]
    deleted: bool,
    repository: RepositoryPart,
    sender: Option<Account>,
    pusher: Option<Account>,
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let push: Push = delivery.payload()?;
    let repository = push.repository.checked()?;
    let Some(name) = push.reference.strip_prefix("refs/heads/") else {
        return Ok(ignored("a push that is not to a branch moves no pull request"));
    };
    if push.deleted || (!push.after.is_empty() && push.after.bytes().all(|b| b == b'0')) {
        return Ok(ignored("the branch was deleted; a pull request that ends with it is told separately"));
    }
    let branch = branch(name).ok_or(BadPayload::Missing { field: "ref" })?;
    let commit = commit(&push.after).ok_or(BadPayload::Missing { field: "after" })?;
    let actor = actor_of(push.sender.as_ref()).or_else(|| actor_of(push.pusher.as_ref()));
    // Not the commit's own time: its author writes that.
    let at = push.repository.pushed_at.0;
    let event = Event::Pushed { commit: commit.clone(), branch: branch.clone() };
    let news = delivery.news(News::push_id(&branch, &commit), at, actor, event);
    Ok(Reading::Branch(Box::new(BranchNews { repository, branch: Some(branch), commit, news })))
}

//! News, and what facts and news share: actors, reviews, comments, checks and runs.

use crate::contract::facts as wit;
use crate::contract::question as asked;
use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Conclusion, Event, News, Permission, Phase, Review, Run, Verdict};

/// Whole seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

/// Of the flags `policy/setting`, those of this policy, without its name.
fn own_matches<'a>(policy: &str, flags: &'a [String]) -> Vec<&'a str> {
    flags.iter().filter_map(|flag| flag.strip_prefix(policy)?.strip_prefix('/')).collect()
}

pub(super) fn news<'a>(policy: &str, news: &'a News) -> asked::News<'a> {
    let News { id, at, arrived, actor: by, event: what } = news;
    asked::News { id, at: seconds(*at), arrived: seconds(*arrived), actor: by.as_ref().map(actor), event: event(policy, what) }
}

fn event<'a>(policy: &str, event: &'a Event) -> asked::Event<'a> {
    match event {
        Event::Opened => asked::Event::Opened,
        Event::Reopened => asked::Event::Reopened,
        Event::Closed { merged } => asked::Event::Closed(*merged),
        Event::Pushed { commit, branch } => asked::Event::Pushed(asked::Push { commit, branch }),
        Event::Labelled { label } => asked::Event::Labelled(label),
        Event::Unlabelled { label } => asked::Event::Unlabelled(label),
        Event::Reviewed(each) => asked::Event::Reviewed(review(policy, each)),
        Event::ThreadChanged { thread } => asked::Event::ThreadChanged(thread),
        Event::Commented(each) => asked::Event::Commented(comment(policy, each)),
        Event::Command { verb, args, comment } => asked::Event::Command(asked::Command { verb, args, comment_id: *comment }),
        Event::Checked(each) => asked::Event::Checked(check(each)),
        Event::RunChanged(each) => asked::Event::RunChanged(run(each)),
        Event::Signal { name, parameters } => asked::Event::Signal(asked::Signal {
            name,
            parameters: parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        }),
        Event::Elapsed => asked::Event::Elapsed,
    }
}

pub(super) fn actor(actor: &Actor) -> asked::Actor<'_> {
    let Actor { login, id, kind, permission: may } = actor;
    asked::Actor { login, id: *id, kind: actor_kind(*kind), permission: may.map(permission) }
}

fn actor_kind(kind: ActorKind) -> wit::ActorKind {
    match kind {
        ActorKind::Human => wit::ActorKind::Human,
        ActorKind::Bot => wit::ActorKind::Bot,
        ActorKind::Host => wit::ActorKind::Host,
    }
}

fn permission(permission: Permission) -> wit::Permission {
    match permission {
        Permission::None => wit::Permission::None,
        Permission::Read => wit::Permission::Read,
        Permission::Triage => wit::Permission::Triage,
        Permission::Write => wit::Permission::Write,
        Permission::Maintain => wit::Permission::Maintain,
        Permission::Admin => wit::Permission::Admin,
    }
}

pub(super) fn review<'a>(policy: &str, review: &'a Review) -> asked::Review<'a> {
    let Review { id, author, verdict: of, commit, at, matches } = review;
    asked::Review {
        id: *id,
        author: author.as_ref().map(actor),
        verdict: verdict(*of),
        commit: commit.as_deref(),
        at: seconds(*at),
        matches: own_matches(policy, matches),
    }
}

fn verdict(verdict: Verdict) -> wit::Verdict {
    match verdict {
        Verdict::Approved => wit::Verdict::Approved,
        Verdict::ChangesRequested => wit::Verdict::ChangesRequested,
        Verdict::Commented => wit::Verdict::Commented,
        Verdict::Dismissed => wit::Verdict::Dismissed,
        Verdict::Pending => wit::Verdict::Pending,
    }
}

pub(super) fn comment<'a>(policy: &str, comment: &'a Comment) -> asked::Comment<'a> {
    let Comment { id, author, at, matches } = comment;
    asked::Comment { id: *id, author: author.as_ref().map(actor), at: seconds(*at), matches: own_matches(policy, matches) }
}

pub(super) fn check(check: &Check) -> asked::Check<'_> {
    let Check { id, name, app, conclusion: of, commit, at } = check;
    asked::Check { id: *id, name, app, conclusion: conclusion(*of), commit, at: seconds(*at) }
}

fn conclusion(conclusion: Conclusion) -> wit::Conclusion {
    match conclusion {
        Conclusion::None => wit::Conclusion::None,
        Conclusion::Success => wit::Conclusion::Success,
        Conclusion::Failure => wit::Conclusion::Failure,
        Conclusion::Neutral => wit::Conclusion::Neutral,
        Conclusion::Cancelled => wit::Conclusion::Cancelled,
        Conclusion::Skipped => wit::Conclusion::Skipped,
        Conclusion::TimedOut => wit::Conclusion::TimedOut,
        Conclusion::ActionRequired => wit::Conclusion::ActionRequired,
        Conclusion::Stale => wit::Conclusion::Stale,
    }
}

pub(super) fn run(run: &Run) -> asked::Run<'_> {
    let Run { kind, name, uid, agent, same_repository, pull_request, task, branch, commit, created_at, finished_at, phase: of } = run;
    asked::Run {
        kind,
        name,
        uid,
        agent: agent.as_deref(),
        same_repository: *same_repository,
        pull_request: *pull_request,
        task: task.as_deref(),
        branch: branch.as_deref(),
        commit: commit.as_deref(),
        created_at: seconds(*created_at),
        finished_at: finished_at.map(seconds),
        phase: phase(*of),
    }
}

fn phase(phase: Phase) -> wit::Phase {
    match phase {
        Phase::Pending => wit::Phase::Pending,
        Phase::Running => wit::Phase::Running,
        Phase::Succeeded => wit::Phase::Succeeded,
        Phase::Failed => wit::Phase::Failed,
        Phase::Deleting => wit::Phase::Deleting,
        Phase::Unknown => wit::Phase::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_news_keeps_its_name() {
        let same = |core: String, wit: String| assert!(wit.ends_with(&format!("::{core}")), "{core} became {wit}");
        for kind in [ActorKind::Human, ActorKind::Bot, ActorKind::Host] {
            same(format!("{kind:?}"), format!("{:?}", actor_kind(kind)));
        }
        use Permission as P;
        for each in [P::None, P::Read, P::Triage, P::Write, P::Maintain, P::Admin] {
            same(format!("{each:?}"), format!("{:?}", permission(each)));
        }
        use Verdict as V;
        for each in [V::Approved, V::ChangesRequested, V::Commented, V::Dismissed, V::Pending] {
            same(format!("{each:?}"), format!("{:?}", verdict(each)));
        }
        use Conclusion as C;
        for each in [C::None, C::Success, C::Failure, C::Neutral, C::Cancelled, C::Skipped, C::TimedOut, C::ActionRequired, C::Stale] {
            same(format!("{each:?}"), format!("{:?}", conclusion(each)));
        }
        for each in [Phase::Pending, Phase::Running, Phase::Succeeded, Phase::Failed, Phase::Deleting, Phase::Unknown] {
            same(format!("{each:?}"), format!("{:?}", phase(each)));
        }
    }

    #[test]
    fn a_policy_is_shown_its_own_matches_by_their_bare_names() {
        let flags = ["mirror/marker", "mirror-two/marker", "mirror/other", "mirror", "another/marker"].map(str::to_owned);
        assert_eq!(own_matches("mirror", &flags), ["marker", "other"]);
        assert!(own_matches("nobody", &flags).is_empty());
    }
}

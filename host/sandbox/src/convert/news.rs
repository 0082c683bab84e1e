//! News, and what facts and news share: actors, reviews, comments, checks and runs.

use crate::contract::facts as wit;
use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Conclusion, Event, News, Permission, Phase, Review, Run, Verdict};

/// Whole seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

pub(super) fn texts(list: &[String]) -> Vec<String> {
    list.to_vec()
}

/// Of the flags `policy/setting`, those of this policy, without its name.
fn own_matches(policy: &str, flags: &[String]) -> Vec<String> {
    let own = |flag: &String| flag.strip_prefix(policy)?.strip_prefix('/').map(str::to_owned);
    flags.iter().filter_map(own).collect()
}

pub(super) fn news(policy: &str, news: &News) -> wit::News {
    let News { id, at, arrived, actor: by, event: what } = news;
    wit::News { id: id.clone(), at: seconds(*at), arrived: seconds(*arrived), actor: by.as_ref().map(actor), event: event(policy, what) }
}

fn event(policy: &str, event: &Event) -> wit::Event {
    match event {
        Event::Opened => wit::Event::Opened,
        Event::Reopened => wit::Event::Reopened,
        Event::Closed { merged } => wit::Event::Closed(*merged),
        Event::Pushed { commit, branch } => wit::Event::Pushed(wit::Push { commit: commit.clone(), branch: branch.clone() }),
        Event::Labelled { label } => wit::Event::Labelled(label.clone()),
        Event::Unlabelled { label } => wit::Event::Unlabelled(label.clone()),
        Event::Reviewed(each) => wit::Event::Reviewed(review(policy, each)),
        Event::ThreadChanged { thread } => wit::Event::ThreadChanged(thread.clone()),
        Event::Commented(each) => wit::Event::Commented(comment(policy, each)),
        Event::Command { verb, args, comment } => {
            wit::Event::Command(wit::Command { verb: verb.clone(), args: args.clone(), comment_id: *comment })
        }
        Event::Checked(each) => wit::Event::Checked(check(each)),
        Event::RunChanged(each) => wit::Event::RunChanged(run(each)),
        Event::Signal { name, parameters } => wit::Event::Signal(wit::Signal {
            name: name.clone(),
            parameters: parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }),
        Event::Elapsed => wit::Event::Elapsed,
    }
}

pub(super) fn actor(actor: &Actor) -> wit::Actor {
    let Actor { login, id, kind, permission: may } = actor;
    wit::Actor { login: login.clone(), id: *id, kind: actor_kind(*kind), permission: may.map(permission) }
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

pub(super) fn review(policy: &str, review: &Review) -> wit::Review {
    let Review { id, author, verdict: of, commit, at, matches } = review;
    wit::Review {
        id: *id,
        author: author.as_ref().map(actor),
        verdict: verdict(*of),
        commit: commit.clone(),
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

pub(super) fn comment(policy: &str, comment: &Comment) -> wit::Comment {
    let Comment { id, author, at, matches } = comment;
    wit::Comment { id: *id, author: author.as_ref().map(actor), at: seconds(*at), matches: own_matches(policy, matches) }
}

pub(super) fn check(check: &Check) -> wit::Check {
    let Check { id, name, app, conclusion: of, commit, at } = check;
    wit::Check { id: *id, name: name.clone(), app: app.clone(), conclusion: conclusion(*of), commit: commit.clone(), at: seconds(*at) }
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

pub(super) fn run(run: &Run) -> wit::Run {
    let Run { kind, name, uid, agent, same_repository, pull_request, task, branch, commit, created_at, finished_at, phase: of } = run;
    wit::Run {
        kind: kind.clone(),
        name: name.clone(),
        uid: uid.clone(),
        agent: agent.clone(),
        same_repository: *same_repository,
        pull_request: *pull_request,
        task: task.clone(),
        branch: branch.clone(),
        commit: commit.clone(),
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

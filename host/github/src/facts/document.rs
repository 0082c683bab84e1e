//! The GraphQL document that reads facts, put together from what is needed.

use pawl_core::manifest::Needs;
use pawl_core::subject::SubjectKind;

/// The field of a repository that a subject stands in.
pub(super) fn field(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::PullRequest => "pullRequest",
        SubjectKind::Issue => "issue",
    }
}

/// The document for one subject. The numbers in it are the limits of the contract (`wit/facts.wit`).
pub(super) fn text(kind: SubjectKind, needs: Needs) -> String {
    let is_pull = kind == SubjectKind::PullRequest;
    let parts = [
        (is_pull, PULL),
        (!is_pull, ISSUE),
        (true, LABELS),
        (is_pull && needs.runs, SHARED),
        (true, TIMELINE),
        (is_pull && needs.reviews, REVIEWS),
        (needs.comments, COMMENTS),
        (is_pull && needs.threads, THREADS),
        (needs.reactions, REACTIONS),
        (is_pull && needs.checks, CHECKS),
    ];
    let wanted: String = parts.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, part)| part).collect();
    let field = field(kind);
    format!("{HEAD}    {field}(number:$number) {{\n{wanted}    }}\n  }}\n}}\n{ACTOR}")
}

const HEAD: &str = "query Facts($owner:String!,$name:String!,$number:Int!) {
  viewer { login databaseId }
  repository(owner:$owner,name:$name) {
    databaseId name owner { login }
";

const ACTOR: &str = "fragment actor on Actor { __typename login ... on User { databaseId } ... on Bot { databaseId } }
";

const PULL: &str = "      id title state isDraft headRefName headRefOid
";

const ISSUE: &str = "      id title state
";

const LABELS: &str = "      labels(first:100) { totalCount nodes { id name";

/// How many open pull requests carry a label. No node of these is wanted, but every connection must say how many it asks for. By
/// GitHub's formula it is a hundredth of a point for each label that there may be, so the whole document stays at one or two points.
const SHARED: &str = " pullRequests(states:OPEN,first:1) { totalCount }";

const TIMELINE: &str = " } }
      timelineItems(itemTypes:[LABELED_EVENT,UNLABELED_EVENT],last:100) {
        nodes {
          __typename
          ... on LabeledEvent { id createdAt actor { ...actor } label { id name } }
          ... on UnlabeledEvent { id createdAt actor { ...actor } label { id name } }
        }
      }
";

const REVIEWS: &str = "      reviews(last:50) {
        nodes { fullDatabaseId state submittedAt body author { ...actor } commit { oid } }
      }
";

const COMMENTS: &str = "      comments(last:50) { nodes { fullDatabaseId createdAt body author { ...actor } } }
";

const THREADS: &str = "      reviewThreads(last:100) {
        nodes { id isResolved isOutdated comments(first:1) { nodes { createdAt author { ...actor } } } }
      }
";

const REACTIONS: &str = "      eyes: reactions(content:EYES,last:20) { nodes { content createdAt user { login databaseId } } }
      up: reactions(content:THUMBS_UP,last:20) { nodes { content createdAt user { login databaseId } } }
";

/// By suites and not by `statusCheckRollup`, which also wants permission to read commit statuses.
const CHECKS: &str = "      commits(last:1) {
        nodes {
          commit {
            oid
            checkSuites(last:20) {
              nodes {
                app { slug }
                checkRuns(last:20,filterBy:{checkType:LATEST}) { nodes { databaseId name conclusion startedAt completedAt } }
              }
            }
          }
        }
      }
";

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Needs =
        Needs { reviews: true, comments: true, threads: true, reactions: true, checks: true, runs: true, label_history: true };

    #[test]
    fn a4_1_labels_and_their_timeline_are_read_in_every_request() {
        for kind in [SubjectKind::PullRequest, SubjectKind::Issue] {
            for needs in [Needs::default(), ALL] {
                let text = text(kind, needs);
                assert!(text.contains("labels(first:100)") && text.contains("timelineItems("), "{text}");
            }
        }
    }

    #[test]
    fn only_what_is_needed_is_asked_and_issues_are_not_asked_for_reviews() {
        let bare = text(SubjectKind::PullRequest, Needs::default());
        for absent in ["reviews(", "comments(", "reviewThreads(", "reactions(", "checkSuites(", "pullRequests("] {
            assert!(!bare.contains(absent), "{absent}");
            assert!(text(SubjectKind::PullRequest, ALL).contains(absent), "{absent}");
        }
        let issue = text(SubjectKind::Issue, ALL);
        for absent in ["reviews(", "reviewThreads(", "checkSuites(", "headRefOid", "pullRequests("] {
            assert!(!issue.contains(absent), "{absent}");
        }
    }
}

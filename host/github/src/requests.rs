//! Requests that are carried out once: comments and reactions.

use crate::answer::Asked;
use crate::call::{Call, Whose};
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::path;
use http::Method;
use pawl_core::Timestamp;
use pawl_core::news::same_login;
use pawl_core::plan::KEY_BYTES;
use pawl_core::subject::{Subject, SubjectKind};
use serde::Deserialize;
use serde_json::{Value, json};

/// The reactions that GitHub has, in REST's words.
pub const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];
/// Longest comment that GitHub stores, in characters.
const COMMENT_CHARS: usize = 65_536;
/// Longest marker: a policy's name, a request's key, and what the host puts between them.
const MARKER_BYTES: usize = KEY_BYTES + 80;
/// Comments per page of the search for one that is already there.
const PAGE: usize = 50;
/// Pages searched, newest first: together the last 200 comments.
const PAGES: usize = 4;

const COMMENTING: &str = "write a comment";
const REACTING: &str = "set a reaction";

/// A comment that is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommentOutcome {
    /// GitHub's numeric id of it.
    pub id: u64,
    /// Whether an earlier attempt had written it.
    pub already: bool,
}

/// A reaction that is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactionOutcome {
    /// GitHub's numeric id of it.
    pub id: u64,
    /// Whether it was there before.
    pub already: bool,
}

/// The last line of a comment written for `marker`; GitHub does not show it.
#[must_use]
pub fn marker_line(marker: &str) -> String {
    format!("<!-- pawl:{marker} -->")
}

#[derive(Deserialize)]
struct WithId {
    id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    page_info: PageInfo,
    nodes: Vec<Option<CommentTold>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    #[serde(default)]
    has_previous_page: bool,
    start_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentTold {
    full_database_id: Value,
    created_at: Timestamp,
    #[serde(default)]
    body: String,
    author: Option<AuthorTold>,
}

#[derive(Deserialize)]
struct AuthorTold {
    login: String,
}

impl CommentTold {
    fn id(&self) -> Option<u64> {
        self.full_database_id.as_u64().or_else(|| self.full_database_id.as_str()?.parse().ok())
    }
}

impl GitHub {
    /// Writes a comment once: unless one of the last 200 comments is ours and ends with the marker, it is written, with the
    /// marker as a hidden last line. So a repetition after a lost answer writes nothing. `since`, the time the request was
    /// committed, ends the search earlier: nothing older can be it.
    ///
    /// Two calls at the same moment could both write; the caller holds the subject's claim.
    ///
    /// # Errors
    /// [`GitHubError::Refused`] for an empty or too long body, for a marker that would break out of its hidden line, and
    /// when GitHub allows no comment (a locked conversation).
    #[tracing::instrument(level = "debug", skip_all, fields(%subject, marker))]
    pub async fn comment_once(
        &self,
        subject: &Subject,
        marker: &str,
        body: &str,
        since: Option<Timestamp>,
    ) -> Result<CommentOutcome, GitHubError> {
        let asked = Asked { doing: COMMENTING, is_write: true };
        if !is_plain(marker) {
            return Err(
                asked.refused(0, format!("marker {marker:?} is not plain; use letters, digits and . : / _ - without a double dash"))
            );
        }
        let text = format!("{}\n\n{}", body.trim_end(), marker_line(marker));
        if body.trim().is_empty() || text.chars().count() > COMMENT_CHARS {
            return Err(asked.refused(0, format!("the comment is empty or longer than {COMMENT_CHARS} characters; shorten it")));
        }
        let path = format!("{}/comments", path::issue(COMMENTING, subject)?);
        if let Some(id) = self.find_comment(subject, marker, since).await? {
            return Ok(CommentOutcome { id, already: true });
        }
        let body = json!({ "body": text });
        let written: WithId = self.rest(Call::write(COMMENTING, Method::POST, path, Some(&body), &subject.repository)).await?.json()?;
        Ok(CommentOutcome { id: written.id, already: false })
    }

    /// Our own comment that ends with the marker.
    async fn find_comment(&self, subject: &Subject, marker: &str, since: Option<Timestamp>) -> Result<Option<u64>, GitHubError> {
        let field = match subject.kind {
            SubjectKind::PullRequest => "pullRequest",
            SubjectKind::Issue => "issue",
        };
        let document = format!(
            "query Comments($owner:String!,$name:String!,$number:Int!,$before:String) {{
  viewer {{ login }}
  repository(owner:$owner,name:$name) {{
    databaseId
    {field}(number:$number) {{
      comments(last:{PAGE},before:$before) {{
        pageInfo {{ hasPreviousPage startCursor }}
        nodes {{ fullDatabaseId createdAt body author {{ login }} }}
      }}
    }}
  }}
}}"
        );
        let line = marker_line(marker);
        let mut before: Option<String> = None;
        for _ in 0..PAGES {
            let variables = json!({
                "owner": subject.repository.owner, "name": subject.repository.name, "number": subject.number, "before": before,
            });
            let graph = self.graph(COMMENTING, Whose::Repository(&subject.repository), &document, variables).await?;
            if graph.errors.iter().any(crate::graphql::GraphError::is_not_found) {
                return Err(GitHubError::Gone { doing: COMMENTING });
            }
            if let Some(error) = graph.error() {
                return Err(error);
            }
            let data: Value = graph.data()?;
            // A repository that took over the name would be written to.
            if data.pointer("/repository/databaseId").and_then(Value::as_u64) != Some(subject.repository.id) {
                return Err(GitHubError::Moved { doing: COMMENTING, expected_id: subject.repository.id });
            }
            let us = data.pointer("/viewer/login").and_then(Value::as_str).unwrap_or_default().to_owned();
            let page = data.pointer(&format!("/repository/{field}/comments")).cloned().unwrap_or_default();
            let page: Page = serde_json::from_value(page)
                .map_err(|error| graph.answer.asked.unavailable(format!("its answer does not read: {error}")))?;
            let comments: Vec<&CommentTold> = page.nodes.iter().flatten().collect();
            let is_ours = |comment: &&&CommentTold| {
                let by_us = comment.author.as_ref().is_some_and(|author| same_login(&author.login, &us));
                by_us && comment.body.trim_end().ends_with(&line)
            };
            if let Some(found) = comments.iter().rev().find(is_ours) {
                return found.id().map(Some).ok_or_else(|| graph.answer.asked.unavailable("a comment has no id"));
            }
            let is_past = since.zip(comments.first()).is_some_and(|(since, oldest)| oldest.created_at < since);
            before = page.page_info.start_cursor.filter(|_| page.page_info.has_previous_page && !is_past);
            if before.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// Sets a reaction on the subject or on one of its comments. GitHub keeps one of each kind per account, so repeating it
    /// changes nothing.
    ///
    /// # Errors
    /// [`GitHubError::Refused`] for a word that is none of [`REACTIONS`].
    #[tracing::instrument(level = "debug", skip_all, fields(%subject, content))]
    pub async fn react_once(&self, subject: &Subject, comment: Option<u64>, content: &str) -> Result<ReactionOutcome, GitHubError> {
        if !REACTIONS.contains(&content) {
            let asked = Asked { doing: REACTING, is_write: true };
            return Err(asked.refused(0, format!("GitHub has no reaction {content:?}; it has {}", REACTIONS.join(" "))));
        }
        let path = match comment {
            Some(id) => format!("{}/issues/comments/{id}/reactions", path::repository(REACTING, &subject.repository)?),
            None => format!("{}/reactions", path::issue(REACTING, subject)?),
        };
        let body = json!({ "content": content });
        let answer = self.rest(Call::write(REACTING, Method::POST, path, Some(&body), &subject.repository)).await?;
        let already = answer.status.as_u16() == 200;
        Ok(ReactionOutcome { id: answer.json::<WithId>()?.id, already })
    }
}

/// Whether a marker can stand in a hidden line and be found again.
fn is_plain(marker: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    (1..=MARKER_BYTES).contains(&marker.len()) && marker.bytes().all(plain) && !marker.contains("--")
}

//! What people and bots say: comments, reviews, threads, reactions.

use super::model::{At, Comment, Reaction, Review, Thread, Verdict};
use super::{Node, Reject, State};
use crate::clock::written;
use crate::shape;
use serde_json::{Value, json};

/// The reactions GitHub knows: REST's word and GraphQL's.
pub(crate) const REACTIONS: [(&str, &str); 8] = [
    ("+1", "THUMBS_UP"),
    ("-1", "THUMBS_DOWN"),
    ("laugh", "LAUGH"),
    ("confused", "CONFUSED"),
    ("heart", "HEART"),
    ("hooray", "HOORAY"),
    ("rocket", "ROCKET"),
    ("eyes", "EYES"),
];

impl State {
    fn new_comment(&mut self, prefix: &str, by: &str, body: &str) -> Comment {
        self.account(by);
        let now = self.now();
        Comment {
            id: self.ids.number(),
            node_id: self.ids.node(prefix),
            author: by.to_owned(),
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
            reactions: Vec::new(),
        }
    }

    pub(crate) fn comment(&mut self, at: At, by: &str, body: &str) -> Result<u64, Reject> {
        self.writable(at.repository)?;
        self.item(at).ok_or(Reject::NotFound)?;
        if body.trim().is_empty() {
            return Err(Reject::Invalid {
                resource: "IssueComment",
                field: "body",
                code: "missing_field",
                message: "body can't be blank".to_owned(),
            });
        }
        let comment = self.new_comment("IC", by, body);
        let id = comment.id;
        self.nodes.insert(comment.node_id.clone(), Node::Comment(at, id));
        self.change(at, |item| item.comments.push(comment));
        self.announce_comment(at, id, "created", by, json!({}));
        Ok(id)
    }

    pub(crate) fn edit_comment(&mut self, at: At, id: u64, body: &str, by: &str) {
        let now = self.now();
        let before = self.change(at, |item| {
            let comment = item.comments.iter_mut().find(|comment| comment.id == id)?;
            comment.updated_at = now;
            Some(std::mem::replace(&mut comment.body, body.to_owned()))
        });
        if let Some(from) = before.flatten() {
            self.announce_comment(at, id, "edited", by, json!({ "changes": { "body": { "from": from } } }));
        }
    }

    pub(crate) fn delete_comment(&mut self, at: At, id: u64, by: &str) {
        self.announce_comment(at, id, "deleted", by, json!({}));
        self.change(at, |item| item.comments.retain(|comment| comment.id != id));
    }

    fn announce_comment(&mut self, at: At, id: u64, action: &str, by: &str, mut own: Value) {
        let Some(item) = self.item(at) else { return };
        let Some(comment) = item.comments.iter().find(|comment| comment.id == id) else { return };
        own["issue"] = shape::issue(self, at);
        own["comment"] = shape::comment(self, at, comment);
        self.announce(at.repository, "issue_comment", Some(action), by, own);
    }

    /// A review of the present head, or of the commit named.
    pub(crate) fn review(&mut self, at: At, by: &str, verdict: Verdict, body: &str, commit: Option<&str>) -> Result<u64, Reject> {
        self.account(by);
        let pull = self.item(at).and_then(|item| item.pull.as_ref()).ok_or(Reject::NotFound)?;
        let commit = commit.map_or_else(|| pull.head.clone(), str::to_owned);
        let review = Review {
            id: self.ids.number(),
            node_id: self.ids.node("PRR"),
            author: by.to_owned(),
            verdict,
            body: body.to_owned(),
            commit,
            submitted_at: self.now(),
        };
        let id = review.id;
        self.change(at, |item| item.pull.as_mut().map(|pull| pull.reviews.push(review)));
        self.announce_review(at, id, "submitted", by);
        Ok(id)
    }

    pub(crate) fn dismiss_review(&mut self, at: At, id: u64, by: &str) {
        self.change(at, |item| {
            if let Some(review) = item.pull.as_mut().and_then(|pull| pull.reviews.iter_mut().find(|review| review.id == id)) {
                review.verdict = Verdict::Dismissed;
            }
        });
        self.announce_review(at, id, "dismissed", by);
    }

    fn announce_review(&mut self, at: At, id: u64, action: &str, by: &str) {
        let Some(pull) = self.item(at).and_then(|item| item.pull.as_ref()) else { return };
        let Some(review) = pull.reviews.iter().find(|review| review.id == id) else { return };
        let extra = json!({ "review": shape::review(self, at, review), "pull_request": shape::pull_in_brief(self, at) });
        self.announce(at.repository, "pull_request_review", Some(action), by, extra);
    }

    /// A conversation on a line. Answers the thread's node id.
    pub(crate) fn open_thread(&mut self, at: At, by: &str, body: &str) -> Result<String, Reject> {
        self.item(at).and_then(|item| item.pull.as_ref()).ok_or(Reject::NotFound)?;
        let comment = self.new_comment("PRRC", by, body);
        let node_id = self.ids.node("PRRT");
        let thread = Thread {
            node_id: node_id.clone(),
            resolved_by: None,
            outdated: false,
            path: "src/lib.rs".to_owned(),
            comments: vec![comment.clone()],
        };
        let shown = shape::review_comment(self, at, &thread, &comment);
        self.change(at, |item| item.pull.as_mut().map(|pull| pull.threads.push(thread)));
        let extra = json!({ "comment": shown, "pull_request": shape::pull_in_brief(self, at) });
        self.announce(at.repository, "pull_request_review_comment", Some("created"), by, extra);
        Ok(node_id)
    }

    pub(crate) fn resolve_thread(&mut self, at: At, node_id: &str, resolved: bool, by: &str) {
        self.account(by);
        let found = self.change(at, |item| {
            let thread = item.pull.as_mut()?.threads.iter_mut().find(|thread| thread.node_id == node_id)?;
            thread.resolved_by = resolved.then(|| by.to_owned());
            Some(thread.clone())
        });
        let Some(thread) = found.flatten() else { return };
        let comments: Vec<_> = thread.comments.iter().map(|comment| shape::review_comment(self, at, &thread, comment)).collect();
        let extra = json!({
            "thread": { "node_id": thread.node_id, "comments": comments },
            "pull_request": shape::pull_in_brief(self, at), "updated_at": written(self.now()),
        });
        self.announce(at.repository, "pull_request_review_thread", Some(if resolved { "resolved" } else { "unresolved" }), by, extra);
    }

    /// A reaction on an item, or on one of its comments. Answers its id and whether it is new; there is no webhook for it.
    pub(crate) fn react(&mut self, at: At, comment: Option<u64>, by: &str, content: &str) -> Result<(Reaction, bool), Reject> {
        self.writable(at.repository)?;
        if !REACTIONS.iter().any(|(word, _)| *word == content) {
            return Err(Reject::Invalid {
                resource: "Reaction",
                field: "content",
                code: "invalid",
                message: format!("{content:?} is not a reaction"),
            });
        }
        let login = self.account(by).login.clone();
        let item = self.item(at).ok_or(Reject::NotFound)?;
        let list = match comment {
            None => &item.reactions,
            Some(id) => &item.comments.iter().find(|comment| comment.id == id).ok_or(Reject::NotFound)?.reactions,
        };
        if let Some(there) = list.iter().find(|reaction| reaction.user == login && reaction.content == content) {
            return Ok((there.clone(), false));
        }
        let reaction = Reaction {
            id: self.ids.number(),
            node_id: self.ids.node("REA"),
            user: login,
            content: content.to_owned(),
            created_at: self.now(),
        };
        let new = reaction.clone();
        self.change(at, |item| match comment {
            None => item.reactions.push(new),
            Some(id) => item.comments.iter_mut().filter(|comment| comment.id == id).for_each(|comment| comment.reactions.push(new.clone())),
        });
        Ok((reaction, true))
    }

    /// Takes reactions of one account and content back from an item.
    pub(crate) fn unreact(&mut self, at: At, by: &str, content: &str) {
        let by = by.to_lowercase();
        self.change(at, |item| item.reactions.retain(|one| one.user.to_lowercase() != by || one.content != content));
    }
}

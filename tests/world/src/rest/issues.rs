//! Issues (which pull requests are too), their comments and reactions.

use super::Desk;
use crate::http::answer::Answer;
use crate::shape;
use crate::state::Reject;
use crate::state::model::{At, Permission};
use serde_json::Value;

impl Desk<'_> {
    pub(crate) fn show_issue(&mut self, at: At) -> Answer {
        Answer::ok(shape::issue(self.state, at))
    }

    /// PATCH replaces the list of labels like PUT does; from somebody without push access it drops the labels silently.
    pub(crate) fn edit_issue(&mut self, at: At) -> Answer {
        let edit = |desk: &mut Self| {
            let body = desk.body()?;
            let author = desk.state.item(at).is_some_and(|item| item.author.eq_ignore_ascii_case(desk.login));
            if !author {
                desk.needs(Permission::Triage)?;
            }
            if let Some(labels) = body.get("labels").and_then(Value::as_array).filter(|_| desk.permission >= Permission::Write) {
                let names: Vec<String> = labels.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                desk.replace_by(at, &names)?;
            }
            if let Some(title) = body.get("title").and_then(Value::as_str) {
                desk.state.retitle(at, title, desk.login);
            }
            match body.get("state").and_then(Value::as_str) {
                Some("closed") => desk.state.close(at, desk.login, false)?,
                Some("open") => desk.state.reopen(at, desk.login)?,
                _ => {}
            }
            Ok(Answer::ok(shape::issue(desk.state, at)))
        };
        edit(self).unwrap_or_else(|refused: Answer| refused)
    }

    pub(crate) fn list_comments(&mut self, at: At) -> Answer {
        let Some(item) = self.state.item(at) else { return Answer::not_found() };
        let since = self.ask.parameter("since").and_then(crate::clock::read).unwrap_or(i64::MIN);
        let wanted = item.comments.iter().filter(|comment| comment.updated_at >= since);
        self.page(wanted.map(|comment| shape::comment(self.state, at, comment)).collect())
    }

    pub(crate) fn write_comment(&mut self, at: At) -> Answer {
        let write = |desk: &mut Self| {
            let body = desk.body()?;
            let text = body.get("body").and_then(Value::as_str).unwrap_or_default();
            let id = desk.state.comment(at, desk.login, text)?;
            let shown = desk.show_comment(at, id);
            Ok(Answer { status: 201, ..shown })
        };
        write(self).unwrap_or_else(|refused: Answer| refused)
    }

    pub(crate) fn show_comment(&mut self, at: At, id: u64) -> Answer {
        let comment = self.state.item(at).and_then(|item| item.comments.iter().find(|comment| comment.id == id));
        comment.map_or_else(Answer::not_found, |comment| Answer::ok(shape::comment(self.state, at, comment)))
    }

    pub(crate) fn list_reactions(&mut self, at: At, comment: Option<u64>) -> Answer {
        let Some(item) = self.state.item(at) else { return Answer::not_found() };
        let list = match comment {
            None => Some(&item.reactions),
            Some(id) => item.comments.iter().find(|comment| comment.id == id).map(|comment| &comment.reactions),
        };
        let content = self.ask.parameter("content");
        let wanted = list.into_iter().flatten().filter(|reaction| content.is_none_or(|content| reaction.content == content));
        self.page(wanted.map(|reaction| shape::reaction(self.state, reaction)).collect())
    }

    /// 201 for a new reaction, 200 for one that was there.
    pub(crate) fn react(&mut self, at: At, comment: Option<u64>) -> Answer {
        let react = |desk: &mut Self| {
            let body = desk.body()?;
            let content = body.get("content").and_then(Value::as_str).unwrap_or_default();
            let (reaction, new) = desk.state.react(at, comment, desk.login, content).map_err(|reject: Reject| Answer::from(reject))?;
            Ok(Answer::json(if new { 201 } else { 200 }, shape::reaction(desk.state, &reaction)))
        };
        react(self).unwrap_or_else(|refused: Answer| refused)
    }
}

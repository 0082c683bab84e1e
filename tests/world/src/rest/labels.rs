//! Labels, of a repository and of an item.

use super::Desk;
use crate::http::answer::Answer;
use crate::shape;
use crate::state::model::{At, Label, Permission};
use crate::state::{LABEL_CHARS, LABELS_PER_ITEM, LabelEdit, Reject};
use serde_json::Value;

fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}

/// Names out of `{"labels": ["a", {"name": "b"}]}` or a bare list.
fn names(body: &Value) -> Result<Vec<String>, Answer> {
    let list =
        body.get("labels").unwrap_or(body).as_array().ok_or_else(|| Answer::invalid("Issue", "labels", "missing_field", "labels"))?;
    let name = |one: &Value| one.as_str().or_else(|| one.get("name").and_then(Value::as_str)).map(str::to_owned);
    let names: Option<Vec<String>> = list.iter().map(name).collect();
    names.ok_or_else(|| Answer::invalid("Label", "name", "invalid", "a label is a name"))
}

impl Desk<'_> {
    fn shown(&self, label: &Label) -> Value {
        shape::label(self.state, self.repository, label)
    }

    pub(crate) fn list_labels(&self) -> Answer {
        self.page(self.state.place(self.repository).labels.iter().map(|label| self.shown(label)).collect())
    }

    pub(crate) fn show_label(&self, name: &str) -> Answer {
        self.state.label_named(self.repository, name).map_or_else(Answer::not_found, |label| Answer::ok(self.shown(label)))
    }

    pub(crate) fn create_label(&mut self) -> Answer {
        self.try_create_label().unwrap_or_else(|refused| refused)
    }

    fn try_create_label(&mut self) -> Result<Answer, Answer> {
        self.needs(Permission::Write)?;
        let body = self.body()?;
        let name = text(&body, "name").ok_or_else(|| Answer::invalid("Label", "name", "missing_field", "name"))?;
        let colour = text(&body, "color").unwrap_or_else(|| "ededed".to_owned());
        let description = text(&body, "description");
        let id = self.state.create_label(self.repository, &name, &colour, description.as_deref(), self.login)?;
        let label = self.state.label(self.repository, id).ok_or(Reject::NotFound)?;
        Ok(Answer::json(201, self.shown(label)))
    }

    pub(crate) fn edit_label(&mut self, name: &str) -> Answer {
        self.try_edit_label(name).unwrap_or_else(|refused| refused)
    }

    fn try_edit_label(&mut self, name: &str) -> Result<Answer, Answer> {
        self.needs(Permission::Write)?;
        let body = self.body()?;
        let id = self.state.label_named(self.repository, name).ok_or(Reject::NotFound)?.id;
        let edit = LabelEdit { name: text(&body, "new_name"), colour: text(&body, "color"), description: text(&body, "description") };
        self.state.edit_label(self.repository, id, edit, self.login)?;
        let label = self.state.label(self.repository, id).ok_or(Reject::NotFound)?;
        Ok(Answer::ok(self.shown(label)))
    }

    pub(crate) fn delete_label(&mut self, name: &str) -> Answer {
        let delete = |desk: &mut Self| {
            desk.needs(Permission::Write)?;
            let id = desk.state.label_named(desk.repository, name).ok_or(Reject::NotFound)?.id;
            desk.state.delete_label(desk.repository, id, desk.login)?;
            Ok(Answer::empty())
        };
        delete(self).unwrap_or_else(|refused: Answer| refused)
    }

    pub(crate) fn labels_of_item(&mut self, at: At) -> Answer {
        self.page(shape::labels(self.state, at))
    }

    /// The full list after a change, which REST answers unpaged.
    fn resulting(&self, at: At) -> Answer {
        Answer::ok(shape::labels(self.state, at))
    }

    /// Ids for names; unknown labels are created, but only when every name is good.
    fn ids(&mut self, names: &[String]) -> Result<Vec<u64>, Answer> {
        if names.len() > LABELS_PER_ITEM {
            return Err(Answer::invalid("Issue", "labels", "invalid", "too many labels"));
        }
        if names.iter().any(|name| name.trim().is_empty() || name.chars().count() > LABEL_CHARS) {
            return Err(Answer::invalid("Label", "name", "invalid", "name is too long (maximum is 50 characters) or blank"));
        }
        names.iter().map(|name| self.state.label_or_new(self.repository, name, self.login).map_err(Answer::from)).collect()
    }

    pub(crate) fn add_labels(&mut self, at: At) -> Answer {
        let add = |desk: &mut Self| {
            desk.needs(Permission::Triage)?;
            let names = names(&desk.body()?)?;
            let ids = desk.ids(&names)?;
            desk.state.add_labels(at, &ids, desk.login)?;
            Ok(desk.resulting(at))
        };
        add(self).unwrap_or_else(|refused: Answer| refused)
    }

    /// PUT: the whole list becomes this one, and whatever people added meanwhile is lost.
    pub(crate) fn replace_labels(&mut self, at: At) -> Answer {
        let replace = |desk: &mut Self| {
            desk.needs(Permission::Triage)?;
            let names = names(&desk.body()?)?;
            desk.replace_by(at, &names)?;
            Ok(desk.resulting(at))
        };
        replace(self).unwrap_or_else(|refused: Answer| refused)
    }

    pub(crate) fn replace_by(&mut self, at: At, names: &[String]) -> Result<(), Answer> {
        let ids = self.ids(names)?;
        let present = self.state.item(at).map(|item| item.labels.clone()).unwrap_or_default();
        for id in present.into_iter().filter(|id| !ids.contains(id)) {
            self.state.remove_label(at, id, self.login)?;
        }
        self.state.add_labels(at, &ids, self.login)?;
        Ok(())
    }

    pub(crate) fn remove_all_labels(&mut self, at: At) -> Answer {
        let remove = |desk: &mut Self| {
            desk.needs(Permission::Triage)?;
            desk.replace_by(at, &[])?;
            Ok(Answer::empty())
        };
        remove(self).unwrap_or_else(|refused: Answer| refused)
    }

    pub(crate) fn remove_label(&mut self, at: At, name: &str) -> Answer {
        let remove = |desk: &mut Self| {
            desk.needs(Permission::Triage)?;
            let absent = || Answer::error(404, "Label does not exist");
            let id = desk.state.label_named(desk.repository, name).ok_or_else(absent)?.id;
            if !desk.state.remove_label(at, id, desk.login)? {
                return Err(absent());
            }
            Ok(desk.resulting(at))
        };
        remove(self).unwrap_or_else(|refused: Answer| refused)
    }
}

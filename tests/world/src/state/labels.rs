//! Labels: the definitions of a repository, and which item carries which. Names are unique ignoring letter case, and every
//! movement is audited with its actor.

use super::model::{At, Change, Event, Happened, Label, LabelChange};
use super::{Node, Reject, State};
use crate::shape;
use serde_json::{Value, json};

/// Longest name in characters.
pub(crate) const LABEL_CHARS: usize = 50;
/// Longest description in characters.
const DESCRIPTION_CHARS: usize = 100;
/// Most labels on one item.
pub(crate) const LABELS_PER_ITEM: usize = 100;
/// Colour of a label that came to be because somebody set an unknown one.
const COLOUR_OF_UNKNOWN: &str = "ededed";

/// New values of a label; what is absent stays.
#[derive(Debug, Default, Clone)]
pub(crate) struct LabelEdit {
    pub name: Option<String>,
    pub colour: Option<String>,
    pub description: Option<String>,
}

fn invalid(field: &'static str, code: &'static str, message: impl Into<String>) -> Reject {
    Reject::Invalid { resource: "Label", field, code, message: message.into() }
}

fn check_name(name: &str) -> Result<(), Reject> {
    if name.trim().is_empty() {
        return Err(invalid("name", "missing_field", "name can't be blank"));
    }
    if name.chars().count() > LABEL_CHARS {
        return Err(invalid("name", "invalid", "name is too long (maximum is 50 characters)"));
    }
    Ok(())
}

fn check_colour(colour: &str) -> Result<(), Reject> {
    if colour.len() == 6 && colour.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(invalid("color", "invalid", "color must be 6 hexadecimal digits without #"))
}

fn check_description(description: &str) -> Result<(), Reject> {
    if description.chars().count() > DESCRIPTION_CHARS {
        return Err(invalid("description", "invalid", "description is too long (maximum is 100 characters)"));
    }
    Ok(())
}

impl State {
    /// The label of that name, letter case ignored, as uniqueness has it.
    pub(crate) fn label_named(&self, repository: u64, name: &str) -> Option<&Label> {
        let wanted = name.to_lowercase();
        self.repository(repository)?.labels.iter().find(|label| label.name.to_lowercase() == wanted)
    }

    pub(crate) fn label(&self, repository: u64, id: u64) -> Option<&Label> {
        self.repository(repository)?.labels.iter().find(|label| label.id == id)
    }

    /// The labels of an item, in the order in which they were set.
    pub(crate) fn labels_of(&self, at: At) -> Vec<&Label> {
        self.item(at).map(|item| item.labels.iter().filter_map(|id| self.label(at.repository, *id)).collect()).unwrap_or_default()
    }

    pub(crate) fn create_label(
        &mut self,
        repository: u64,
        name: &str,
        colour: &str,
        description: Option<&str>,
        by: &str,
    ) -> Result<u64, Reject> {
        self.writable(repository)?;
        check_name(name)?;
        check_colour(colour)?;
        check_description(description.unwrap_or_default())?;
        if self.label_named(repository, name).is_some() {
            return Err(invalid("name", "already_exists", "name has already been taken"));
        }
        let label = Label {
            id: self.ids.number(),
            node_id: self.ids.node("LA"),
            name: name.to_owned(),
            colour: colour.to_lowercase(),
            description: description.map(str::to_owned),
        };
        let id = label.id;
        self.nodes.insert(label.node_id.clone(), Node::Label(repository, id));
        self.place_mut(repository).labels.push(label);
        self.revision += 1;
        self.announce_label(repository, "created", id, by, json!({}));
        Ok(id)
    }

    pub(crate) fn edit_label(&mut self, repository: u64, id: u64, edit: LabelEdit, by: &str) -> Result<(), Reject> {
        self.writable(repository)?;
        let old = self.label(repository, id).cloned().ok_or(Reject::NotFound)?;
        let mut changes = serde_json::Map::new();
        let mut new = old.clone();
        if let Some(name) = edit.name {
            check_name(&name)?;
            if self.label_named(repository, &name).is_some_and(|other| other.id != id) {
                return Err(invalid("name", "already_exists", "name has already been taken"));
            }
            changes.insert("name".to_owned(), json!({ "from": old.name }));
            new.name = name;
        }
        if let Some(colour) = edit.colour {
            check_colour(&colour)?;
            changes.insert("color".to_owned(), json!({ "from": old.colour }));
            new.colour = colour.to_lowercase();
        }
        if let Some(description) = edit.description {
            check_description(&description)?;
            changes.insert("description".to_owned(), json!({ "from": old.description }));
            new.description = Some(description);
        }
        if let Some(slot) = self.place_mut(repository).labels.iter_mut().find(|label| label.id == id) {
            *slot = new;
        }
        self.revision += 1;
        self.announce_label(repository, "edited", id, by, json!({ "changes": changes }));
        Ok(())
    }

    /// Deletes the definition; every item loses the label, without events on their timelines.
    pub(crate) fn delete_label(&mut self, repository: u64, id: u64, by: &str) -> Result<(), Reject> {
        self.writable(repository)?;
        let label = self.label(repository, id).cloned().ok_or(Reject::NotFound)?;
        self.announce_label(repository, "deleted", id, by, json!({}));
        self.nodes.remove(&label.node_id);
        self.place_mut(repository).labels.retain(|other| other.id != id);
        let bearers: Vec<u32> =
            self.place(repository).items.values().filter(|item| item.labels.contains(&id)).map(|item| item.number).collect();
        for number in bearers {
            self.change(At { repository, number }, |item| item.labels.retain(|other| *other != id));
        }
        self.revision += 1;
        Ok(())
    }

    /// The label of that name; an unknown one is created, as REST does when it is set on an issue.
    pub(crate) fn label_or_new(&mut self, repository: u64, name: &str, by: &str) -> Result<u64, Reject> {
        if let Some(label) = self.label_named(repository, name) {
            return Ok(label.id);
        }
        self.create_label(repository, name, COLOUR_OF_UNKNOWN, None, by)
    }

    /// Sets labels. Those already there are left alone, and nothing happens at all when there would be more than GitHub allows.
    pub(crate) fn add_labels(&mut self, at: At, ids: &[u64], by: &str) -> Result<(), Reject> {
        self.writable(at.repository)?;
        let item = self.item(at).ok_or(Reject::NotFound)?;
        let mut missing: Vec<u64> = Vec::new();
        for id in ids {
            if !item.labels.contains(id) && !missing.contains(id) {
                missing.push(*id);
            }
        }
        if item.labels.len() + missing.len() > LABELS_PER_ITEM {
            return Err(Reject::Invalid {
                resource: "Issue",
                field: "labels",
                code: "invalid",
                message: format!("an issue may have at most {LABELS_PER_ITEM} labels"),
            });
        }
        for id in missing {
            let label = self.label(at.repository, id).cloned().ok_or(Reject::NotFound)?;
            self.move_label(at, label, Change::Added, by);
        }
        Ok(())
    }

    /// Takes a label away. Answers whether it was there.
    pub(crate) fn remove_label(&mut self, at: At, id: u64, by: &str) -> Result<bool, Reject> {
        self.writable(at.repository)?;
        let item = self.item(at).ok_or(Reject::NotFound)?;
        if !item.labels.contains(&id) {
            return Ok(false);
        }
        let label = self.label(at.repository, id).cloned().ok_or(Reject::NotFound)?;
        self.move_label(at, label, Change::Removed, by);
        Ok(true)
    }

    fn move_label(&mut self, at: At, label: Label, change: Change, by: &str) {
        self.account(by);
        let now = self.now();
        let added = change == Change::Added;
        let node_id = self.ids.node(if added { "LE" } else { "UNLE" });
        self.audit.push(LabelChange {
            repository: self.place(at.repository).full_name(),
            number: at.number,
            label: label.name.clone(),
            change,
            actor: by.to_owned(),
            at: now,
        });
        self.change(at, |item| {
            let what = if added { Happened::Labelled(label.clone()) } else { Happened::Unlabelled(label.clone()) };
            item.timeline.push(Event { node_id, at: now, actor: by.to_owned(), what });
            if added {
                item.labels.push(label.id);
            } else {
                item.labels.retain(|id| *id != label.id);
            }
        });
        self.announce_movement(at, &label, added, by);
    }

    /// `labeled` and `unlabeled`, with the oddities that GitHub's payloads have.
    fn announce_movement(&mut self, at: At, label: &Label, added: bool, by: &str) {
        let mut subject = shape::subject(self, at);
        if !added
            && self.outbox.oddities.unlabelled_still_listed.happens()
            && let Some(list) = subject.get_mut("labels").and_then(Value::as_array_mut)
        {
            list.push(shape::label(self, at.repository, label));
        }
        let mut extra = serde_json::Map::new();
        if !self.outbox.oddities.label_absent.happens() {
            extra.insert("label".to_owned(), shape::label(self, at.repository, label));
        }
        self.announce_subject_as(at, if added { "labeled" } else { "unlabeled" }, by, subject, Value::Object(extra));
    }

    fn announce_label(&mut self, repository: u64, action: &str, id: u64, by: &str, mut extra: Value) {
        if let Some(label) = self.label(repository, id) {
            extra["label"] = shape::label(self, repository, label);
        }
        self.announce(repository, "label", Some(action), by, extra);
    }
}

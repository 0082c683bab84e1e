//! Mutations. Each field of an operation is applied in order and by itself: a later one that fails takes nothing back.

use super::Failure;
use super::execute::Run;
use super::resolve::{Arguments, Found, Thing};
use crate::state::conversation::REACTIONS;
use crate::state::model::{At, Permission};
use crate::state::{Node, State};
use serde_json::Value;

pub(crate) fn mutate(run: &mut Run<'_>, field: &str, arguments: &Arguments) -> Option<Result<Found, Failure>> {
    let input = Arguments(arguments.0.get("input").and_then(Value::as_object).cloned().unwrap_or_default());
    let login = run.login;
    let done = match field {
        "addLabelsToLabelable" => labels(run.state, login, &input, true),
        "removeLabelsFromLabelable" => labels(run.state, login, &input, false),
        "addComment" => comment(run.state, login, &input),
        "addReaction" => reaction(run.state, login, &input),
        "createLabel" => new_label(run.state, login, &input),
        _ => return None,
    };
    let client = input.0.get("clientMutationId").cloned().unwrap_or(Value::Null);
    Some(done.map(|thing| Found::One(Thing::Payload(client, Box::new(thing)))))
}

/// What a node id stands for, if the account may see it.
fn node(state: &State, login: &str, id: &str) -> Result<Node, Failure> {
    let node = state.nodes.get(id).copied().ok_or_else(|| Failure::unknown_node(id))?;
    let repository = match node {
        Node::Repository(repository) | Node::Label(repository, _) => repository,
        Node::Item(at) | Node::Comment(at, _) => at.repository,
    };
    let gone = matches!(node, Node::Item(at) | Node::Comment(at, _) if state.item(at).is_none());
    if gone || state.permission(repository, login) == Permission::None {
        return Err(Failure::unknown_node(id));
    }
    Ok(node)
}

fn item(state: &State, login: &str, id: &str) -> Result<At, Failure> {
    match node(state, login, id)? {
        Node::Item(at) => Ok(at),
        _ => Err(Failure::unknown_node(id)),
    }
}

fn allowed(state: &State, login: &str, repository: u64, least: Permission, name: &str) -> Result<(), Failure> {
    if state.permission(repository, login) >= least {
        return Ok(());
    }
    Err(Failure::new("FORBIDDEN", format!("{login} does not have the correct permissions to execute `{name}`")))
}

fn labels(state: &mut State, login: &str, input: &Arguments, add: bool) -> Result<Thing, Failure> {
    let at = item(state, login, input.text("labelableId").unwrap_or_default())?;
    let name = if add { "AddLabelsToLabelable" } else { "RemoveLabelsFromLabelable" };
    allowed(state, login, at.repository, Permission::Triage, name)?;
    let mut ids = Vec::new();
    for id in input.texts("labelIds").unwrap_or_default() {
        match node(state, login, &id)? {
            Node::Label(repository, label) if repository == at.repository => ids.push(label),
            _ => return Err(Failure::unknown_node(&id)),
        }
    }
    if add {
        state.add_labels(at, &ids, login)?;
    } else {
        for id in ids {
            // Removing what is not there does nothing; whether GitHub says so is not established.
            state.remove_label(at, id, login)?;
        }
    }
    Ok(Thing::Item(at))
}

fn comment(state: &mut State, login: &str, input: &Arguments) -> Result<Thing, Failure> {
    let at = item(state, login, input.text("subjectId").unwrap_or_default())?;
    let id = state.comment(at, login, input.text("body").unwrap_or_default())?;
    let written = state.item(at).and_then(|item| item.comments.iter().find(|one| one.id == id)).cloned();
    Ok(Thing::Comment(at, Box::new(written.expect("just written"))))
}

fn reaction(state: &mut State, login: &str, input: &Arguments) -> Result<Thing, Failure> {
    let id = input.text("subjectId").unwrap_or_default();
    let (at, comment) = match node(state, login, id)? {
        Node::Item(at) => (at, None),
        Node::Comment(at, comment) => (at, Some(comment)),
        _ => return Err(Failure::unknown_node(id)),
    };
    let wanted = input.text("content").unwrap_or_default();
    let content = REACTIONS.iter().find(|(_, word)| *word == wanted).map_or("", |(word, _)| word);
    let (reaction, _) = state.react(at, comment, login, content)?;
    Ok(Thing::Reaction(reaction))
}

fn new_label(state: &mut State, login: &str, input: &Arguments) -> Result<Thing, Failure> {
    let id = input.text("repositoryId").unwrap_or_default();
    let Node::Repository(repository) = node(state, login, id)? else { return Err(Failure::unknown_node(id)) };
    allowed(state, login, repository, Permission::Write, "CreateLabel")?;
    let (name, colour) = (input.text("name").unwrap_or_default(), input.text("color").unwrap_or_default());
    let label = state.create_label(repository, name, colour, input.text("description"), login)?;
    let label = state.label(repository, label).cloned().expect("just created");
    Ok(Thing::Label(repository, label))
}

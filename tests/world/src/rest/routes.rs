//! Every route of REST in one table, by the templates of GitHub's own description: what is not in it is not served, and what
//! is in it can be asked for by a test that wants to see all of them.

use super::{Desk, app};
use crate::http::answer::Answer;
use crate::http::ask::Ask;
use crate::state::State;

/// What a route does; the values are those of its template's placeholders, without owner and repository.
type Act = fn(&mut Desk<'_>, &[&str]) -> Answer;
/// The same for a route of the App, with the values of all its placeholders.
type AppsAct = fn(&mut State, &Ask, &[&str]) -> Answer;

/// Where the paths of one repository begin.
const REPOSITORY: &str = "/repos/{owner}/{repo}";
/// Where they begin by the id that survives renames; GitHub serves this beginning and does not describe it.
const BY_ID: &str = "/repositories/";

/// The one route of accounts.
pub(super) const USER: (&str, &str) = ("GET", "/user");

/// Routes that only an App may ask. The first that fits is taken.
const OF_THE_APP: [(&str, &str, AppsAct); 6] = [
    ("GET", "/app", |state, _, _| app::show(state)),
    ("GET", "/repos/{owner}/{repo}/installation", |state, ask, values| app::installation_at(state, ask, values[0], values[1])),
    ("POST", "/app/installations/{installation_id}/access_tokens", |state, _, values| app::access_token(state, values[0])),
    ("GET", "/app/hook/deliveries", |state, ask, _| app::list_deliveries(state, ask)),
    ("GET", "/app/hook/deliveries/{delivery_id}", |state, _, values| app::show_delivery(state, values[0])),
    ("POST", "/app/hook/deliveries/{delivery_id}/attempts", |state, _, values| app::redeliver(state, values[0])),
];

/// Routes of a repository, after its own path. The first that fits is taken.
const OF_REPOSITORIES: [(&str, &str, Act); 27] = [
    ("GET", "", |desk, _| desk.show_repository()),
    ("GET", "/labels", |desk, _| desk.list_labels()),
    ("POST", "/labels", |desk, _| desk.create_label()),
    ("GET", "/labels/{name}", |desk, values| desk.show_label(values[0])),
    ("PATCH", "/labels/{name}", |desk, values| desk.edit_label(values[0])),
    ("DELETE", "/labels/{name}", |desk, values| desk.delete_label(values[0])),
    ("GET", "/issues/comments/{comment_id}", |desk, values| desk.on_comment(values[0], Desk::show_comment)),
    ("GET", "/issues/comments/{comment_id}/reactions", |desk, values| {
        desk.on_comment(values[0], |desk, at, id| desk.list_reactions(at, Some(id)))
    }),
    ("POST", "/issues/comments/{comment_id}/reactions", |desk, values| desk.on_comment(values[0], |desk, at, id| desk.react(at, Some(id)))),
    ("GET", "/issues/{issue_number}", |desk, values| desk.on_item(values[0], Desk::show_issue)),
    ("PATCH", "/issues/{issue_number}", |desk, values| desk.on_item(values[0], Desk::edit_issue)),
    ("GET", "/issues/{issue_number}/labels", |desk, values| desk.on_item(values[0], Desk::labels_of_item)),
    ("POST", "/issues/{issue_number}/labels", |desk, values| desk.on_item(values[0], Desk::add_labels)),
    ("PUT", "/issues/{issue_number}/labels", |desk, values| desk.on_item(values[0], Desk::replace_labels)),
    ("DELETE", "/issues/{issue_number}/labels", |desk, values| desk.on_item(values[0], Desk::remove_all_labels)),
    ("DELETE", "/issues/{issue_number}/labels/{name}", |desk, values| desk.on_item(values[0], |desk, at| desk.remove_label(at, values[1]))),
    ("GET", "/issues/{issue_number}/comments", |desk, values| desk.on_item(values[0], Desk::list_comments)),
    ("POST", "/issues/{issue_number}/comments", |desk, values| desk.on_item(values[0], Desk::write_comment)),
    ("GET", "/issues/{issue_number}/reactions", |desk, values| desk.on_item(values[0], |desk, at| desk.list_reactions(at, None))),
    ("POST", "/issues/{issue_number}/reactions", |desk, values| desk.on_item(values[0], |desk, at| desk.react(at, None))),
    ("GET", "/pulls", |desk, _| desk.list_pulls()),
    ("GET", "/pulls/{pull_number}", |desk, values| desk.on_item(values[0], Desk::show_pull)),
    ("GET", "/pulls/{pull_number}/reviews", |desk, values| desk.on_item(values[0], Desk::list_reviews)),
    ("GET", "/commits/{commit_sha}/pulls", |desk, values| desk.pulls_of_commit(values[0])),
    ("GET", "/commits/{ref}/check-runs", |desk, values| desk.checks_of_commit(values[0])),
    ("GET", "/activity", |desk, _| desk.list_activity()),
    ("GET", "/collaborators/{username}/permission", |desk, values| desk.show_permission(values[0])),
];

/// The values of a template's placeholders, if the segments fit it.
fn values<'w>(template: &str, words: &[&'w str]) -> Option<Vec<&'w str>> {
    let parts: Vec<&str> = template.split('/').skip(1).collect();
    if parts.len() != words.len() {
        return None;
    }
    let mut values = Vec::new();
    for (part, word) in parts.iter().zip(words) {
        match part.starts_with('{') {
            true => values.push(*word),
            false if part == word => {}
            false => return None,
        }
    }
    Some(values)
}

/// What answers a request for a repository, and the values it is given; the words are the segments after the repository's own.
pub(super) fn of_repositories<'w>(method: &str, words: &[&'w str]) -> Option<(Act, Vec<&'w str>)> {
    OF_REPOSITORIES.iter().filter(|(of, _, _)| *of == method).find_map(|(_, template, act)| Some((*act, values(template, words)?)))
}

/// The same for what an App asks as itself; the words are all segments of the path.
pub(super) fn of_the_app<'w>(method: &str, words: &[&'w str]) -> Option<(AppsAct, Vec<&'w str>)> {
    OF_THE_APP.iter().filter(|(of, _, _)| *of == method).find_map(|(_, template, act)| Some((*act, values(template, words)?)))
}

/// Every route: its method and its path as GitHub's description writes it.
#[must_use]
pub fn routes() -> Vec<(&'static str, String)> {
    let whole = OF_THE_APP.iter().map(|(method, template, _)| (*method, *template)).chain([USER]);
    let whole = whole.map(|(method, template)| (method, template.to_owned()));
    whole.chain(OF_REPOSITORIES.iter().map(|(method, tail, _)| (*method, format!("{REPOSITORY}{tail}")))).collect()
}

/// The route that answers a request, if any does.
pub(crate) fn template(method: &str, path: &str) -> Option<String> {
    let segments = super::path::segments(path);
    let mut words: Vec<&str> = segments.iter().map(String::as_str).collect();
    if path.starts_with(BY_ID) && words.len() > 1 {
        words.splice(..2, ["repos", "", ""]);
    }
    let fits = |(of, template): &(&str, String)| *of == method && values(template, &words).is_some();
    routes().into_iter().find(fits).map(|(_, template)| template)
}

//! Accounts.

use crate::rest::path::encode;
use crate::state::State;
use crate::state::model::{Account, AccountKind};
use serde_json::{Value, json};

/// An account as it stands inside other things.
pub(crate) fn account(account: &Account) -> Value {
    let url = format!("https://api.github.com/users/{}", encode(&account.login));
    json!({
        "login": account.login, "id": account.id, "node_id": account.node_id, "site_admin": false, "gravatar_id": "",
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", account.id), "url": url,
        "followers_url": format!("{url}/followers"), "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"), "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"), "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": match account.kind { AccountKind::User => "User", AccountKind::Bot => "Bot", AccountKind::Organization => "Organization" },
        "html_url": match account.login.strip_suffix("[bot]") {
            Some(app) => format!("https://github.com/apps/{}", encode(app)),
            None => format!("https://github.com/{}", encode(&account.login)),
        },
    })
}

/// An account as `GET /user` shows it to a token that may not see what is private.
pub(crate) fn myself(one: &Account) -> Value {
    let mut shown = account(one);
    for (field, value) in [
        ("name", json!(null)),
        ("company", json!(null)),
        ("blog", json!("")),
        ("location", json!(null)),
        ("email", json!(null)),
        ("hireable", json!(null)),
        ("bio", json!(null)),
        ("twitter_username", json!(null)),
        ("public_repos", json!(0)),
        ("public_gists", json!(0)),
        ("followers", json!(0)),
        ("following", json!(0)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("updated_at", json!("2020-01-01T00:00:00Z")),
    ] {
        shown[field] = value;
    }
    shown
}

/// The account of a login, or null for an account that GitHub does not know any more.
pub(crate) fn user(state: &State, login: &str) -> Value {
    state.known_account(login).map_or(Value::Null, account)
}

/// An organisation as webhooks name it besides the repository; null for any other account.
pub(crate) fn organization(state: &State, login: &str) -> Value {
    let Some(one) = state.known_account(login).filter(|one| one.kind == AccountKind::Organization) else { return Value::Null };
    let url = format!("https://api.github.com/orgs/{}", encode(&one.login));
    json!({
        "login": one.login, "id": one.id, "node_id": one.node_id, "url": url, "description": "",
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"), "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"), "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", one.id),
    })
}

//! A request, read once: what it wants from which object.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `/version`, `/healthz` and their like.
    Page(String),
    /// `/api`.
    Core,
    /// `/apis`.
    Groups,
    /// `/apis/<group>`.
    Group(String),
    /// `/api/v1`, `/apis/<group>/<version>`.
    Resources { group: String, version: String },
    /// Objects.
    Objects { group: String, version: String, at: Place },
}

/// Which objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
}

impl Target {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let decoded = path.split('/').filter(|part| !part.is_empty()).map(|part| percent_decode_str(part).decode_utf8().ok());
        let parts: Vec<String> = decoded.map(|part| part.map(|part| part.to_string())).collect::<Option<_>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts[..] {
            ["api"] => return Some(Self::Core),
            ["apis"] => return Some(Self::Groups),
            ["apis", group] => return Some(Self::Group(group.to_owned())),
            ["api", version] => return Some(Self::Resources { group: String::new(), version: version.to_owned() }),
            ["apis", group, version] => return Some(Self::Resources { group: group.to_owned(), version: version.to_owned() }),
            ["api", version, ref rest @ ..] => ("", version, rest),
            ["apis", group, version, ref rest @ ..] => (group, version, rest),
            _ => return Some(Self::Page(path.to_owned())),
        };
        Some(Self::Objects { group: group.to_owned(), version: version.to_owned(), at: Place::of(rest)? })
    }
}

impl Place {
    fn of(parts: &[&str]) -> Option<Self> {
        let (namespace, parts) = match parts {
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => (None, parts),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            _ => (None, parts),
        };
        let mut parts = parts.iter().map(ToString::to_string);
        let place = Self { resource: parts.next()?, namespace, name: parts.next(), subresource: parts.next() };
        parts.next().is_none().then_some(place)
    }
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub token: Option<String>,
    /// Without parameters.
    pub content_type: String,
    pub accept: String,
    pub body: Bytes,
    pub target: Option<Target>,
    /// As authorization calls it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: &'static str,
}

impl Ask {
    pub(crate) fn new(head: &Parts, body: Bytes) -> Self {
        let path = head.uri.path().to_owned();
        let query = pairs(head.uri.query().unwrap_or_default());
        let target = Target::of(&path);
        let named = matches!(&target, Some(Target::Objects { at, .. }) if at.name.is_some());
        let watches = query.iter().any(|(key, value)| key == "watch" && matches!(value.as_str(), "true" | "1" | ""));
        let verb = match head.method {
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if named => "delete",
            Method::DELETE => "deletecollection",
            _ if named || !matches!(target, Some(Target::Objects { .. })) => "get",
            _ if watches => "watch",
            _ => "list",
        };
        let content_type = text(&head.headers, header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_owned();
        let bearer = text(&head.headers, header::AUTHORIZATION).split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = bearer.map(|(_, token)| token.trim().to_owned());
        let accept = text(&head.headers, header::ACCEPT).to_owned();
        Self { method: head.method.clone(), path, query, token, content_type, accept, body, target, verb }
    }

    /// A query parameter; empty when it is absent.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn place(&self) -> Option<&Place> {
        if let Some(Target::Objects { at, .. }) = &self.target { Some(at) } else { None }
    }

    /// The object's name: by the path, or for a new one by the body.
    pub(crate) fn name(&self) -> Option<String> {
        let place = self.place()?;
        let told = || serde_json::from_slice::<Value>(&self.body).ok()?.pointer("/metadata/name")?.as_str().map(str::to_owned);
        place.name.clone().or_else(|| if self.verb == "create" { told() } else { None })
    }

    /// Whether it could change something.
    pub(crate) fn is_write(&self) -> bool {
        self.method != Method::GET && self.method != Method::HEAD
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let split = query.split('&').filter(|pair| !pair.is_empty());
    split.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| (decode(key), decode(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Place, Target};

    fn place(path: &str) -> (String, Option<String>, Option<String>, Option<String>) {
        let Some(Target::Objects { at: Place { resource, namespace, name, subresource }, .. }) = Target::of(path) else { panic!("{path}") };
        (resource, namespace, name, subresource)
    }

    #[test]
    fn a_path_says_resource_namespace_name_and_subresource() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(place("/api/v1/configmaps"), ("configmaps".to_owned(), None, None, None));
        assert_eq!(place("/api/v1/namespaces/n"), ("namespaces".to_owned(), None, some("n"), None));
        assert_eq!(place("/api/v1/namespaces/n/status"), ("namespaces".to_owned(), None, some("n"), some("status")));
        assert_eq!(place("/api/v1/namespaces/n/configmaps"), ("configmaps".to_owned(), some("n"), None, None));
        assert_eq!(place("/apis/g/v1/namespaces/n/runs/a/status"), ("runs".to_owned(), some("n"), some("a"), some("status")));
        assert_eq!(Target::of("/apis/g/v1/namespaces/n/runs/a/status/x"), None);
        assert_eq!(Target::of("/apis/g"), Some(Target::Group("g".to_owned())));
    }
}

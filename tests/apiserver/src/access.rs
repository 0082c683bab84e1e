//! Who may do what: bearer tokens, and rules as a Role has them.

use crate::ask::{Ask, Place};
use crate::selector::Selector;
use crate::status::Refusal;
use serde_json::Value;

/// What an account may do: these verbs on these resources, in one namespace or in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
    names: Vec<String>,
    namespace: Option<String>,
}

impl Rule {
    /// Allows `verbs` on `resources` of a group (`""` is the core group) everywhere. `*` stands for all; a subresource is written
    /// `coderuns/status`.
    #[must_use]
    pub fn allow(group: &str, resources: &[&str], verbs: &[&str]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Self { groups: vec![group.to_owned()], resources: owned(resources), verbs: owned(verbs), ..Self::default() }
    }

    /// One rule for each row of a table: group, plural of a resource, verbs.
    #[must_use]
    pub fn of_table<'a>(table: impl IntoIterator<Item = &'a (&'a str, &'a str, &'a [&'a str])>) -> Vec<Self> {
        table.into_iter().map(|(group, plural, verbs)| Self::allow(group, &[plural], verbs)).collect()
    }

    /// Only in this namespace, as a Role allows it.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Only objects of these names.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(ToString::to_string).collect();
        self
    }

    /// The rules of a Role or ClusterRole, as its manifest has them. A Role's namespace holds for all of them.
    #[must_use]
    pub fn of_role(role: &Value) -> Vec<Self> {
        let texts = |rule: &Value, field: &str| {
            rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let namespace = role.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        let rule = |rule: &Value| Self {
            groups: texts(rule, "apiGroups"),
            resources: texts(rule, "resources"),
            verbs: texts(rule, "verbs"),
            names: texts(rule, "resourceNames"),
            namespace: namespace.clone(),
        };
        role["rules"].as_array().into_iter().flatten().map(rule).collect()
    }

    fn allows(&self, verb: &str, group: &str, resource: &str, namespace: Option<&str>, name: Option<&str>) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
        let named = self.names.is_empty() || name.is_some_and(|name| self.names.iter().any(|one| one == name));
        let here = self.namespace.is_none() || self.namespace.as_deref() == namespace;
        has(&self.verbs, verb) && has(&self.groups, group) && has(&self.resources, resource) && named && here
    }
}

/// Somebody who is known by a token.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub user: String,
    /// Absent: everything is allowed.
    pub rules: Option<Vec<Rule>>,
}

impl Account {
    pub(crate) fn new(user: &str, rules: Option<Vec<Rule>>) -> Self {
        Self { user: user.to_owned(), rules }
    }

    /// Whoever shows no token at all.
    pub(crate) fn anonymous() -> Self {
        Self::new("system:anonymous", Some(Vec::new()))
    }

    /// Whether the account may do what is asked.
    pub(crate) fn check(&self, ask: &Ask, group: &str, at: &Place) -> Result<(), Refusal> {
        // A list of one name is decided by that name.
        let selector = Selector::read("", ask.parameter("fieldSelector")).unwrap_or_default();
        self.decide(ask.verb, group, at, at.name.as_deref().or(selector.name()))
    }

    /// Whether a PUT may create.
    pub(crate) fn check_create(&self, group: &str, at: &Place) -> Result<(), Refusal> {
        self.decide("create", group, at, at.name.as_deref())
    }

    fn decide(&self, verb: &str, group: &str, at: &Place, name: Option<&str>) -> Result<(), Refusal> {
        let resource = at.subresource.as_ref().map_or_else(|| at.resource.clone(), |sub| format!("{}/{sub}", at.resource));
        let namespace = at.namespace.as_deref();
        let allowed = |rules: &Vec<Rule>| rules.iter().any(|rule| rule.allows(verb, group, &resource, namespace, name));
        if self.rules.as_ref().is_none_or(allowed) {
            return Ok(());
        }
        let place = namespace.map_or_else(|| "at the cluster scope".to_owned(), |namespace| format!("in the namespace \"{namespace}\""));
        let why = format!("User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}", self.user);
        Err(Refusal::forbidden(group, &at.resource, at.name.as_deref().unwrap_or_default(), &why))
    }
}

//! GraphQL: whether a request fits GitHub's schema, its answer what it asked for, and another schema is a part of GitHub's.

use crate::{shown, subset};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::Value;

/// How apollo's message on a field that is defined twice begins.
const DEFINED_TWICE: &str = "duplicate definitions for the `";

/// A schema.
#[derive(Debug)]
pub struct GraphQl(Valid<Schema>);

impl GraphQl {
    /// From the schema language. A field that is defined twice is taken as it is defined first: GitHub's own schema has some.
    ///
    /// # Errors
    /// What else is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        match Schema::parse_and_validate(text, "schema.graphql") {
            Ok(schema) => Ok(Self(schema)),
            Err(wrong) => {
                let grave: Vec<String> =
                    wrong.errors.iter().map(|one| one.error.to_string()).filter(|told| !told.starts_with(DEFINED_TWICE)).collect();
                if grave.is_empty() { Ok(Self(Valid::assume_valid(wrong.partial))) } else { Err(grave.join("; ")) }
            }
        }
    }

    fn document(&self, query: &str) -> Result<Valid<ExecutableDocument>, String> {
        ExecutableDocument::parse_and_validate(&self.0, query, "document.graphql").map_err(|wrong| wrong.errors.to_string())
    }

    /// What is wrong with a request's document and variables.
    #[must_use]
    pub fn mistakes(&self, query: &str, variables: &Value) -> Vec<String> {
        let document = match self.document(query) {
            Ok(document) => document,
            Err(wrong) => return vec![wrong],
        };
        let given: JsonMap = match serde_json::from_value(variables.clone()) {
            Ok(given) => given,
            Err(error) => return vec![format!("the variables are no object: {error}")],
        };
        let mut wrong = Vec::new();
        for operation in document.operations.iter() {
            let known = |name: &str| operation.variables.iter().any(|variable| variable.name == name);
            wrong.extend(
                given.keys().filter(|name| !known(name.as_str())).map(|name| format!("no variable ${} is declared", name.as_str())),
            );
            if let Err(error) = coerce_variable_values(&self.0, operation, &given) {
                wrong.push(error.message().to_string());
            }
        }
        wrong
    }

    /// What is wrong with the data that answers a document: fields that were not asked for or are missing, null where null must not be,
    /// values of another type. Where there are errors besides, a field may be missing its data.
    #[must_use]
    pub fn answer_mistakes(&self, query: &str, data: &Value) -> Vec<String> {
        match self.document(query) {
            Err(wrong) => vec![wrong],
            Ok(document) => document.operations.iter().flat_map(|one| shown::mistakes(&self.0, &document, one, data)).collect(),
        }
    }

    /// Where another schema is no part of this one: types, fields, arguments and values that are not here, or are different.
    #[must_use]
    pub fn subset_mistakes(&self, part: &Self) -> Vec<String> {
        subset::mistakes(&part.0, &self.0)
    }

    /// Names of the fields of an object type in the order of the schema, each with the names of its arguments and the type that its
    /// value has when lists and non-null marks are left off.
    #[must_use]
    pub fn fields(&self, object: &str) -> Vec<(String, Vec<String>, String)> {
        let fields = self.0.get_object(object).into_iter().flat_map(|object| object.fields.values());
        let names = |field: &apollo_compiler::ast::FieldDefinition| field.arguments.iter().map(|one| one.name.to_string()).collect();
        fields.map(|field| (field.name.to_string(), names(field), field.ty.inner_named_type().to_string())).collect()
    }

    /// Whether one selects from values of this type rather than being shown them.
    #[must_use]
    pub fn is_composite(&self, name: &str) -> bool {
        self.0.types.get(name).is_some_and(|named| named.is_object() || named.is_interface() || named.is_union())
    }

    /// Names of all object types.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let own = self.0.types.iter().filter(|(_, named)| named.is_object() && !named.is_built_in());
        own.map(|(name, _)| name.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SDL: &str = "
        type Query { repository(owner: String!, state: State = OPEN): Repository }
        enum State { OPEN CLOSED }
        interface Actor { login: String! }
        type User implements Actor { login: String! id: Int }
        type Bot implements Actor { login: String! slug: String! }
        scalar DateTime scalar BigInt scalar GitObjectID scalar URI
        type Repository { id: ID! big: BigInt oid: GitObjectID url: URI name: String! at: DateTime state: State by: Actor all: [Actor!]! }";

    fn schema() -> GraphQl {
        GraphQl::new(SDL).expect("a good schema")
    }

    #[test]
    fn a_schema_may_define_a_field_twice_and_nothing_worse() {
        assert!(GraphQl::new("type Query { a: Int a: Int }").is_ok());
        assert!(GraphQl::new("type Query { a: Itn }").expect_err("an unknown type").contains("Itn"));
    }

    #[test]
    fn every_planted_mistake_in_a_document_is_found() {
        let wrong = |query: &str, variables: Value| schema().mistakes(query, &variables).join("\n");
        let good = "query($o:String!,$s:State){ repository(owner:$o,state:$s){ id by { ...a } } } fragment a on Actor { login ... on User { id } }";
        assert_eq!(wrong(good, json!({ "o": "acme", "s": "CLOSED" })), "");
        for (from, to, told) in [
            ("{ id", "{ di", "di"),
            ("owner:$o,", "", "owner"),
            ("owner:", "owners:", "owners"),
            ("$o:String!", "$o:Int!", "$o"),
            ("state:$s", "state:OPNE", "OPNE"),
            ("...a ", "...b ", "b"),
            ("on User { id }", "on User { slug }", "slug"),
            ("on User { id }", "on Repository { id }", "Repository"),
            ("by { ...a }", "by", "by"),
            ("$s:State", "$s:State,$t:Int", "$t"),
        ] {
            let planted = good.replacen(from, to, 1);
            let told_of = wrong(&planted, json!({ "o": "acme" }));
            assert!(told_of.contains(told), "{planted}: {told_of:?}");
        }
        for variables in
            [json!({}), json!({ "o": null }), json!({ "o": 1 }), json!({ "o": "acme", "s": "OPNE" }), json!({ "o": "a", "x": 1 })]
        {
            assert_ne!(wrong(good, variables.clone()), "", "{variables}");
        }
    }

    #[test]
    fn every_planted_mistake_in_an_answer_is_found() {
        let query = "{ repository(owner:\"a\"){ id big oid url at state by { __typename login ... on User { id } } all { login ... on Bot { slug } } } }";
        let wrong = |data: &Value| schema().answer_mistakes(query, data).join("\n");
        let good = json!({ "repository": {
            "id": "R_1", "big": "4294967296", "oid": "a".repeat(40), "url": "https://github.com/acme", "at": "2026-11-20T12:00:00Z", "state": null, "by": { "__typename": "User", "login": "ada", "id": 1 },
            "all": [{ "login": "bot", "slug": "bot" }, { "login": "ada" }],
        } });
        assert_eq!(wrong(&good), "");
        assert_eq!(wrong(&json!({ "repository": null })), "");
        for (place, planted, told) in [
            ("/repository/id", json!(null), "repository.id"),
            ("/repository/id", json!(1), "repository.id"),
            ("/repository/id", json!(""), "repository.id"),
            ("/repository/big", json!(4_294_967_296_u64), "repository.big"),
            ("/repository/oid", json!("a".repeat(39)), "repository.oid"),
            ("/repository/url", json!("acme"), "repository.url"),
            ("/repository/at", json!("yesterday"), "repository.at"),
            ("/repository/state", json!("OPNE"), "repository.state"),
            ("/repository/by", json!([]), "repository.by"),
            ("/repository/by/__typename", json!("Repository"), "repository.by"),
            ("/repository/by/id", json!("1"), "repository.by.id"),
            ("/repository/by/login", json!(null), "repository.by.login"),
            ("/repository/all", json!(null), "repository.all"),
            ("/repository/all/0", json!(null), "repository.all.0"),
            ("/repository/all/0/slug", json!(null), "repository.all.0.slug"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(place).expect("a place in the answer") = planted;
            assert!(wrong(&bad).contains(told), "{place}: {:?}", wrong(&bad));
        }
        let mut bad = good.clone();
        bad["repository"]["name"] = "a".into();
        assert!(wrong(&bad).contains("repository.name"), "not asked for");
        let mut bad = good;
        bad["repository"].as_object_mut().expect("an object").remove("state");
        assert!(wrong(&bad).contains("repository.state"), "missing");
    }

    #[test]
    fn every_planted_mistake_in_a_partial_schema_is_found() {
        let wrong = |part: &str| schema().subset_mistakes(&GraphQl::new(part).expect("a good schema")).join("\n");
        let part = "type Query { repository(owner: String!): Repository } enum State { OPEN } type Repository { id: ID! state: State by: Actor } \
                    interface Actor { login: String! } type User implements Actor { login: String! }";
        assert_eq!(wrong(part), "");
        for (from, to, told) in [
            ("id: ID!", "id: ID", "Repository.id"),
            ("id: ID!", "di: ID!", "Repository.di"),
            ("owner: String!", "owner: String", "Query.repository(owner)"),
            ("owner: String!", "owner: String!, name: String", "Query.repository(name)"),
            ("enum State { OPEN }", "enum State { OPNE }", "State.OPNE"),
            ("User implements Actor", "Robot implements Actor", "Robot"),
            ("type User implements Actor", "type Team { id: ID } type User implements Actor", "Team"),
        ] {
            let planted = part.replacen(from, to, 1);
            assert!(wrong(&planted).contains(told), "{planted}: {:?}", wrong(&planted));
        }
    }
}

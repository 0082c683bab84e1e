//! What a watch sees of a run: any object that can be read as one at all, with everything that a place could lead to.

use crate::runs::facts::metadata;
use crate::runs::pick::{Picked, Wanted};
use crate::runs::place::STEPS;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::api::ApiResource;
use kube::core::DynamicResourceScope;
use serde::de::{Deserialize, DeserializeSeed, Deserializer};
use std::borrow::Cow;

/// An object as a watch shows it. It is read whatever stands in it: one that could not be would end the watch for all.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    /// Name, uid and version, which the watch itself goes by.
    meta: ObjectMeta,
    /// What stands in it.
    pub(super) picked: Picked,
}

impl<'de> Deserialize<'de> for Sight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let picked = Wanted::near(STEPS).deserialize(deserializer)?;
        let text = |field: &str| metadata(&picked, field).text().map(str::to_owned);
        let meta = ObjectMeta {
            name: text("name"),
            namespace: text("namespace"),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Self { meta, picked })
    }
}

impl Resource for Sight {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.kind)
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.group)
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.version)
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.api_version)
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.plural)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

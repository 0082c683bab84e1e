//! The folder of GitHub's descriptions, as `cargo xtask descriptions` leaves it.

use crate::{GraphQl, Rest, Webhooks};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Names the folder when it is not the usual one.
const FOLDER: &str = "PAWL_DESCRIPTIONS";
/// The usual one, below the build folder.
const USUAL: &str = "descriptions";

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// The file cannot be read.
    #[error("{path} cannot be read ({error}); cargo xtask descriptions fetches it", path = path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What is in it is no description.
    #[error("{path} is no description ({why}); delete its folder and run cargo xtask descriptions", path = path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Descriptions(PathBuf);

impl Descriptions {
    /// The folder that `PAWL_DESCRIPTIONS` names, else `descriptions` in the build folder that the running test lies in.
    #[must_use]
    pub fn usual() -> Self {
        let named = env::var_os(FOLDER).map(PathBuf::from);
        let beside = || env::current_exe().ok().and_then(|own| own.ancestors().nth(3).map(|target| target.join(USUAL)));
        Self(named.or_else(beside).unwrap_or_else(|| Path::new("target").join(USUAL)))
    }

    /// REST, of github.com.
    ///
    /// # Errors
    /// When it is not there or not readable.
    pub fn rest(&self) -> Result<Rest, Missing> {
        Ok(Rest::new(self.json("openapi/generated/api.github.com.json")?))
    }

    /// Webhooks, of github.com.
    ///
    /// # Errors
    /// When it is not there or not readable.
    pub fn webhooks(&self) -> Result<Webhooks, Missing> {
        Ok(Webhooks::new(self.json("openapi-webhooks/generated/api.github.com.json")?))
    }

    /// GraphQL.
    ///
    /// # Errors
    /// When it is not there or no valid schema.
    pub fn graphql(&self) -> Result<GraphQl, Missing> {
        let (path, text) = self.text("graphql-schema/schema.graphql")?;
        GraphQl::new(&text).map_err(|why| Missing::Unfit { path, why })
    }

    fn text(&self, name: &str) -> Result<(PathBuf, String), Missing> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(Missing::Unread { path, error }),
        }
    }

    fn json(&self, name: &str) -> Result<Value, Missing> {
        let (path, text) = self.text(name)?;
        serde_json::from_str(&text).map_err(|error| Missing::Unfit { path, why: error.to_string() })
    }
}

//! Connections: `first`, `last`, `after`, `before`, and what comes out.

use super::Failure;
use super::resolve::{Arguments, Found, Thing};
use serde_json::Value;

/// Most nodes that one connection gives at once.
const MOST_AT_ONCE: i64 = 100;

/// One page of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Position of the first node in the whole list.
    start: usize,
    nodes: Vec<Thing>,
    /// Length of the list that was paged.
    filtered: usize,
    /// Length before any filter.
    total: usize,
    /// For `viewerHasReacted`.
    viewer_in_it: bool,
    /// For a timeline's `updatedAt`.
    updated_at: i64,
}

/// Opaque, as GitHub's are: digits turned to hexadecimal.
fn cursor(position: usize) -> String {
    hex::encode(format!("cursor:v2:{position}"))
}

fn position(name: &str, cursor: &str) -> Result<usize, Failure> {
    let decoded = hex::decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let position = decoded.and_then(|text| text.strip_prefix("cursor:v2:").and_then(|digits| digits.parse().ok()));
    position
        .ok_or_else(|| Failure::new("INVALID_CURSOR_ARGUMENTS", format!("`{cursor}` does not appear to be a valid cursor of `{name}`.")))
}

/// Pages a list as the arguments say. `total` counts what a filter left out as well.
pub(crate) fn page(name: &str, arguments: &Arguments, all: Vec<Thing>, total: usize) -> Result<Page, Failure> {
    let (first, last) = (arguments.number("first"), arguments.number("last"));
    if first.is_none() && last.is_none() {
        let message = format!("You must provide a `first` or `last` value to properly paginate the `{name}` connection.");
        return Err(Failure::new("MISSING_PAGINATION_BOUNDARIES", message));
    }
    for (bound, which) in [(first, "first"), (last, "last")] {
        if let Some(bound) = bound.filter(|bound| *bound > MOST_AT_ONCE) {
            let message =
                format!("Requesting {bound} records on the `{name}` connection exceeds the `{which}` limit of {MOST_AT_ONCE} records.");
            return Err(Failure::new("EXCESSIVE_PAGINATION", message));
        }
    }
    let filtered = all.len();
    let mut start = 0;
    let mut end = filtered;
    if let Some(after) = arguments.text("after") {
        start = (position(name, after)? + 1).min(end);
    }
    if let Some(before) = arguments.text("before") {
        end = position(name, before)?.clamp(start, end);
    }
    let size = |bound: i64| usize::try_from(bound).unwrap_or(0);
    if let Some(first) = first {
        end = end.min(start + size(first));
    }
    if let Some(last) = last {
        start = start.max(end.saturating_sub(size(last)));
    }
    let nodes = all.into_iter().skip(start).take(end - start).collect();
    Ok(Page { start, nodes, filtered, total, viewer_in_it: false, updated_at: 0 })
}

impl Page {
    pub(crate) fn viewer_in_it(self, viewer_in_it: bool) -> Self {
        Self { viewer_in_it, ..self }
    }

    pub(crate) fn updated_at(self, updated_at: i64) -> Self {
        Self { updated_at, ..self }
    }

    pub(crate) fn field(&self, field: &str) -> Option<Found> {
        Some(match field {
            "nodes" => Found::Many(self.nodes.iter().cloned().map(Some).collect()),
            "edges" => {
                let edges =
                    self.nodes.iter().enumerate().map(|(index, node)| Thing::Edge(cursor(self.start + index), Box::new(node.clone())));
                Found::Many(edges.map(Some).collect())
            }
            "totalCount" | "checkRunCount" => Found::Value(self.total.into()),
            "filteredCount" => Found::Value(self.filtered.into()),
            "pageCount" => Found::Value(self.nodes.len().into()),
            "viewerHasReacted" => Found::Value(self.viewer_in_it.into()),
            "updatedAt" => Found::Value(crate::clock::written(self.updated_at).into()),
            "pageInfo" => Found::One(Thing::PageInfo(Box::new(self.clone()))),
            _ => return None,
        })
    }

    pub(crate) fn info(&self, field: &str) -> Option<Found> {
        let end = self.start + self.nodes.len();
        Some(Found::Value(match field {
            "hasNextPage" => (end < self.filtered).into(),
            "hasPreviousPage" => (self.start > 0).into(),
            "startCursor" if !self.nodes.is_empty() => cursor(self.start).into(),
            "endCursor" if !self.nodes.is_empty() => cursor(end - 1).into(),
            "startCursor" | "endCursor" => Value::Null,
            _ => return None,
        }))
    }
}

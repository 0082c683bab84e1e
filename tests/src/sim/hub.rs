//! The pull request of the stories.

use super::people::{IMPLEMENTER, PERSON, STRANGER, account};
use pawl_core::facts::LabelChange;
use pawl_core::news::Permission;
pub use pawl_workbench::play::{BRANCH, Hub, at};

/// Open, with one push by the implementation agent and labels that are none of ours, though one looks like it.
#[must_use]
pub fn opened() -> Hub {
    let mut hub = Hub::opened_by(&account(IMPLEMENTER), [(PERSON, Permission::Write), (STRANGER, Permission::Read)]);
    for label in ["size/L", "iteration-planning"] {
        hub.move_label(&account(PERSON), label, LabelChange::Added, 0);
    }
    hub
}

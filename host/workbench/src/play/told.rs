//! What is told of what happens, and whether facts show it as well.

use super::hub::at;
use pawl_core::facts::{LabelChange, LabelEvent};
use pawl_core::news::{Actor, Event, News};

/// Something that was told, and whether facts show it as well, so that the telling may be lost.
#[derive(Debug, Clone)]
pub struct Told {
    /// The news; when it arrives is up to the world.
    pub news: News,
    /// Whether facts show it.
    pub is_shown: bool,
}

impl Told {
    fn new(id: String, actor: Option<Actor>, event: Event, second: i64, is_shown: bool) -> Self {
        Self { news: News { id, at: at(second), arrived: at(second), actor, event }, is_shown }
    }

    /// Facts show it too.
    #[must_use]
    pub fn shown(id: String, actor: Option<Actor>, event: Event, second: i64) -> Self {
        Self::new(id, actor, event, second, true)
    }

    /// Facts do not show it: who is not told never knows.
    #[must_use]
    pub fn only_told(id: String, actor: Option<Actor>, event: Event, second: i64) -> Self {
        Self::new(id, actor, event, second, false)
    }

    /// A label event, as its webhook tells it. The delivery's id is the only one that it has.
    #[must_use]
    pub fn label(event: &LabelEvent, by: &Actor, second: i64) -> Self {
        let label = event.label.to_string();
        let told = match event.change {
            LabelChange::Added => Event::Labelled { label },
            LabelChange::Removed => Event::Unlabelled { label },
        };
        Self::shown(News::label_id(&event.id), Some(by.clone()), told, second)
    }
}

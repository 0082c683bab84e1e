//! What is right although GitHub's description does not say so. Each row has a reason, and each must be needed.

/// A status that GitHub answers and does not describe.
pub struct Undescribed {
    pub status: u16,
    /// Where; absent for everywhere.
    pub route: Option<&'static str>,
    pub why: &'static str,
}

/// An answer that differs from its description.
pub struct Different {
    /// How the route ends, or the event.
    pub at: &'static str,
    /// A part of the mistake as it is told.
    pub mistake: &'static str,
    pub why: &'static str,
}

pub const UNDESCRIBED: &[Undescribed] = &[];

pub const DIFFERENT: &[Different] = &[];

/// Which exceptions were needed.
#[derive(Default)]
pub struct Needed(Vec<&'static str>);

impl Needed {
    /// Whether a status may come although it is not described.
    pub fn status(&mut self, route: &str, status: u16) -> bool {
        let row = UNDESCRIBED.iter().find(|row| row.status == status && row.route.is_none_or(|one| one == route));
        self.0.extend(row.map(|row| row.why));
        row.is_some()
    }

    /// Whether a mistake is none.
    pub fn difference(&mut self, at: &str, mistake: &str) -> bool {
        let row = DIFFERENT.iter().find(|row| at.ends_with(row.at) && mistake.contains(row.mistake));
        self.0.extend(row.map(|row| row.why));
        row.is_some()
    }

    /// Reasons of rows, of those given, that nothing needs any more.
    pub fn idle(&self, rows: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
        rows.into_iter().filter(|why| !self.0.contains(why)).collect()
    }
}

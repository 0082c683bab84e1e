//! What is right although GitHub's description does not say so. Each row has a reason, and each must be needed.

/// A status that GitHub answers and does not describe.
pub struct Undescribed {
    pub status: u16,
    /// Where; absent for everywhere.
    pub route: Option<&'static str>,
    pub why: &'static str,
}

/// Something that differs from its description.
pub struct Different {
    /// How its route or its place ends; empty for everywhere.
    pub at: &'static str,
    /// A part of the mistake as it is told.
    pub mistake: &'static str,
    pub why: &'static str,
}

pub const UNDESCRIBED: &[Undescribed] = &[
    Undescribed { status: 301, route: None, why: "every path of a repository that was renamed leads on" },
    Undescribed { status: 400, route: None, why: "a body that is no JSON is refused before a route is looked at" },
    Undescribed { status: 401, route: None, why: "a bad token is refused before a route is looked at" },
    Undescribed { status: 403, route: None, why: "limits, suspensions and lesser permissions refuse before a route is looked at" },
    Undescribed { status: 404, route: None, why: "what the asker may not see is not found, whatever the route" },
    Undescribed { status: 429, route: None, why: "the other status that GitHub documents for its limits" },
    Undescribed { status: 502, route: None, why: "GitHub is unwell at times" },
    Undescribed {
        status: 422,
        route: Some("/repos/{owner}/{repo}/labels/{name}"),
        why: "a label cannot be given a name that is taken, as when it is created, where 422 is described",
    },
    Undescribed {
        status: 422,
        route: Some("/repos/{owner}/{repo}/commits/{commit_sha}/pulls"),
        why: "a commit that is not there is answered so, though only its other answers are described",
    },
];

/// In REST.
pub const DIFFERENT: &[Different] = &[
    Different { at: "", mistake: "('status' was unexpected)", why: "every error names its status; only the plain shape says so" },
    Different { at: "/pulls", mistake: "/labels/0/description: value is not of type \"string\"", why: "null where labels are described" },
    Different {
        at: "/pulls/{pull_number}",
        mistake: "/head/repo: value is not of type",
        why: "null when the fork is gone, as in webhooks",
    },
];

/// In webhooks.
pub const DIFFERENT_IN_HOOKS: &[Different] = &[Different {
    at: "push",
    mistake: "[bot]@users.noreply.github.com",
    why: "the addresses that GitHub makes up for bots hold brackets, which the format does not allow",
}];

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

    /// Whether a mistake is none, by one of these rows.
    pub fn difference(&mut self, rows: &[Different], at: &str, mistake: &str) -> bool {
        let row = rows.iter().find(|row| at.ends_with(row.at) && mistake.contains(row.mistake));
        self.0.extend(row.map(|row| row.why));
        row.is_some()
    }

    /// Reasons, of those given, that nothing needs any more.
    pub fn idle(&self, reasons: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
        reasons.into_iter().filter(|why| !self.0.contains(why)).collect()
    }
}

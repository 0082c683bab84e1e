//! The stage of a storm: a world with one pull request, and what happens in stories, told on it.

use pawl_core::news::{Event, News};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_core::{Timestamp, label::Label};
use pawl_tests::sim::bundled::bundled;
use pawl_tests::sim::people::{IMPLEMENTER, PERSON, QA};
use pawl_tests::sim::story::Happening;
use pawl_world::{Permission, Pull, Repo, Settings, Verdict, World};
use std::collections::BTreeMap;

/// Owners that the repository may belong to.
const OWNERS: [&str; 2] = ["acme", "globex"];

/// A world, its repository and its pull request.
#[derive(Debug)]
pub struct Stage {
    /// GitHub.
    pub world: World,
    /// The repository.
    pub repo: Repo,
    /// The pull request.
    pub pull: Pull,
    first: String,
}

impl Stage {
    /// An open pull request with one push by the implementation agent and two labels that are none of ours, as in the model. Its
    /// webhooks so far were told to nobody.
    pub fn new(is_app: bool, is_private: bool) -> Self {
        let world = World::within(&Settings { time_runs: true, ..Settings::default() });
        let repo = world.repository("acme/shop");
        if is_private {
            repo.make_private();
        }
        for login in [PERSON, IMPLEMENTER, QA] {
            repo.grant(login, Permission::Write);
        }
        if is_app {
            for owner in OWNERS {
                world.install_app(owner);
            }
        }
        let pull = repo.open_pull(IMPLEMENTER, "task-3");
        pull.label_by(PERSON, "size/L").label_by(PERSON, "iteration-planning");
        let _ = world.take_waiting();
        let first = pull.head();
        Self { world, repo, pull, first }
    }

    /// The subject, by its present names.
    pub fn subject(&self) -> Subject {
        let repository = Repository { id: self.repo.id(), owner: self.repo.owner(), name: self.repo.name() };
        Subject { repository, number: self.pull.number(), kind: SubjectKind::PullRequest }
    }

    /// Something happens. Answers the signals that agents send of it; webhooks wait in the world.
    pub fn happen(&self, happening: &Happening) -> Vec<News> {
        let pull = &self.pull;
        match happening {
            Happening::Signal(name, parameters) => return vec![self.signal(name, parameters, 0)],
            Happening::SignalForHead(name) => return vec![self.signal(name, &[("commit", pull.head())], 0)],
            Happening::ChangesRequested => {
                pull.review(QA, Verdict::ChangesRequested);
            }
            Happening::ToldTwice => {
                pull.review(QA, Verdict::ChangesRequested);
                return vec![self.signal("tess_feedback_received", &[], 1)];
            }
            Happening::Approved => {
                pull.review(QA, Verdict::Approved);
            }
            Happening::ApprovedOld => {
                pull.review_with(QA, Verdict::Approved, "", Some(&self.first));
            }
            Happening::Pushed(login) => {
                pull.push_by(login);
            }
            Happening::Labelled(login, name) => {
                pull.label_by(login, name);
            }
            Happening::Unlabelled(login, name) => {
                pull.unlabel_by(login, name);
            }
            Happening::Command(login, verb) => {
                pull.comment(login, &format!("/pawl {verb}"));
            }
            Happening::Merged => {
                pull.merge_by(PERSON);
            }
            Happening::Closed => {
                pull.close_by(PERSON);
            }
            Happening::Reopened => {
                pull.reopen_by(PERSON);
            }
        }
        Vec::new()
    }

    fn signal(&self, name: &str, parameters: &[(&'static str, String)], later: i64) -> News {
        let second = self.world.now() + later;
        let at = Timestamp::from_second(second).expect("stories last no thousand years");
        let parameters: BTreeMap<String, String> = parameters.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let event = Event::Signal { name: name.to_owned(), parameters };
        News { id: News::signal_id(&format!("{name}-{second}")), at, arrived: at, actor: None, event }
    }

    /// Labels, sorted: the policy's own, and all others.
    pub fn labels(&self) -> (Vec<String>, Vec<String>) {
        let mut labels = self.pull.labels();
        labels.sort();
        labels.into_iter().partition(|name| bundled().owns(&Label::new(name.as_str())))
    }
}

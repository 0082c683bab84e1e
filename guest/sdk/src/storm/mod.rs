//! A storm: the same happenings, told badly.
//!
//! GitHub promises neither order nor delivery of webhooks, senders repeat themselves, and several replicas take turns. A
//! storm plays a list of happenings twice on a small model of subject and host: once undisturbed, each told at once, and
//! once with the news late, doubled, out of order, and lost where the facts show it again. Both must end in the same
//! labels, and the [`laws`] must hold after each step.
//!
//! ```
//! use pawl_sdk::{prelude::*, storm::{Happening, Storm}};
//!
//! struct Praise;
//! impl Policy for Praise {
//!     fn manifest() -> Manifest {
//!         Manifest::named("praise", "0.1.0", "Marks approved work.")
//!             .owning("praised", "0e8a16", "Somebody approved it")
//!             .needing(Needs::REVIEWS)
//!             .waking_on(Wakes::REVIEWS)
//!             .knowing("quiet", "Nobody approved it.", false)
//!             .knowing("praised", "Somebody approved it.", false)
//!     }
//!     fn decide(facts: &Facts) -> Result<Plan, Refusal> {
//!         let praised = facts.reviews.iter().any(|review| review.verdict == Verdict::Approved);
//!         Ok(if praised { Plan::in_state("praised", "approved").with_label("praised") } else { Plan::in_state("quiet", "") })
//!     }
//! }
//!
//! let happenings = [
//!     Happening::review(10, sample::person("ann"), Verdict::Commented, None),
//!     Happening::push(20, sample::person("eve"), &sample::commit(1)),
//!     Happening::review(30, sample::person("bob"), Verdict::Approved, None),
//! ];
//! let calm = Storm::on(sample::pull_request(&Praise::manifest())).survive::<Praise>(&happenings, 1..50)?;
//! assert_eq!(calm.labels, ["praised"]);
//! # Ok::<(), pawl_sdk::storm::Wreck>(())
//! ```

mod dice;
mod happening;
mod telling;
mod world;

pub use dice::Dice;
pub use happening::{Happening, What};

use crate::laws::{self, Broken};
use crate::{Facts, Policy};
use std::fmt;
use world::World;

/// How a run ended.
///
/// ```
/// # use pawl_sdk::storm::Outcome;
/// let outcome = Outcome { labels: vec!["ready".into()], state: "ready".into(), decisions: 3 };
/// assert_eq!(outcome.labels, ["ready"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The subject's labels, sorted.
    pub labels: Vec<String>,
    /// The policy's last state.
    pub state: String,
    /// How often it was asked.
    pub decisions: usize,
}

/// A storm that a policy did not survive.
///
/// ```
/// # use pawl_sdk::storm::Wreck;
/// let wreck = Wreck { seed: 7, why: "the labels differ".into(), schedule: vec!["10 pushed".into()] };
/// assert!(wreck.to_string().contains("seed 7"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wreck {
    /// The seed that leads to it again; zero in the undisturbed run.
    pub seed: u64,
    /// What went wrong.
    pub why: String,
    /// What was told and decided, in order.
    pub schedule: Vec<String>,
}

impl fmt::Display for Wreck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}\n{}", self.seed, self.why, self.schedule.join("\n"))
    }
}

impl std::error::Error for Wreck {}

/// A storm on a subject.
///
/// ```
/// # use pawl_sdk::{sample, storm::Storm};
/// let storm = Storm::on(sample::bare_pull_request()).with_delay(600).without_loss();
/// # let _ = storm;
/// ```
#[derive(Debug, Clone)]
pub struct Storm {
    start: Facts,
    delay_seconds: i64,
    loses: bool,
}

impl Storm {
    /// A storm that begins with these facts. News is up to 120 s late, and lost at times where facts show it again.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Storm};
    /// let _ = Storm::on(sample::bare_pull_request());
    /// ```
    #[must_use]
    pub fn on(start: Facts) -> Self {
        Self { start, delay_seconds: 120, loses: true }
    }

    /// With news up to this late, in seconds of the happenings' own time.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Storm};
    /// let _ = Storm::on(sample::bare_pull_request()).with_delay(3_600);
    /// ```
    #[must_use]
    pub fn with_delay(mut self, seconds: i64) -> Self {
        self.delay_seconds = seconds.max(0);
        self
    }

    /// Without loss of news.
    ///
    /// ```
    /// # use pawl_sdk::{sample, storm::Storm};
    /// let _ = Storm::on(sample::bare_pull_request()).without_loss();
    /// ```
    #[must_use]
    pub fn without_loss(mut self) -> Self {
        self.loses = false;
        self
    }

    /// The undisturbed run: everything is told at once and settled before the next thing happens. The laws are checked
    /// in full after each step.
    ///
    /// ```
    /// # use pawl_sdk::{prelude::*, storm::Storm};
    /// # struct Quiet;
    /// # impl Policy for Quiet {
    /// #     fn manifest() -> Manifest { Manifest::named("quiet", "0.1.0", "").knowing("quiet", "Quiet.", false) }
    /// #     fn decide(_: &Facts) -> Result<Plan, Refusal> { Ok(Plan::in_state("quiet", "quiet")) }
    /// # }
    /// assert!(Storm::on(sample::bare_pull_request()).calm::<Quiet>(&[])?.labels.is_empty());
    /// # Ok::<(), pawl_sdk::storm::Wreck>(())
    /// ```
    ///
    /// # Errors
    /// A law that does not hold, or a run that does not settle.
    pub fn calm<P: Policy>(&self, happenings: &[Happening]) -> Result<Outcome, Wreck> {
        let mut world = World::new::<P>(self.start.clone());
        let run = |world: &mut World| -> Result<Outcome, Broken> {
            world.settle::<P>()?;
            for happening in happenings {
                let news = world.happen(happening);
                world.deliver(news.into_iter().collect());
                if let Err(refusal) = laws::check::<P>(&world.facts_now())? {
                    return Err(Broken { law: "answers", how: format!("it refused well-formed facts: {}", refusal.reason) });
                }
                world.settle::<P>()?;
            }
            world.settle::<P>()
        };
        run(&mut world).map_err(|broken| world.wreck(0, broken.to_string()))
    }

    /// One disturbed run; it must end like `calm`.
    ///
    /// # Errors
    /// With the seed and the schedule: another end than `calm`, a law that does not hold, or a run that does not settle.
    fn once<P: Policy>(&self, happenings: &[Happening], calm: &Outcome, seed: u64) -> Result<(), Wreck> {
        let mut world = World::new::<P>(self.start.clone());
        let told = telling::Telling { delay_seconds: self.delay_seconds, loses: self.loses };
        match told.run::<P>(&mut world, happenings, &mut Dice::new(seed)) {
            Err(broken) => Err(world.wreck(seed, broken.to_string())),
            Ok(end) if end.labels != calm.labels => {
                Err(world.wreck(seed, format!("undisturbed it ends with {:?}, disturbed with {:?}", calm.labels, end.labels)))
            }
            Ok(end) if end.state != calm.state => {
                Err(world.wreck(seed, format!("undisturbed it ends in {}, disturbed in {}", calm.state, end.state)))
            }
            Ok(_) => Ok(()),
        }
    }

    /// The undisturbed run, then one disturbed run for each seed. Answers the undisturbed end.
    ///
    /// ```
    /// # use pawl_sdk::{prelude::*, storm::{Happening, Storm}};
    /// # struct Counts;
    /// # impl Policy for Counts {
    /// #     fn manifest() -> Manifest {
    /// #         Manifest::named("counts", "0.1.0", "").owning("n-{n}", "000000", "").knowing("s", "S.", false).waking_on(Wakes::SIGNALS)
    /// #     }
    /// #     fn decide(facts: &Facts) -> Result<Plan, Refusal> {
    /// #         let before = facts.memory.as_ref().map_or(0, |memory| memory.bytes[0]);
    /// #         let count = before + u8::try_from(facts.news.len()).unwrap();
    /// #         Ok(Plan::in_state("s", "s").with_label(format!("n-{}", count.max(1))).remembering(vec![count]))
    /// #     }
    /// # }
    /// // A policy that counts news without looking at its ids does not survive news that comes twice.
    /// let wreck = Storm::on(sample::bare_pull_request()).survive::<Counts>(&[Happening::signal(5, "tick", &[])], 1..20);
    /// assert!(wreck.is_err());
    /// ```
    ///
    /// # Errors
    /// The first [`Wreck`].
    pub fn survive<P: Policy>(&self, happenings: &[Happening], seeds: std::ops::Range<u64>) -> Result<Outcome, Wreck> {
        let calm = self.calm::<P>(happenings)?;
        for seed in seeds {
            self.once::<P>(happenings, &calm, seed)?;
        }
        Ok(calm)
    }
}

//! What was measured: rows of a table, the same for the terminal and for the document.

use crate::stats::Samples;
use std::fmt;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// A second.
    PerSecond,
    /// A minute.
    PerMinute,
    /// A ratio.
    Times,
    /// Calls to GitHub.
    Calls,
    /// Kilobytes, of a thousand bytes.
    Kb,
    /// Megabytes, of a million bytes.
    Mb,
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Ms => "ms",
            Self::S => "s",
            Self::PerSecond => "/s",
            Self::PerMinute => "/min",
            Self::Times => "x",
            Self::Calls => "calls",
            Self::Kb => "KB",
            Self::Mb => "MB",
        }
    }
}

/// A number with its unit, with the digits that mean something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity(pub f64, pub Unit);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0.abs() {
            value if self.1 == Unit::Calls && value.fract() == 0.0 => 0,
            value if value < 10.0 => 2,
            value if value < 100.0 => 1,
            _ => 0,
        };
        write!(f, "{:.digits$} {}", self.0, self.1.word())
    }
}

/// What a number should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

/// One figure.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is, unique in a report, such as `decision, p50`.
    pub figure: &'static str,
    /// The number; or why there is none.
    pub measured: Result<Quantity, String>,
    /// What it should be.
    pub goal: Option<Goal>,
    /// What it stands beside: the baseline of the same run, the spread.
    pub beside: String,
}

impl Row {
    /// A figure that was measured.
    #[must_use]
    pub fn new(figure: &'static str, value: f64, unit: Unit) -> Self {
        let measured = if value.is_finite() { Ok(Quantity(value, unit)) } else { Err("not measured".to_owned()) };
        Self { figure, measured, goal: None, beside: String::new() }
    }

    /// A figure that could not be measured here.
    #[must_use]
    pub fn not_measured(figure: &'static str, why: &str) -> Self {
        Self { figure, measured: Err(format!("not measured: {why}")), goal: None, beside: String::new() }
    }

    /// The median of rounds, with their spread beside it.
    #[must_use]
    pub fn of_rounds(figure: &'static str, rounds: &Samples, unit: Unit) -> Self {
        let spread = format!("{} rounds, {} to {}", rounds.len(), Quantity(rounds.least(), unit), Quantity(rounds.most(), unit));
        Self::new(figure, rounds.median(), unit).beside(spread)
    }

    /// With a goal.
    #[must_use]
    pub fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// With something beside it, after what is there already.
    #[must_use]
    pub fn beside(mut self, text: impl fmt::Display) -> Self {
        let gap = if self.beside.is_empty() { "" } else { "; " };
        self.beside = format!("{}{gap}{text}", self.beside);
        self
    }

    /// Whether a goal was set and is not met. What was not measured misses nothing.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.verdict() == Some(false)
    }

    fn verdict(&self) -> Option<bool> {
        let Quantity(value, _) = *self.measured.as_ref().ok()?;
        Some(match self.goal? {
            Goal::AtMost(most) => value <= most,
            Goal::AtLeast(least) => value >= least,
        })
    }

    /// The columns: figure, measured, goal, met or missed, beside.
    #[must_use]
    pub fn columns(&self) -> [String; 5] {
        let unit = self.measured.as_ref().map_or("", |quantity| quantity.1.word());
        let goal = match self.goal {
            Some(Goal::AtMost(most)) => format!("<= {most} {unit}").trim_end().to_owned(),
            Some(Goal::AtLeast(least)) => format!(">= {least} {unit}").trim_end().to_owned(),
            None => String::new(),
        };
        let measured = self.measured.as_ref().map_or_else(Clone::clone, ToString::to_string);
        let verdict = self.verdict().map_or("", |is_met| if is_met { "met" } else { "MISSED" });
        [self.figure.to_owned(), measured, goal, verdict.to_owned(), self.beside.clone()]
    }
}

/// What is worth saying when a goal is missed: where the time goes, and what was tried.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// The figure it is about.
    pub figure: &'static str,
    /// Markdown.
    pub text: &'static str,
}

/// Figures that belong together.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// How they are measured, as Markdown.
    pub how: String,
    /// The figures.
    pub rows: Vec<Row>,
    /// Said only where the goal of its figure is missed in this run.
    pub notes: &'static [Note],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_goal_is_met_at_the_limit_too() {
        let row = Row::new("decision, p50", 15.0, Unit::Us).goal(Goal::AtMost(15.0)).beside("a").beside("b");
        assert_eq!(row.columns(), ["decision, p50", "15.0 us", "<= 15 us", "met", "a; b"]);
        assert!(Row::new("two", 1.69, Unit::Times).goal(Goal::AtLeast(1.7)).is_missed());
    }

    #[test]
    fn what_was_not_measured_neither_meets_nor_misses_a_goal() {
        for row in [Row::new("memory", f64::NAN, Unit::Mb), Row::not_measured("memory", "no /proc here")] {
            let row = row.goal(Goal::AtMost(100.0));
            assert!(!row.is_missed() && row.columns()[1].starts_with("not measured") && row.columns()[3].is_empty());
        }
    }

    #[test]
    fn a_number_has_the_digits_that_mean_something() {
        let shown = |value, unit| Quantity(value, unit).to_string();
        assert_eq!(shown(1.234, Unit::Us), "1.23 us");
        assert_eq!(shown(12.34, Unit::Ms), "12.3 ms");
        assert_eq!(shown(4321.5, Unit::PerSecond), "4322 /s");
        assert_eq!(shown(2.0, Unit::Calls), "2 calls");
    }
}

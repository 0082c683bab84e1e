//! Numbers out of many measurements.

use std::time::Duration;

/// Measurements of one thing, in one unit.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a time in microseconds.
    pub fn add_us(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1e6);
    }

    /// Adds a time in milliseconds.
    pub fn add_ms(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1e3);
    }

    /// Adds all of another.
    pub fn join(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value that this part of them (0 to 1) does not exceed: the nearest one that was measured, never one in between.
    /// Not a number when nothing was measured.
    #[must_use]
    pub fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (part * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The least.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The most.
    #[must_use]
    pub fn most(&self) -> f64 {
        self.quantile(1.0)
    }
}

impl Extend<f64> for Samples {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, values: T) {
        self.0.extend(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values_that_were_measured() {
        let mut samples = Samples::default();
        samples.extend((1..=100).rev().map(f64::from));
        assert_eq!((samples.least(), samples.median(), samples.quantile(0.99), samples.most()), (1.0, 50.0, 99.0, 100.0));
        let mut one = Samples::default();
        one.add_us(Duration::from_millis(2));
        assert_eq!((one.quantile(0.0), one.median(), one.most(), one.len()), (2000.0, 2000.0, 2000.0, 1));
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        assert!(Samples::default().median().is_nan());
    }
}

#![allow(clippy::unwrap_used, reason = "a test may panic")]
use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Takes one by one until refused; how many were had.
fn drain(budget: &mut Budget, urgency: Urgency, now: Instant) -> u32 {
    (0..10_000).take_while(|_| budget.take(1, urgency, now).is_ok()).count().try_into().unwrap()
}

#[test]
fn g4_by_default_a_burst_then_one_in_a_second_and_never_more_than_a_minute_allows() {
    let begin = Instant::now();
    let mut budget = Budget::new(WriteBudget::default());
    assert_eq!(budget.left(begin), WritesLeft { at_once: 20, minute: 80, hour: 500 });
    assert_eq!(drain(&mut budget, Urgency::Normal, begin), 18, "a tenth is kept");
    assert_eq!(budget.take(1, Urgency::Normal, begin), Err(seconds(2)), "behind the one before");
    assert_eq!(drain(&mut budget, Urgency::Normal, begin + seconds(1)), 1);
    assert_eq!(budget.left(begin + seconds(1)), WritesLeft { at_once: 2, minute: 61, hour: 481 });
}

#[test]
fn g4_overrides_and_cancellations_may_use_what_is_kept() {
    let begin = Instant::now();
    let mut budget = Budget::new(WriteBudget::default());
    drain(&mut budget, Urgency::Normal, begin);
    assert_eq!(drain(&mut budget, Urgency::Urgent, begin), 2);
    assert_eq!(budget.take(1, Urgency::Urgent, begin), Err(seconds(1)));
    assert_eq!(budget.take(1, Urgency::Urgent, begin), Err(seconds(1)), "who is urgent does not queue behind others");

    let mut hourly = Budget::new(WriteBudget { per_second: 100, per_minute: 10_000, per_hour: 50 });
    assert_eq!(drain(&mut hourly, Urgency::Normal, begin), 45);
    assert_eq!(drain(&mut hourly, Urgency::Urgent, begin), 5);
    assert_eq!(hourly.take(1, Urgency::Urgent, begin), Err(seconds(3_600)));
    assert_eq!(hourly.take(1, Urgency::Urgent, begin + seconds(3_600)), Ok(1));
}

#[test]
fn g4_several_writes_are_had_together_or_not_at_all() {
    let begin = Instant::now();
    let mut budget = Budget::new(WriteBudget::default());
    assert_eq!(budget.take(15, Urgency::Normal, begin), Ok(15));
    assert_eq!(budget.take(5, Urgency::Normal, begin), Err(seconds(2)));
    assert_eq!(budget.left(begin).hour, 485, "nothing was taken");
    assert_eq!(budget.take(3, Urgency::Normal, begin), Ok(3));
    let mut fresh = Budget::new(WriteBudget::default());
    assert_eq!(fresh.take(1_000, Urgency::Normal, begin), Ok(18), "more than can ever be had at once is had in parts");
}

#[test]
fn g4_those_who_wait_are_asked_to_come_one_after_the_other_but_not_too_late() {
    let begin = Instant::now();
    let mut budget = Budget::new(WriteBudget::default());
    drain(&mut budget, Urgency::Normal, begin);
    let waits: Vec<u64> = (0..1_000).map(|_| budget.take(1, Urgency::Normal, begin).unwrap_err().as_secs()).collect();
    assert_eq!(waits[..5], [2, 3, 4, 5, 6], "the one who ended the burst was told 1");
    assert_eq!(waits.iter().max(), Some(&301));
    assert_eq!(budget.take(1, Urgency::Normal, begin + seconds(500)), Ok(1), "promises that are past bind nobody");
}

#[test]
fn g4_zero_counts_as_one() {
    let begin = Instant::now();
    let mut budget = Budget::new(WriteBudget { per_second: 0, per_minute: 0, per_hour: 0 });
    assert_eq!(budget.take(3, Urgency::Normal, begin), Ok(1));
    assert!(budget.take(1, Urgency::Urgent, begin).is_err());
}

/// Whatever is asked for whenever: no window ever holds more than its limit, the reserved share is never had by others, and
/// who waits as long as he was told, alone, is served.
#[test]
fn g4_no_window_ever_holds_more_than_its_limit() {
    for seed in 0..200 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let rates = WriteBudget { per_second: dice.u32(1..5), per_minute: dice.u32(1..120), per_hour: dice.u32(1..400) };
        let mut budget = Budget::new(rates);
        let begin = Instant::now();
        let mut now = begin;
        let mut sent: Vec<(Instant, Urgency)> = Vec::new();
        for _ in 0..600 {
            now += Duration::from_millis(dice.u64(0..3_000) * dice.u64(0..4));
            let urgency = if dice.bool() { Urgency::Urgent } else { Urgency::Normal };
            match budget.take(dice.u32(1..6), urgency, now) {
                Ok(taken) => sent.extend(std::iter::repeat_n((now, urgency), taken as usize)),
                Err(wait) => {
                    assert!(!wait.is_zero());
                    if dice.u8(0..20) == 0 {
                        now += wait;
                        let taken = budget.take(1, urgency, now).unwrap_or_else(|more| panic!("seed {seed}: told {wait:?}, then {more:?}"));
                        sent.push((now, urgency));
                        assert_eq!(taken, 1);
                    }
                }
            }
        }
        for (window, most) in [(MINUTE, rates.per_minute), (HOUR, rates.per_hour)] {
            for (last, (at, urgency)) in sent.iter().enumerate() {
                let within = sent[..=last].iter().filter(|(earlier, _)| *at - *earlier < window).count();
                assert!(within <= usable(most, *urgency) as usize, "seed {seed}: {within} of {most} in {window:?}");
            }
        }
        for (first, (from, _)) in sent.iter().enumerate() {
            for (last, (to, _)) in sent.iter().enumerate().skip(first) {
                let paced = (*to - *from).as_secs_f64() * f64::from(rates.per_second) + f64::from(Budget::new(rates).burst());
                assert!((last - first + 1) as f64 <= paced + 0.001, "seed {seed}: faster than the pace");
            }
        }
    }
}

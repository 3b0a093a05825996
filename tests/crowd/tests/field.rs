//! What a crowd without a network can count on.

use crowd::{Churn, Crowd, Malice, Outcome, Scenario, Sleep};

/// Forty people in a field of 90 m square, a message every two seconds for a minute.
fn small() -> Scenario {
    Scenario {
        devices: 40,
        side: 90.0,
        stages: 2,
        messages_per_second: 0.5,
        writing: 60,
        seconds: 900,
        ..Scenario::festival(30.0)
    }
}

fn run(scenario: Scenario) -> Outcome {
    Crowd::new(scenario).run(|_, _| {})
}

fn figures(outcome: &Outcome) -> String {
    let kinds: Vec<_> = outcome.traffic.kinds().collect();
    format!("{:?} {:?} {kinds:?} {}", outcome.crowd, outcome.flood, outcome.links)
}

#[test]
fn same_seed_makes_the_same_run_and_another_seed_another() {
    let short = |seed| Scenario { seed, seconds: 60, ..small() };

    let first = figures(&run(short(7)));

    assert_eq!(first, figures(&run(short(7))));
    assert_ne!(first, figures(&run(short(8))));
}

#[test]
fn everything_arrives_within_minutes_where_flooding_leaves_some_out() {
    let outcome = run(small());

    assert_eq!(outcome.messages, 30);
    assert_eq!(outcome.crowd.wanted, 30 * 39);
    assert!(outcome.crowd.ratio() == 1.0, "{:?}", outcome.crowd);
    assert!(outcome.crowd.percentile(95) < Some(60), "{:?}", outcome.crowd);
    assert!(outcome.flood.ratio() < 1.0, "{:?}", outcome.flood);
}

#[test]
fn nothing_arrives_where_nobody_is_in_range() {
    let mut alone = Scenario { seconds: 90, ..small() };
    alone.radio.range = 0.01;

    let outcome = run(alone);

    assert_eq!((outcome.crowd.deliveries(), outcome.flood.deliveries()), (0, 0));
    assert!(outcome.crowd.wanted > 0);
}

#[test]
fn phones_that_sleep_most_of_the_time_hear_everything_later() {
    let sleep = Some(Sleep { awake: 20.0, asleep: 40.0 });

    let asleep = run(Scenario { sleep, seconds: 1_800, ..small() });

    assert!(asleep.crowd.ratio() == 1.0, "{:?}", asleep.crowd);
    let awake = run(small());
    assert!(asleep.crowd.percentile(50) > awake.crowd.percentile(50));
}

#[test]
fn those_who_come_late_hear_what_those_who_left_had_passed_on() {
    let churn = Some(Churn { leaving: 0.2, coming: 0.3 });

    let outcome = run(Scenario { churn, ..small() });

    let everybody = outcome.messages as u64 * 39;
    assert!(outcome.crowd.wanted < everybody, "nobody left");
    assert!(outcome.crowd.ratio() == 1.0, "{:?}", outcome.crowd);
}

#[test]
fn members_that_send_junk_or_keep_everything_to_themselves_keep_nothing_from_the_others() {
    for malice in [Malice::Junk, Malice::Hoard] {
        let outcome = run(Scenario { malicious: vec![(malice, 8)], seconds: 400, ..small() });

        assert!(outcome.messages > 15, "{malice:?}: {} messages", outcome.messages);
        assert_eq!(outcome.crowd.wanted, outcome.messages as u64 * 31);
        assert!(outcome.crowd.ratio() == 1.0, "{malice:?}: {:?}", outcome.crowd);
    }
}

//! What a crowd without a network can count on.

use crowd::{Churn, Couriers, Crowd, Malice, Outcome, Scenario, Sleep};

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

/// Two camps of eight, 120 m apart, and people who walk between them.
fn camps(couriers: usize) -> Scenario {
    Scenario {
        devices: 16,
        couriers,
        camps: Some(15.0),
        side: 150.0,
        drawn_to_stages: 0.0,
        seconds: 5_400,
        ..small()
    }
}

fn run(scenario: Scenario) -> Outcome {
    Crowd::new(scenario).run(|_, _| {})
}

fn figures(outcome: &Outcome) -> String {
    let kinds: Vec<_> = outcome.traffic.kinds().collect();
    let Outcome { crowd, flood, across, couriers, links, .. } = outcome;
    format!("{crowd:?} {flood:?} {across:?} {couriers:?} {kinds:?} {links}")
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

#[test]
fn strangers_who_walk_between_two_camps_carry_everything_from_one_to_the_other() {
    let outcome = run(camps(12));

    let across = outcome.across.as_ref().expect("there are camps");
    assert_eq!(across.wanted, outcome.messages as u64 * 8);
    assert!(across.ratio() == 1.0, "{} of {}", across.deliveries(), across.wanted);
    assert!(across.percentile(0) >= Some(60), "links have a minute first");
    let couriers = outcome.couriers;
    assert!(couriers.brought > 0 && couriers.meetings > 0 && couriers.bytes > 0, "{couriers:?}");
    assert!(couriers.bytes < outcome.crowd.bytes, "{couriers:?}");
    assert!(outcome.crowd.ratio() == 1.0, "{:?}", outcome.crowd);
}

#[test]
fn nothing_goes_from_one_camp_to_the_other_where_nobody_walks_between() {
    let outcome = run(Scenario { seconds: 600, ..camps(0) });

    let across = outcome.across.as_ref().expect("there are camps");
    assert_eq!(across.deliveries(), 0);
    assert!(across.wanted > 0);
    assert_eq!(outcome.couriers, Couriers::default());
    let own = outcome.crowd.deliveries();
    assert_eq!(own, outcome.messages * 7, "within a camp all arrives");
}

#[test]
fn same_seed_makes_the_same_run_with_couriers_sleep_and_churn() {
    let scenario = Scenario {
        couriers: 10,
        camps: Some(30.0),
        side: 90.0,
        seconds: 200,
        sleep: Some(Sleep { awake: 60.0, asleep: 20.0 }),
        churn: Some(Churn { leaving: 0.1, coming: 0.1 }),
        malicious: vec![(Malice::Junk, 2)],
        ..small()
    };

    let first = run(scenario.clone());

    assert!(first.couriers.meetings > 0, "{:?}", first.couriers);
    assert_eq!(figures(&first), figures(&run(scenario)));
}

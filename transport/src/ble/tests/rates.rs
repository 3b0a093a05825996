//! How well a radio is used.

use std::time::Duration;

use super::super::sim::{Radio, run};

fn radios(loss_percent: u64) -> impl Iterator<Item = Radio> {
    [7_500_u64, 15_000, 30_000, 50_000].into_iter().flat_map(move |micros| {
        [1, 2, 4, 6].into_iter().map(move |per_event| Radio {
            interval: Duration::from_micros(micros),
            per_event,
            loss_percent,
            max_packet: 509,
            chance: micros,
        })
    })
}

/// The ratio of the radio that is used worst.
fn worst(loss_percent: u64, both_ways: bool) -> f64 {
    let ratios = radios(loss_percent).map(|radio| {
        let outcome = run(radio, 3_000, both_ways);
        eprintln!("{radio:?} {outcome:?}");
        outcome.ratio
    });
    ratios.fold(f64::INFINITY, f64::min)
}

#[test]
fn nine_tenths_of_what_any_radio_carries_are_used_if_nothing_is_lost() {
    let worst = worst(0, false);
    assert!(worst >= 0.9, "{worst}");
}

#[test]
fn seven_tenths_are_used_where_one_packet_of_ten_is_lost() {
    let worst = worst(10, false);
    assert!(worst >= 0.7, "{worst}");
}

#[test]
fn both_directions_at_once_use_the_radio_well_too() {
    let worst = worst(10, true);
    assert!(worst >= 0.4, "{worst}");
}

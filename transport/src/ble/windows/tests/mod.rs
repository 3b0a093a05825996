//! What decides, alone and between two systems that are made up.

mod adverts;
mod fake;
mod machine;
mod whole;

use super::{device, device_named, max_value, state_of, token_in};
use crate::ble::{Device, RadioState, SERVICE};

#[test]
fn device_has_one_name_as_heard_and_as_a_central() {
    let device = device(0x1a_7d_da_71_13_80);
    assert_eq!(device, Device::from_address([0x1a, 0x7d, 0xda, 0x71, 0x13, 0x80]));
    let id = "BluetoothLE#BluetoothLE00:11:22:33:44:55-1a:7d:da:71:13:80";
    assert_eq!(device_named(id), device);
}

#[test]
fn centrals_whose_ids_have_no_address_are_still_told_apart() {
    let ids = ["", "-", "x-1:2", "x-1:2:3:4:5:6:7", "x-zz:7d:da:71:13:80"];
    let all: std::collections::BTreeSet<_> = ids.map(device_named).into_iter().collect();
    assert_eq!(all.len(), ids.len());
    assert!(all.iter().all(|device| device.address().is_none()));
}

#[test]
fn token_is_read_from_service_data_of_ours_and_from_nothing_else() {
    let data = |uuid: u128, token: &[u8]| [uuid.to_le_bytes().as_slice(), token].concat();
    assert_eq!(token_in(&data(SERVICE, &[9; 8])), Some([9; 8]));
    for other in [data(SERVICE + 1, &[9; 8]), data(SERVICE, &[9; 7]), data(SERVICE, &[9; 9])] {
        assert_eq!(token_in(&other), None);
    }
    assert_eq!(token_in(&[]), None);
}

#[test]
fn failures_of_the_system_say_what_a_person_can_do_about_them() {
    let states = [
        (0x8004_0154, RadioState::Unsupported),
        (0x8007_0005, RadioState::Denied),
        (0x8007_10DF, RadioState::Off),
        (0, RadioState::Missing),
    ];
    for (code, state) in states {
        assert_eq!(state_of(code), state, "{code:#X}");
    }
}

#[test]
fn packets_fit_the_mtu_and_what_others_take() {
    assert_eq!([0, 23, 512, 517].map(max_value), [0, 20, 509, 509]);
}

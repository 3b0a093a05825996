//! The Java of the Android app on a Java machine: its own classes, with Android's replaced by small ones that do the same
//! (`jvm/fakes`), and the very functions of the native library that they call on a phone.
#![cfg(target_os = "linux")]

// The app is that of the screens' tests, on the phone of the phone's: not all of it is needed here.
#[path = "screens/device.rs"]
mod device;
#[expect(dead_code, reason = "the other suites use more of it")]
#[path = "screens/network_stage.rs"]
mod network_stage;
#[path = "screens/people_stage.rs"]
mod people_stage;
#[expect(dead_code, reason = "the other suites use more of it")]
#[path = "phone/phone.rs"]
mod phone;
#[expect(dead_code, reason = "the other suites use more of it")]
#[path = "screens/rules.rs"]
mod rules;
#[expect(dead_code, reason = "the other suites use more of it")]
#[path = "screens/stage.rs"]
mod stage;
#[path = "screens/story.rs"]
mod story;
#[expect(dead_code, reason = "the other suite uses more of it")]
#[path = "phone/table.rs"]
mod table;

#[path = "jvm/activity.rs"]
mod activity;
#[path = "jvm/bluetooth.rs"]
mod bluetooth;
#[path = "jvm/handset.rs"]
mod handset;
#[path = "jvm/machine.rs"]
mod machine;
#[path = "jvm/services.rs"]
mod services;
#[path = "jvm/text.rs"]
mod text;
#[path = "jvm/wifi.rs"]
mod wifi;

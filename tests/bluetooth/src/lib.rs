//! Devices without any network meet over Bluetooth, or make one of their own, in a small virtual machine with the
//! system's real services and emulated radios.

mod camera;
mod courier;
mod group;
mod line;
mod machine;
mod pair;
mod phone;
mod picture;
mod rates;
mod scene;
mod switch;
mod system;
mod webcam;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

pub use machine::Machine;

use self::system::System;

/// Plays a story inside of the machine: the arguments are the program's file and the story's name.
pub fn guest(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let (Some(festival), Some(story)) = (args.next().map(PathBuf::from), args.next()) else {
        return ExitCode::FAILURE;
    };
    let told = match story.to_str() {
        Some("pair") => pair::play(&festival),
        Some("switch") => switch::play(&festival),
        Some("line") => line::play(&festival),
        Some("courier") => courier::play(&festival),
        Some("camera") => camera::play(&festival),
        Some("group") => group::play(&festival, System::NetworkManager),
        Some("group-alone") => group::play(&festival, System::Supplicant),
        Some("rates") => rates::play(&festival),
        _ => Err(format!("there is no story {}", story.display()).into()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::FAILURE
        }
    }
}

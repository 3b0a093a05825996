//! Plays inside of the machine: two devices without any network meet over Bluetooth.
//!
//! `bluetooth-guest FESTIVAL STORY` ends with a failure where a promise is not kept.

mod camera;
mod pair;
mod phone;
mod picture;
mod webcam;

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(festival), Some(story)) = (args.next().map(PathBuf::from), args.next()) else {
        return ExitCode::FAILURE;
    };
    let told = match story.to_str() {
        Some("pair") => pair::play(&festival),
        Some("camera") => camera::play(&festival),
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

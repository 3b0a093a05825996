//! Plays inside of the machine: devices without any network meet over Bluetooth.
//!
//! `bluetooth-guest FESTIVAL STORY` ends with a failure where a promise is not kept.

mod camera;
mod line;
mod pair;
mod phone;
mod picture;
mod scene;
mod switch;
mod webcam;

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(festival), Some(story)) = (args.next(), args.next()) else {
        return ExitCode::FAILURE;
    };
    let festival = PathBuf::from(festival);
    let played = match story.to_str() {
        Some("pair") => pair::play(&festival),
        Some("switch") => switch::play(&festival),
        Some("line") => line::play(&festival),
        Some("camera") => camera::play(&festival),
        _ => Err("there is no such story".into()),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::FAILURE
        }
    }
}

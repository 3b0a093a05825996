//! Plays inside of the machine: two devices without any network meet over Bluetooth.
//!
//! `bluetooth-guest FESTIVAL` ends with a failure where a promise is not kept.

mod pair;
mod phone;

use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let Some(festival) = std::env::args_os().nth(1) else { return ExitCode::FAILURE };
    match pair::play(&PathBuf::from(festival)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::FAILURE
        }
    }
}

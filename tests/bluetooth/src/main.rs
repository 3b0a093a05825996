//! Plays inside of the machine: `bluetooth-guest FESTIVAL STORY` ends with a failure where a
//! promise is not kept.

use std::process::ExitCode;

fn main() -> ExitCode {
    bluetooth::guest(std::env::args_os().skip(1))
}

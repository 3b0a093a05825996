//! The connection test in the terminal: the same steps as in the app.

use std::io::Write as _;

use crate::{
    runtime::{Config, check},
    ui::self_test::report,
};

/// Tries what this network allows and prints the report. A device that is running is not
/// disturbed.
pub(super) fn run(config: &Config) -> Result<(), String> {
    let test = check(config).map_err(|err| err.to_string())?;
    write!(std::io::stdout().lock(), "{}", report(&test))
        .map_err(|err| format!("the report cannot be written: {err}"))
}

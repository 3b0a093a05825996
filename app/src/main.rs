//! Desktop entry.
fn main() {}

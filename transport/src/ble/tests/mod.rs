//! The portable part over simulated air, and what drives it over two radios that lose nothing.

mod air;
mod liars;
mod meeting;
mod pipes;
mod rates;
mod strangers;
mod through;

use proptest::prelude::*;

/// A frame of such a length, whose bytes tell where in it they belong.
fn frame(len: impl Strategy<Value = usize>) -> impl Strategy<Value = Vec<u8>> {
    (len, any::<u8>())
        .prop_map(|(len, first)| (0..len).map(|at| first.wrapping_add((at % 251) as u8)).collect())
}

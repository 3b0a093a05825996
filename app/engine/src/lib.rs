//! The chat protocol, as an IO-less state machine.

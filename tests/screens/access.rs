//! What holds on every screen, for every hand and eye.

//! WebRTC.

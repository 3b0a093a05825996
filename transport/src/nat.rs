//! What stands between a device and the internet.

/// How a network treats what its devices send out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NatKind {
    /// Not found out, or not yet.
    #[default]
    Unknown,
    /// No translation: the device's own address is the public one.
    Open,
    /// One public address for each local port, whoever is sent to ("cone").
    EndpointIndependent,
    /// Another public address for each one sent to.
    Symmetric,
    /// UDP does not get through.
    Blocked,
}

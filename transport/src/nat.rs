//! What stands between this device and the internet.

/// How the address translator (NAT) in front of this device treats it (RFC 4787).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum NatKind {
    /// Not found out.
    #[default]
    Unknown,
    /// None: the device has a public address of its own.
    Open,
    /// One public port per port of this device, whoever is written to: others can be told of it.
    EndpointIndependent,
    /// Another public port for everyone written to: nobody can be told of it ahead.
    Symmetric,
    /// UDP does not get through at all.
    Blocked,
}

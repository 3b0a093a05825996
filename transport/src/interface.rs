//! What one network interface says of itself.

use if_addrs::{IfOperStatus, Interface};

/// Whether nothing can be sent by it, as after its cable was pulled out, whatever addresses it keeps.
pub(crate) fn is_down(interface: &Interface) -> bool {
    use IfOperStatus::{Down, LowerLayerDown, NotPresent, Unknown};
    // Linux says of each one that is up that it is: `if-addrs` makes this of `IFF_RUNNING`.
    let always_says = cfg!(any(target_os = "linux", target_os = "android"));
    match interface.oper_status {
        Down | LowerLayerDown | NotPresent => true,
        // Others, loopback among them, never say that they are up.
        Unknown => always_says && !interface.is_loopback(),
        _ => false,
    }
}

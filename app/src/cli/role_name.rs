//! What members may do, as it stands in JSON lines.

use engine::Role;
use serde::{Deserialize, Serialize};

/// A [`Role`] as JSON.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleName {
    Removed,
    Muted,
    Member,
    Admin,
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Removed => Self::Removed,
            RoleName::Muted => Self::Muted,
            RoleName::Member => Self::Member,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Removed => Self::Removed,
            Role::Muted => Self::Muted,
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

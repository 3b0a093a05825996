//! Every screen there is, and what is to hold on it. Nothing here has a wildcard: a new screen does not compile before
//! it has its place.

use std::collections::BTreeSet;

use app::ui::route::Route;

use crate::story::{CEM, ROOM, invite};

/// A line to write in, and the button for what is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) label: &'static str,
    pub(crate) deed: &'static str,
}

/// Every screen.
pub(crate) fn screens() -> Vec<Route> {
    std::iter::successors(Some(Route::Rooms), |route| after(*route)).collect()
}

fn after(route: Route) -> Option<Route> {
    Some(match route {
        Route::Rooms => Route::NewRoom,
        Route::NewRoom => Route::Room(ROOM),
        Route::Room(_) => Route::Invite(ROOM),
        Route::Invite(_) => Route::FullScreenInvite(ROOM),
        Route::FullScreenInvite(_) => Route::OneInvite(ROOM, invite().id()),
        Route::OneInvite(..) => Route::Invites(ROOM),
        Route::Invites(_) => Route::NewInvite(ROOM),
        Route::NewInvite(_) => Route::Wifi,
        Route::Wifi => Route::Scan,
        Route::Scan => Route::Joining(invite().id()),
        Route::Joining(_) => Route::Peers(ROOM),
        Route::Peers(_) => Route::Member(ROOM, CEM),
        Route::Member(..) => Route::Options(ROOM),
        Route::Options(_) => Route::Door(ROOM),
        Route::Door(_) => Route::Verify(ROOM, CEM),
        Route::Verify(..) => Route::ScanPerson(ROOM, CEM),
        Route::ScanPerson(..) => Route::Report(ROOM, CEM),
        Route::Report(..) => Route::Settings,
        Route::Settings => Route::Diagnostics,
        Route::Diagnostics => Route::Servers,
        Route::Servers => Route::EditServer,
        Route::EditServer => Route::SelfTest,
        Route::SelfTest => Route::Statistics,
        Route::Statistics => return None,
    })
}

/// The screen from which one comes to this one.
pub(crate) fn below(route: Route) -> Option<Route> {
    Some(match route {
        Route::Rooms => return None,
        Route::NewRoom | Route::Room(_) | Route::Scan | Route::Joining(_) | Route::Settings => {
            Route::Rooms
        }
        Route::Invite(room) | Route::Peers(room) | Route::Door(room) => Route::Room(room),
        Route::FullScreenInvite(room) | Route::Invites(room) => Route::Invite(room),
        Route::OneInvite(room, _) | Route::NewInvite(room) => Route::Invites(room),
        Route::Wifi => Route::Invite(ROOM),
        Route::Member(room, _) | Route::Options(room) => Route::Peers(room),
        Route::Verify(room, peer) | Route::Report(room, peer) => Route::Member(room, peer),
        Route::ScanPerson(room, peer) => Route::Verify(room, peer),
        Route::Diagnostics | Route::Servers | Route::SelfTest | Route::Statistics => {
            Route::Settings
        }
        Route::EditServer => Route::Servers,
    })
}

/// Where there is something to write.
pub(crate) fn field(route: Route) -> Option<Field> {
    let (label, deed) = match route {
        Route::NewRoom => ("Name of the room", "Create room"),
        Route::Room(_) => ("Message to Weekend in the mountains", "Send"),
        Route::Scan => ("Or type an invite link", "Join"),
        Route::ScanPerson(..) => ("Or type the code", "Check"),
        Route::Report(..) => ("What happened?", "Tell the admins"),
        Route::Settings => ("Your name", "Save name"),
        Route::EditServer => ("Address", "Save"),
        Route::Rooms
        | Route::Invite(_)
        | Route::FullScreenInvite(_)
        | Route::OneInvite(..)
        | Route::Invites(_)
        | Route::NewInvite(_)
        | Route::Wifi
        | Route::Joining(_)
        | Route::Peers(_)
        | Route::Member(..)
        | Route::Options(_)
        | Route::Door(_)
        | Route::Verify(..)
        | Route::Diagnostics
        | Route::Servers
        | Route::SelfTest
        | Route::Statistics => return None,
    };
    Some(Field { label, deed })
}

#[test]
fn table_names_every_screen_there_is() {
    let known: BTreeSet<String> = screens().iter().map(|route| name(*route)).collect();

    // Whoever reads a screen that does not exist says which ones do.
    let error = serde_json::from_str::<Route>("\"NoSuchScreen\"").expect_err("no such screen");
    let error = error.to_string();
    let all = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();

    assert_eq!(known, all, "{error}");
}

fn name(route: Route) -> String {
    let name = format!("{route:?}");
    name.split('(').next().unwrap_or_default().to_owned()
}

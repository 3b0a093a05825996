//! One member of a room: who they are, how they are reached, and what may be done about them.

use egui::{Align, Layout, Ui, vec2};
use engine::{Command, PeerId, Role, RoomId};

use super::{
    action::{Action, Grave},
    layout,
    people::{self, PeopleView},
    selves::{SelvesView, bond_ui, devices_ui},
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, Type, palette},
    widgets::{
        avatar, badge,
        button::{self, Weight},
        card,
        icon::Icon,
        status_dot::{Status, status_lines},
        sure::{Sure, sure},
        text,
    },
};

const FACE: f32 = 88.0;

/// What the screen of a member shows.
#[derive(Debug)]
pub struct MemberView {
    /// The room.
    pub room: RoomId,
    /// Who.
    pub id: PeerId,
    /// What they are called, with the start of their key where others have one that looks alike.
    pub name: String,
    /// What they call themselves, for their face.
    pub plain: String,
    /// Whether others do.
    pub has_twin: bool,
    /// Whether it is this device's person.
    pub is_me: bool,
    /// What they may do.
    pub role: Role,
    /// Whether they left by themselves.
    pub has_left: bool,
    /// What this device's person may do.
    pub my_role: Role,
    /// How they are reached.
    pub status: Status,
    /// The same in words.
    pub state: String,
    /// Round trip, since when, address: what else is known, a line each.
    pub details: Vec<String>,
    /// Who it is, whether they are read, and what was told about them.
    pub people: PeopleView,
    /// Their key, in groups.
    pub key: String,
    /// Their devices.
    pub selves: SelvesView,
    /// Whether the person may be about to remove them.
    pub is_removing: bool,
}

/// A word for those who may do more or less than others.
pub fn label(role: Role) -> Option<&'static str> {
    match role {
        Role::Owner => Some("Owner"),
        Role::Admin => Some("Admin"),
        Role::Muted => Some("Reads only"),
        Role::Member | Role::Removed => None,
    }
}

fn standing_words(view: &MemberView) -> &'static str {
    if view.has_left && !view.is_me {
        return "Left this room. To come back they scan an invite, and are new here then.";
    }
    role_words(view.role, view.is_me)
}

/// What somebody may do, in plain words.
fn role_words(role: Role, is_me: bool) -> &'static str {
    match (role, is_me) {
        (Role::Owner, false) => "Owner: began this room, may do everything in it and makes admins.",
        (Role::Owner, true) => "You began this room, may do everything in it and make admins.",
        (Role::Admin, false) => "Admin: may invite, revoke invites, mute and remove members.",
        (Role::Admin, true) => "You are an admin: invite, revoke invites, mute and remove members.",
        (Role::Member, false) => "May read and write.",
        (Role::Member, true) => "You may read and write.",
        (Role::Muted, false) => "May read, but not write.",
        (Role::Muted, true) => "You may read, but not write.",
        (Role::Removed, false) => "Was removed: can read nothing that was written since.",
        (Role::Removed, true) => "You were removed from this room. You keep what you have.",
    }
}

/// Shows a member.
pub fn member_ui(ui: &mut Ui, view: &MemberView, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, if view.is_me { "You" } else { "Member" }, actions);
    layout::column(ui, "member", |ui| {
        ui.vertical_centered(|ui| avatar::avatar(ui, FACE, &view.plain, view.id.as_bytes()));
        ui.add_space(SPACE_S);
        name_ui(ui, view);
        ui.vertical_centered(|ui| text::hint(ui, standing_words(view)));
        ui.add_space(SPACE_L);
        if view.role > Role::Removed {
            section(ui, "How they are reached", view, |ui| {
                status_lines(ui, view.status, &view.state);
                for detail in &view.details {
                    text::small(ui, detail);
                }
            });
        }
        devices_ui(ui, &view.selves, actions);
        if !view.is_me {
            people::verified_ui(ui, (view.room, view.id), &view.name, &view.people, actions);
            ui.add_space(SPACE_M);
        }
        section(ui, "Key", view, |ui| {
            text::body(ui, &view.key);
            text::small(ui, key_words(view));
        });
        bond_ui(ui, &view.selves, actions);
        deeds_ui(ui, view, actions);
        if !view.is_me {
            ui.add_space(SPACE_XL - SPACE_S);
            people::against_ui(ui, (view.room, view.id), &view.name, &view.people, actions);
        }
    });
}

/// The name in the middle, with the sign of those who are verified.
fn name_ui(ui: &mut Ui, view: &MemberView) {
    if !view.people.is_verified {
        ui.vertical_centered(|ui| text::title(ui, &view.name));
        return;
    }
    let sign = badge::size(ui, Type::Title);
    let width = ui.available_width();
    let color = palette(ui).text;
    let words = text::layout(ui, &view.name, Type::Title, color, width - sign - SPACE_S);
    let size = vec2(width, words.size().y.max(sign));
    let start = (width - words.size().x - sign - SPACE_S) / 2.0;
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = SPACE_S;
        ui.add_space(start - SPACE_S);
        ui.add(egui::Label::new(words));
        badge::badge(ui, Type::Title);
    });
}

fn key_words(view: &MemberView) -> &'static str {
    match (view.is_me, view.has_twin) {
        (true, _) => "Others see the same under your name, if nobody else pretends to be you.",
        (false, true) => {
            "Somebody else here has a name that looks the same. To be sure who this is, compare \
             the key with the one on their own device."
        }
        (false, false) => "To be sure who it is, compare this with the key on their device.",
    }
}

fn section(ui: &mut Ui, title: &str, view: &MemberView, content: impl FnOnce(&mut Ui)) {
    let title = if view.is_me && title.starts_with("How") { "How you are reached" } else { title };
    text::small(ui, title);
    card::card(ui, content);
    ui.add_space(SPACE_M);
}

/// What this device's person may do about them.
fn deeds_ui(ui: &mut Ui, view: &MemberView, actions: &mut Vec<Action>) {
    if view.is_me || view.has_left || view.my_role < Role::Admin || view.my_role <= view.role {
        return;
    }
    let is_owner = view.my_role == Role::Owner;
    let mut deed = |ui: &mut Ui, icon, label: &str, role| {
        if button::wide(ui, Weight::Plain, Some(icon), label).clicked() {
            actions.push(Action::Command(make(view, role)));
        }
    };
    match view.role {
        Role::Member => {
            if is_owner {
                deed(ui, Icon::Star, "Make admin", Role::Admin);
            }
            deed(ui, Icon::Mute, "Mute (may only read)", Role::Muted);
        }
        Role::Muted => deed(ui, Icon::Edit, "Let write", Role::Member),
        Role::Admin => deed(ui, Icon::Star, "Take admin back", Role::Member),
        Role::Removed => deed(ui, Icon::Again, "Let back in", Role::Member),
        Role::Owner => {}
    }
    if view.role > Role::Removed {
        ui.add_space(SPACE_XL - SPACE_S);
        if view.is_removing {
            // The question stands where the button was: whoever presses twice hits no answer.
            remove_ui(ui, view, actions);
        } else if button::wide(ui, Weight::Danger, Some(Icon::Trash), "Remove from room").clicked()
        {
            actions.push(Action::Ask(Grave::Remove(view.room, view.id)));
        }
    }
}

/// Makes all devices of the person something else.
fn make(view: &MemberView, role: Role) -> Command {
    let (room, member) = (view.room, view.id);
    if view.selves.devices.len() > 1 {
        Command::SetPersonRole { room, member, role }
    } else {
        Command::SetRole { room, member, role }
    }
}

fn remove_ui(ui: &mut Ui, view: &MemberView, actions: &mut Vec<Action>) {
    let question = format!(
        "{} can read nothing written from now on. What they have read before stays \
         with them. All invites stop working; a new one is made.{}",
        view.name,
        match view.selves.devices.len() {
            0 | 1 => String::new(),
            count => format!(" All {count} of their devices are removed."),
        }
    );
    let answer = sure(
        ui,
        Sure {
            question: &question,
            icon: Icon::Trash,
            yes: &format!("Remove {}", view.name),
            no: "Do not remove",
        },
    );
    if let Some(is_meant) = answer {
        actions.push(Action::Answer(is_meant.then(|| make(view, Role::Removed))));
    }
}

//! The QR of a room: to be scanned, copied, kept or shown as large as the screen is.

use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};
use engine::{InviteId, RoomId, Timestamp};

use super::{
    action::Action,
    clock::Clock,
    invites, layout,
    permit::permit_ui,
    route::Route,
    theme::{self, SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS},
    widgets::{
        button::{self, Weight},
        icon::Icon,
        qr_code::qr_code,
        text,
    },
    wifi::{self, WifiWay},
};
use crate::host::{Permission, PermissionState};

const MAX_SIDE: f32 = 400.0;

/// What the invite screens show.
#[derive(Debug)]
pub struct InviteView<'a> {
    /// Where the invite leads.
    pub room: RoomId,
    /// The room's name.
    pub name: &'a str,
    /// The invite as text and as a QR, once there is one.
    pub code: Option<&'a Code>,
    /// What it allows, if it is not the usual one: "Whoever joins by this one may only read."
    pub terms: Option<String>,
    /// Whether it is one that was chosen among several.
    pub is_one: bool,
    /// Whether there is none that works.
    pub is_over: bool,
    /// Who could make another: "Bea, Cem"; `None` if this device's person could.
    pub admins: Option<String>,
    /// Whether anybody could reach this device now.
    pub is_reachable: bool,
    /// What is offered about Wi-Fi without a router.
    pub wifi: Option<WifiWay>,
    /// Whether this device's person lets newcomers in one by one,
    pub has_door: bool,
    /// or must not, since they may only read.
    pub may_not_host: bool,
    /// What is not permitted, and would let people nearby find this device.
    pub permit: Option<(Permission, PermissionState)>,
    /// Whether the link can be passed on to other programs.
    pub can_share: bool,
    /// Who is in the room besides the person: "Bea, Cem".
    pub members: String,
    /// The present.
    pub clock: &'a Clock,
}

/// An invite ready to be shown.
#[derive(Debug)]
pub struct Code {
    /// Which.
    pub invite: InviteId,
    /// The link.
    pub link: String,
    /// The same as a QR.
    pub modules: qr::Modules,
    /// Until when it works, if not for ever.
    pub expires_at: Option<Timestamp>,
}

/// Shows the QR with what can be done with it.
pub fn invite_ui(ui: &mut Ui, view: &InviteView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, &format!("Invite to {}", view.name), actions);
    layout::column(ui, "invite", |ui| {
        if view.may_not_host {
            not_host_ui(ui);
            return;
        }
        if view.is_over {
            over_ui(ui, view, actions);
            return;
        }
        let Some(code) = view.code else {
            text::hint(ui, "Preparing the code.");
            return;
        };
        ui.vertical_centered(|ui| {
            text::hint(ui, "Scan this with Festival Chat on another device.");
            if view.has_door {
                text::hint(ui, "Whoever does waits until you let them in, here.");
            }
            if let Some(terms) = &view.terms {
                text::body(ui, terms);
            }
        });
        ui.add_space(SPACE_M);
        let side = ui.available_width().min(MAX_SIDE);
        ui.vertical_centered(|ui| {
            qr_code(ui, &code.modules, side, &format!("QR code that invites to {}", view.name));
        });
        ui.add_space(SPACE_M);
        ui.vertical_centered(|ui| {
            if view.is_reachable {
                text::small(ui, &sentence(view, code));
            } else {
                text::problem(
                    ui,
                    "This device is on no network, so nobody can reach it. Join a Wi-Fi first.",
                );
            }
        });
        wifi::way_ui(ui, view.wifi.as_ref(), actions);
        ui.add_space(SPACE_L);
        buttons_ui(ui, view, code, actions);
        if let Some(missing) = view.permit {
            ui.add_space(SPACE_L);
            permit_ui(ui, missing, actions);
        }
    });
}

fn sentence(view: &InviteView<'_>, code: &Code) -> String {
    let here = if view.members.is_empty() {
        "Both devices need to be on the same network.".to_owned()
    } else {
        format!("In this room with you: {}.", view.members)
    };
    match code.expires_at {
        Some(at) => {
            format!("{here} Works until {}, {}.", view.clock.day_name(at), view.clock.time(at))
        }
        None => here,
    }
}

fn buttons_ui(ui: &mut Ui, view: &InviteView<'_>, code: &Code, actions: &mut Vec<Action>) {
    if view.can_share {
        if button::wide(ui, Weight::Primary, Some(Icon::Share), "Share").clicked() {
            let (name, link) = (view.name.to_owned(), code.link.clone());
            actions.push(Action::Share { name, link });
        }
        ui.add_space(SPACE_XS);
    }
    let weight = if view.can_share { Weight::Plain } else { Weight::Primary };
    if button::wide(ui, weight, Some(Icon::Copy), "Copy link").clicked() {
        actions.push(Action::Copy { text: code.link.clone(), note: "Link copied." });
    }
    ui.add_space(SPACE_XS);
    if button::wide(ui, Weight::Plain, Some(Icon::Expand), "Full screen").clicked() {
        actions.push(Action::Open(Route::FullScreenInvite(view.room)));
    }
    ui.add_space(SPACE_XS);
    if button::wide(ui, Weight::Plain, Some(Icon::Save), "Save as picture").clicked() {
        actions.push(Action::SaveQr { name: view.name.to_owned(), text: code.link.clone() });
    }
    ui.add_space(SPACE_XS);
    invites::way_ui(ui, view.room, view.admins.is_none(), actions);
}

/// Who may only read lets nobody in where somebody has to.
fn not_host_ui(ui: &mut Ui) {
    ui.add_space(SPACE_XL);
    ui.vertical_centered(|ui| {
        text::title(ui, "You cannot let newcomers in");
        text::hint(ui, "You may only read here. Ask somebody else to show their code.");
    });
}

/// What to do when there is no invite to show.
fn over_ui(ui: &mut Ui, view: &InviteView<'_>, actions: &mut Vec<Action>) {
    let (title, advice) = match &view.admins {
        _ if view.is_one => (
            "This invite is over",
            "Nobody can join by it any more. There may be another that works.".to_owned(),
        ),
        None => ("No invite works any more", "Make a new one to let others join.".to_owned()),
        Some(admins) => {
            ("No invite works any more", format!("Ask an admin for a new one: {admins}."))
        }
    };
    ui.add_space(SPACE_XL);
    ui.vertical_centered(|ui| {
        text::title(ui, title);
        text::hint(ui, &advice);
    });
    ui.add_space(SPACE_XL);
    if view.admins.is_none()
        && button::wide(ui, Weight::Primary, Some(Icon::Plus), "New invite").clicked()
    {
        actions.push(Action::Open(Route::NewInvite(view.room)));
    }
    invites::way_ui(ui, view.room, view.admins.is_none(), actions);
}

/// Shows the QR and nothing else, on white.
pub fn full_screen_ui(ui: &mut Ui, view: &InviteView<'_>, actions: &mut Vec<Action>) {
    // Everything around the code is bright, so that a dim screen lights up a dark tent.
    *ui.visuals_mut() = ui.ctx().style_of(egui::Theme::Light).visuals.clone();
    let area = ui.max_rect();
    ui.painter().rect_filled(ui.ctx().viewport_rect(), 0.0, theme::QR_LIGHT);
    let bar = theme::TOUCH + 2.0 * SPACE_S;
    if let Some(code) = view.code {
        let side = area.width().min(area.height() - 2.0 * bar) - SPACE_S;
        let rect = Rect::from_center_size(area.center(), vec2(side, side));
        let builder = UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::centered_and_justified(egui::Direction::TopDown));
        let mut child = ui.new_child(builder);
        qr_code(&mut child, &code.modules, side, &format!("QR code that invites to {}", view.name));
    }
    let top = Rect::from_min_size(area.min, vec2(area.width(), bar)).shrink(SPACE_S);
    let builder = UiBuilder::new().max_rect(top).layout(Layout::left_to_right(Align::Center));
    let mut child = ui.new_child(builder);
    if button::icon(&mut child, Icon::Close, "Close full screen").clicked() {
        actions.push(Action::Back);
    }
    layout::bar_title(&mut child, view.name);
}

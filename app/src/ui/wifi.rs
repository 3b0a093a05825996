//! Wi-Fi without a router: making a network, letting others in, and going back to the one before.

use egui::{FontId, Label, RichText, Ui};
use transport::wifi::{Credentials, Part, WifiState, WifiStatus};

use super::{
    action::Action,
    layout,
    permit::permit_ui,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, Type, palette},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        qr_code::qr_code,
        status_dot::{Status, status_lines},
        text,
    },
};
use crate::host::{Permission, PermissionState};

const MAX_SIDE: f32 = 400.0;

/// What the person decided about Wi-Fi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WifiDeed {
    /// Make a network.
    Make,
    /// Join the one that a member made.
    Join,
    /// The answer to whether the network in use may be left.
    Answer(bool),
    /// Leave the group, or call off what is being done.
    Leave,
    /// Show this code.
    Show(WifiCode),
}

/// For whom a code is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WifiCode {
    /// For this app: into the network and the room.
    #[default]
    Ours,
    /// For any camera: into the network.
    Plain,
}

/// What the page shows.
#[derive(Debug)]
pub enum WifiView<'a> {
    /// There is no network, and this device could make one.
    Offer {
        /// Why the last try did not work, as a sentence.
        problem: Option<&'a str>,
        /// What the person has to permit first.
        permit: Option<(Permission, PermissionState)>,
    },
    /// A member made one, and this device may join it.
    Offered(OfferedView<'a>),
    /// Whether a network may be left.
    Asks {
        /// The one in use.
        network: &'a str,
        /// The one that is to be joined instead; without it one is to be made.
        joins: Option<&'a str>,
    },
    /// What is being done, as a phrase, and whether it can be called off.
    Busy(String, bool),
    /// This device is in a group.
    Group(GroupView<'a>),
}

/// The group this device is in.
#[derive(Debug)]
pub struct GroupView<'a> {
    /// Who made it.
    pub part: Part,
    /// Its name.
    pub ssid: &'a str,
    /// What lets in.
    pub passphrase: &'a str,
    /// The room's name and the code into both, if a room is at hand.
    pub ours: Option<(&'a str, &'a qr::Modules)>,
    /// The code into the network.
    pub plain: Option<&'a qr::Modules>,
    /// Which of them to show.
    pub shows: WifiCode,
    /// What did not work, as a sentence.
    pub problem: Option<&'a str>,
}

/// A network that a member made.
#[derive(Debug)]
pub struct OfferedView<'a> {
    /// Who made it.
    pub by: &'a str,
    /// What lets in.
    pub credentials: &'a Credentials,
    /// Whether this device can join a network by itself.
    pub can_join: bool,
    /// What did not work, as a sentence.
    pub problem: Option<&'a str>,
}

/// What there is about Wi-Fi on other screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WifiWay {
    /// This device could make a network.
    CanMake,
    /// It is in this one.
    In(String),
}

/// Why a conversation leads to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WifiHint<'a> {
    /// A member made a network: who.
    Offered(&'a str),
    /// More goes over Bluetooth than it is good for, and this device could make a network.
    Slow,
}

/// The page.
pub fn wifi_ui(ui: &mut Ui, view: &WifiView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, "Wi-Fi network", actions);
    match view {
        WifiView::Offer { problem, permit } => {
            layout::column(ui, "wifi", |ui| offer_ui(ui, *problem, *permit, actions));
        }
        WifiView::Offered(offered) => {
            layout::column(ui, "wifi", |ui| offered_page_ui(ui, offered, actions));
        }
        WifiView::Asks { network, joins } => {
            layout::column(ui, "wifi", |ui| {
                text::title(ui, &format!("Leave {network}?"));
                ui.add_space(SPACE_XS);
                text::body(
                    ui,
                    &format!(
                        "You will leave {network} until you are done, and with it the internet that \
                         you have there. Then this device goes back by itself."
                    ),
                );
                ui.add_space(SPACE_L);
                let yes = match joins {
                    Some(ssid) => format!("Leave and join {ssid}"),
                    None => "Leave and make a network".to_owned(),
                };
                answers_ui(ui, &yes, "Stay", actions);
            });
        }
        WifiView::Busy(words, can_call_off) => {
            layout::centered(ui, "wifi busy", |ui| busy_ui(ui, words, *can_call_off, actions));
        }
        WifiView::Group(group) => {
            layout::column(ui, "wifi", |ui| group_ui(ui, group, actions));
        }
    }
}

/// The way to the page from the code of a room, if there is one.
pub fn way_ui(ui: &mut Ui, way: Option<&WifiWay>, actions: &mut Vec<Action>) {
    let pressed = match way {
        None => false,
        Some(WifiWay::CanMake) => {
            ui.vertical_centered(|ui| button::link(ui, "No network? Make one").clicked()).inner
        }
        Some(WifiWay::In(ssid)) => {
            ui.add_space(SPACE_XS);
            let label = format!("Code with the Wi-Fi {ssid}");
            button::wide(ui, Weight::Plain, Some(Icon::Qr), &label).clicked()
        }
    };
    if pressed {
        actions.push(Action::Open(Route::Wifi));
    }
}

fn offer_ui(
    ui: &mut Ui,
    problem: Option<&str>,
    permit: Option<(Permission, PermissionState)>,
    actions: &mut Vec<Action>,
) {
    text::title(ui, "A network of your own");
    ui.add_space(SPACE_XS);
    text::body(
        ui,
        "This device makes a small Wi-Fi of its own. Others near it scan one code, and are in the \
         network and in the room.",
    );
    if let Some(problem) = problem {
        ui.add_space(SPACE_M);
        text::problem(ui, problem);
    }
    ui.add_space(SPACE_L);
    if let Some(missing) = permit {
        permit_ui(ui, missing, actions);
        return;
    }
    let label = if problem.is_some() { "Try again" } else { "Make a network" };
    if button::wide(ui, Weight::Primary, None, label).clicked() {
        actions.push(Action::Wifi(WifiDeed::Make));
    }
}

/// The way to the page from a conversation.
pub fn hint_ui(ui: &mut Ui, hint: WifiHint<'_>, actions: &mut Vec<Action>) {
    let label = match hint {
        WifiHint::Offered(by) => format!("{by} made a Wi-Fi network"),
        WifiHint::Slow => "Slow over Bluetooth: make a Wi-Fi network".to_owned(),
    };
    if button::strip(ui, Icon::Wifi, &label).clicked() {
        actions.push(Action::Open(Route::Wifi));
    }
}

fn offered_page_ui(ui: &mut Ui, view: &OfferedView<'_>, actions: &mut Vec<Action>) {
    let (ssid, by) = (view.credentials.ssid(), view.by);
    text::title(ui, &format!("Join {ssid}?"));
    ui.add_space(SPACE_XS);
    // Whoever joins in the system's settings sends everything there.
    let carries = if view.can_join { " Only the chat goes over it." } else { "" };
    text::body(
        ui,
        &format!(
            "{by} made this Wi-Fi network for whoever is near. It is faster than Bluetooth and reaches \
             further.{carries}"
        ),
    );
    if let Some(problem) = view.problem {
        ui.add_space(SPACE_M);
        text::problem(ui, problem);
    }
    if view.can_join {
        ui.add_space(SPACE_L);
        let label = if view.problem.is_some() { "Try again" } else { "Join the network" };
        if button::wide(ui, Weight::Primary, None, label).clicked() {
            actions.push(Action::Wifi(WifiDeed::Join));
        }
    }
    if !view.can_join || view.problem.is_some() {
        ui.add_space(SPACE_L);
        text::hint(ui, "You can join it in the system\u{2019}s settings:");
        ui.add_space(SPACE_S);
        credentials_ui(ui, ssid, view.credentials.passphrase());
    }
}

/// Both answers to whether the network in use may be left.
pub fn answers_ui(ui: &mut Ui, yes: &str, no: &str, actions: &mut Vec<Action>) {
    if button::wide(ui, Weight::Primary, None, yes).clicked() {
        actions.push(Action::Wifi(WifiDeed::Answer(true)));
    }
    ui.add_space(SPACE_XS);
    if button::wide(ui, Weight::Plain, None, no).clicked() {
        actions.push(Action::Wifi(WifiDeed::Answer(false)));
    }
}

fn busy_ui(ui: &mut Ui, words: &str, can_call_off: bool, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| text::display(ui, "One moment"));
    ui.add_space(SPACE_M);
    status_lines(ui, Status::Connecting, words);
    if can_call_off {
        ui.add_space(SPACE_XL);
        if button::wide(ui, Weight::Plain, Some(Icon::Close), "Cancel").clicked() {
            actions.push(Action::Wifi(WifiDeed::Leave));
        }
    }
}

fn group_ui(ui: &mut Ui, view: &GroupView<'_>, actions: &mut Vec<Action>) {
    let shows = if view.ours.is_some() { view.shows } else { WifiCode::Plain };
    if view.ours.is_some() {
        ui.horizontal_wrapped(|ui| {
            for (code, label) in
                [(WifiCode::Ours, "For Festival Chat"), (WifiCode::Plain, "For other cameras")]
            {
                if button::choice(ui, label, shows == code).clicked() {
                    actions.push(Action::Wifi(WifiDeed::Show(code)));
                }
            }
        });
        ui.add_space(SPACE_M);
    }
    let (hint, code) = match (shows, view.ours) {
        (WifiCode::Ours, Some((room, modules))) => (
            "Scan this with Festival Chat on another device.",
            Some((modules, format!("QR code that invites to {room} by {}", view.ssid))),
        ),
        _ => (
            "Scan this with any camera.",
            view.plain.map(|modules| (modules, format!("QR code of the Wi-Fi {}", view.ssid))),
        ),
    };
    ui.vertical_centered(|ui| text::hint(ui, hint));
    ui.add_space(SPACE_M);
    if let Some((modules, label)) = code {
        let side = ui.available_width().min(MAX_SIDE);
        ui.vertical_centered(|ui| qr_code(ui, modules, side, &label));
    }
    ui.add_space(SPACE_M);
    let leads = match (shows, view.ours) {
        (WifiCode::Ours, Some((room, _))) => {
            format!("It joins the Wi-Fi {} and {room}.", view.ssid)
        }
        _ => "It joins the Wi-Fi, and no room.".to_owned(),
    };
    ui.vertical_centered(|ui| text::small(ui, &leads));
    if shows == WifiCode::Plain {
        ui.add_space(SPACE_M);
        credentials_ui(ui, view.ssid, view.passphrase);
    }
    ui.add_space(SPACE_L);
    if let Some(problem) = view.problem {
        text::problem(ui, problem);
        ui.add_space(SPACE_S);
    }
    let label = match view.part {
        Part::Made => "End this network",
        Part::Joined => "Leave this network",
    };
    if button::wide(ui, Weight::Plain, Some(Icon::Close), label).clicked() {
        actions.push(Action::Wifi(WifiDeed::Leave));
    }
    let after = match view.part {
        Part::Made => {
            "Everybody in it loses it, and this device goes back to the network before, if there was one."
        }
        Part::Joined => "This device goes back to the network before, if there was one.",
    };
    text::small(ui, after);
}

/// Name and password of a network, to be typed where nothing can be scanned.
pub fn credentials_ui(ui: &mut Ui, ssid: &str, passphrase: &str) {
    card(ui, |ui| {
        let (color, font) = (palette(ui).text, FontId::monospace(Type::Body.font(ui).size));
        let mut line = |name: &str, value: &str| {
            text::small(ui, name);
            // Letters that look alike differ in this font.
            let words = RichText::new(value).font(font.clone()).color(color);
            ui.add(Label::new(words).wrap().selectable(true));
        };
        line("Network", ssid);
        line("Password", passphrase);
    });
}

/// How Wi-Fi stands, and what to do about it.
pub fn words(status: &WifiStatus) -> String {
    if let Some(group) = &status.group {
        let ssid = group.credentials.ssid();
        return match group.part {
            Part::Made => format!("This device made the network {ssid} and is in it."),
            Part::Joined => format!("This device is in the network {ssid}, which another made."),
        };
    }
    let network = match &status.network {
        Some(network) => format!("In {network}"),
        None => "In no network".to_owned(),
    };
    match status.state {
        WifiState::Ready if status.can_make => {
            format!("{network}. This device can make a network where there is no router.")
        }
        WifiState::Ready => format!(
            "{network}. This Wi-Fi card cannot make a network, but can join one that another makes."
        ),
        WifiState::Off => "Off: switch it on to make or join a network.".to_owned(),
        WifiState::Missing => "This device has no Wi-Fi card that its system manages.".to_owned(),
        WifiState::Denied => {
            "The system does not allow this app to change networks: ask whoever set it up."
                .to_owned()
        }
        WifiState::Silent => "What drives Wi-Fi does not answer: restart it.".to_owned(),
        WifiState::Unsupported => {
            "This app cannot change networks here: make or join one in the system\u{2019}s settings."
                .to_owned()
        }
    }
}

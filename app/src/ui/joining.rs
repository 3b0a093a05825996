//! Following an invite: what is being tried, and the way out.

use egui::Ui;
use engine::{Command, DoorPictures, InviteId};
use transport::wifi::Credentials;

use super::{
    action::Action,
    door, layout,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS},
    widgets::{
        button::{self, Weight},
        icon::Icon,
        status_dot::{Status, status_lines},
        text,
    },
    wifi,
};

/// What the screen of an invite being followed shows.
#[derive(Debug)]
pub struct JoiningView {
    /// The invite.
    pub invite: InviteId,
    /// Why it came to an end, as a sentence, if it did.
    pub failure: Option<String>,
    /// What is being tried, a line each.
    pub attempts: Vec<String>,
    /// Whether this device is on any network.
    pub is_reachable: bool,
    /// Whether the room is one that is open to people nearby.
    pub is_nearby: bool,
    /// Who has to let this device in, if somebody has, and what both see.
    pub waiting: Option<(String, DoorPictures)>,
    /// How far it has led into the network that it is for, if it is for one.
    pub entry: Option<Entry>,
}

/// The way into the network of an invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// It is being joined.
    Trying {
        /// Its name.
        ssid: String,
    },
    /// The person is asked whether another may be left for it.
    Asks {
        /// The one in use.
        network: String,
        /// The name of that of the invite.
        ssid: String,
    },
    /// This device is not in it, and goes on over what there is.
    Failed {
        /// A sentence for the person.
        why: String,
        /// What lets in, to do it by hand.
        credentials: Credentials,
    },
}

/// Shows how joining goes.
pub fn joining_ui(ui: &mut Ui, view: &JoiningView, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, "Joining", actions);
    layout::centered(ui, "joining", |ui| {
        if let Some(failure) = &view.failure {
            failed_ui(ui, failure, view.entry.as_ref(), actions);
            return;
        }
        if let Some(waiting) = &view.waiting {
            door::waiting_ui(ui, view.invite, waiting, actions);
            return;
        }
        if let Some(Entry::Asks { network, ssid }) = &view.entry {
            asks_ui(ui, network, ssid, actions);
            return;
        }
        ui.vertical_centered(|ui| text::display(ui, "Connecting"));
        ui.add_space(SPACE_S);
        ui.vertical_centered(|ui| {
            let words = match &view.entry {
                _ if view.is_nearby => {
                    "Stay near. Somebody of the room has to be within reach of Bluetooth."
                }
                Some(Entry::Trying { .. }) => "Keep the other device awake and near.",
                _ => "Keep the other device awake and on the same network.",
            };
            text::hint(ui, words);
        });
        ui.add_space(SPACE_L);
        match &view.entry {
            Some(Entry::Trying { ssid }) => {
                status_lines(ui, Status::Connecting, &format!("Joining the Wi-Fi {ssid}"));
            }
            _ => attempts_ui(ui, view),
        }
        if let Some(Entry::Failed { why, credentials }) = &view.entry {
            by_hand_ui(ui, why, credentials);
        }
        ui.add_space(SPACE_XL);
        if button::wide(ui, Weight::Plain, Some(Icon::Close), "Cancel").clicked() {
            actions.push(Action::Command(Command::CancelJoin { invite: view.invite }));
            actions.push(Action::Back);
        }
    });
}

fn asks_ui(ui: &mut Ui, network: &str, ssid: &str, actions: &mut Vec<Action>) {
    text::title(ui, &format!("Leave {network}?"));
    ui.add_space(SPACE_XS);
    text::body(
        ui,
        &format!(
            "This code leads into the Wi-Fi {ssid} first. You will leave {network} until you are \
             done, and with it the internet that you have there."
        ),
    );
    ui.add_space(SPACE_L);
    wifi::answers_ui(ui, "Leave and join", "Stay and try here", actions);
}

/// What the person can do who is not in the network of an invite.
fn by_hand_ui(ui: &mut Ui, why: &str, credentials: &Credentials) {
    ui.add_space(SPACE_L);
    text::problem(ui, why);
    ui.add_space(SPACE_S);
    text::hint(ui, "You can also join this network in the system\u{2019}s settings:");
    ui.add_space(SPACE_S);
    wifi::credentials_ui(ui, credentials.ssid(), credentials.passphrase());
}

fn attempts_ui(ui: &mut Ui, view: &JoiningView) {
    if !view.is_reachable {
        text::problem(ui, "This device is on no network. Join a Wi-Fi, then it goes on by itself.");
        return;
    }
    if view.attempts.is_empty() {
        status_lines(ui, Status::Connecting, "Looking for the other device");
    }
    for attempt in &view.attempts {
        status_lines(ui, Status::Connecting, attempt);
    }
}

fn failed_ui(ui: &mut Ui, failure: &str, entry: Option<&Entry>, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| text::display(ui, "That did not work"));
    ui.add_space(SPACE_M);
    ui.vertical_centered(|ui| text::problem(ui, failure));
    if let Some(Entry::Failed { why, credentials }) = entry {
        by_hand_ui(ui, why, credentials);
    }
    ui.add_space(SPACE_XL);
    if button::wide(ui, Weight::Primary, Some(Icon::Scan), "Scan another code").clicked() {
        actions.push(Action::Switch(Route::Scan));
    }
    ui.add_space(SPACE_S);
    if button::wide(ui, Weight::Plain, None, "Back to the rooms").clicked() {
        actions.push(Action::Switch(Route::Rooms));
    }
}

//! What can be changed, and where things are.

use egui::{Frame, Ui};
use engine::Command;

use super::{
    action::Action,
    layout, permit,
    route::Route,
    state::{Look, TextSize},
    storage::{StorageView, storage_ui},
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS, TEXT_SIZES, palette},
    welcome::name_problem,
    widgets::{
        avatar,
        button::{self, Weight},
        field,
        icon::Icon,
        meter::meter,
        status_dot::{Status, status_lines},
        text,
    },
};
use crate::{
    backend::{NetInfo, RelayedLinks, Whereabouts},
    host::{Permission, PermissionState},
    stats::IDLE_CEILING,
};

const FACE: f32 = 64.0;

/// What the settings show.
#[derive(Debug)]
pub struct SettingsView<'a> {
    /// The person's name.
    pub name: &'a str,
    /// Where this device and its data are.
    pub whereabouts: &'a Whereabouts,
    /// How this device stands in the network.
    pub net: &'a NetInfo,
    /// The network this device is in that was made for its rooms.
    pub wifi: Option<&'a str>,
    /// When links may be relayed.
    pub relayed_links: RelayedLinks,
    /// Whether this device carries sealed messages for others.
    pub carries: bool,
    /// What is kept, once that was told.
    pub storage: Option<StorageView<'a>>,
    /// What the person said of each permission, where this device asks for them.
    pub permits: &'a [(Permission, PermissionState)],
}

/// What the settings change.
#[derive(Debug)]
pub struct SettingsDoing<'a> {
    /// The name being typed.
    pub name: &'a mut String,
    /// Light or dark.
    pub look: &'a mut Look,
    /// The size of text.
    pub text_size: &'a mut TextSize,
    /// Whether others see when the person is typing.
    pub tells_typing: &'a mut bool,
}

/// Shows the settings.
pub fn settings_ui(
    ui: &mut Ui,
    view: &SettingsView<'_>,
    doing: SettingsDoing<'_>,
    actions: &mut Vec<Action>,
) {
    layout::titled_bar(ui, true, "Settings", actions);
    layout::column(ui, "settings", |ui| {
        section(ui, "You", |ui| name_ui(ui, view, doing.name, actions));
        section(ui, "Appearance", |ui| look_ui(ui, doing.look, doing.text_size));
        section(ui, "Privacy", |ui| typing_ui(ui, doing.tells_typing));
        if !view.permits.is_empty() {
            section(ui, "Permissions", |ui| permits_ui(ui, view.permits, actions));
        }
        section(ui, "Network", |ui| network_ui(ui, view, actions));
        if let Some(storage) = &view.storage {
            section(ui, "Storage", |ui| storage_ui(ui, storage, actions));
        }
        section(ui, "This device", |ui| device_ui(ui, view.whereabouts));
        section(ui, "About", |ui| {
            text::body(ui, concat!("Festival Chat ", env!("CARGO_PKG_VERSION")));
            text::small(
                ui,
                "Messages travel encrypted; no server on the way can read them. No account, no ads.",
            );
        });
    });
}

fn section(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    let colors = palette(ui);
    text::title(ui, title);
    ui.add_space(SPACE_XS);
    Frame::new()
        .fill(colors.surface)
        .stroke((1.0, colors.line))
        .corner_radius(16)
        .inner_margin(SPACE_L)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui);
        });
    ui.add_space(SPACE_L);
}

fn name_ui(ui: &mut Ui, view: &SettingsView<'_>, name: &mut String, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| avatar::avatar(ui, FACE, name, name.trim().as_bytes()));
    ui.add_space(SPACE_S);
    let response =
        ui.scope(|ui| field::line(ui, "Your name", "What others will call you", name)).inner;
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    let problem = name_problem(name);
    if let Some(problem) = problem {
        text::problem(ui, problem);
    }
    let is_new = problem.is_none() && name.trim() != view.name;
    ui.add_space(SPACE_S);
    let save = ui.add_enabled_ui(is_new, |ui| button::wide(ui, Weight::Primary, None, "Save name"));
    if is_new && (save.inner.clicked() || entered) {
        actions.push(Action::Command(Command::SetName { name: name.trim().to_owned() }));
    }
}

fn look_ui(ui: &mut Ui, look: &mut Look, text_size: &mut TextSize) {
    text::small(ui, "Theme");
    ui.horizontal_wrapped(|ui| {
        for choice in [Look::System, Look::Light, Look::Dark] {
            if button::choice(ui, choice.word(), *look == choice).clicked() {
                *look = choice;
            }
        }
    });
    ui.add_space(SPACE_M);
    text::small(ui, "Text size");
    ui.horizontal_wrapped(|ui| {
        for percent in TEXT_SIZES {
            let is_chosen = text_size.0 == percent;
            if button::choice(ui, &format!("{percent} %"), is_chosen).clicked() {
                *text_size = TextSize(percent);
            }
        }
    });
}

fn typing_ui(ui: &mut Ui, tells: &mut bool) {
    text::small(ui, "Let others see when I am typing");
    ui.horizontal_wrapped(|ui| {
        for (on, label) in [(true, "Show"), (false, "Do not show")] {
            if button::choice(ui, label, *tells == on).clicked() {
                *tells = on;
            }
        }
    });
    let said = if *tells {
        "Members who are here now see it, in rooms of up to 50. It is sent only where data costs nothing."
    } else {
        "Nobody learns of what you have not sent. You still see when others are typing, if they let you."
    };
    text::small(ui, said);
}

fn permits_ui(ui: &mut Ui, permits: &[(Permission, PermissionState)], actions: &mut Vec<Action>) {
    for (nth, (of, state)) in permits.iter().enumerate() {
        if nth > 0 {
            ui.add_space(SPACE_M);
        }
        text::body(ui, permit::words(*of, *state));
        permit::button_ui(ui, *of, *state, actions);
    }
}

fn device_ui(ui: &mut Ui, whereabouts: &Whereabouts) {
    ui.spacing_mut().item_spacing.y = SPACE_XS;
    text::small(ui, "Data folder");
    text::body(ui, &whereabouts.data_dir);
    ui.add_space(SPACE_S);
    text::small(ui, "Can be reached at");
    if whereabouts.addrs.is_empty() {
        text::body(ui, "Nowhere: this device is on no network.");
    }
    for addr in &whereabouts.addrs {
        text::body(ui, addr);
    }
}

fn network_ui(ui: &mut Ui, view: &SettingsView<'_>, actions: &mut Vec<Action>) {
    let (status, words) = relays(view.net);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = SPACE_XS;
        text::small(ui, "Relays");
        status_lines(ui, status, &words);
        ui.add_space(SPACE_S);
        text::small(ui, "Traffic today while nobody wrote");
        text::body(ui, &idle(view.net.idle_bytes_today));
        let share = view.net.idle_bytes_today as f32 / IDLE_CEILING as f32;
        let colors = palette(ui);
        meter(ui, share, if share < 1.0 { colors.connected } else { colors.danger });
    });
    ui.add_space(SPACE_M);
    relayed_ui(ui, view, actions);
    ui.add_space(SPACE_M);
    carrying_ui(ui, view.carries, actions);
    ui.add_space(SPACE_M);
    if let Some(ssid) = view.wifi {
        let label = format!("Leave the Wi-Fi {ssid}");
        if button::wide(ui, Weight::Plain, Some(Icon::Close), &label).clicked() {
            actions.push(Action::Open(Route::Wifi));
        }
    }
    for (icon, label, route) in [
        (Icon::Server, "Servers", Route::Servers),
        (Icon::Check, "Connection test", Route::SelfTest),
        (Icon::Chart, "Statistics", Route::Statistics),
        (Icon::Pulse, "Diagnostics", Route::Diagnostics),
    ] {
        if button::wide(ui, Weight::Plain, Some(icon), label).clicked() {
            actions.push(Action::Open(route));
        }
    }
}

fn relayed_ui(ui: &mut Ui, view: &SettingsView<'_>, actions: &mut Vec<Action>) {
    text::small(ui, "Connections through a TURN server");
    ui.horizontal_wrapped(|ui| {
        for (choice, label) in [
            (RelayedLinks::Never, "Never"),
            (RelayedLinks::Unmetered, "Unless metered"),
            (RelayedLinks::Always, "Always"),
        ] {
            let is_chosen = view.relayed_links == choice;
            if button::choice(ui, label, is_chosen).clicked() && !is_chosen {
                actions.push(Action::RelayLinks(choice));
            }
        }
    });
    let said = match (view.relayed_links, view.net.is_metered) {
        (RelayedLinks::Never, _) => "Where no direct way is found, messages wait in the mailbox.",
        (RelayedLinks::Unmetered, false) => {
            "For devices that find no direct way. Not where your system says that data is paid for."
        }
        (RelayedLinks::Unmetered, true) => {
            "Your system says that data is paid for here, so only direct connections are used."
        }
        (RelayedLinks::Always, _) => {
            "For devices that find no direct way, also where data is paid for."
        }
    };
    text::small(ui, said);
}

fn carrying_ui(ui: &mut Ui, carries: bool, actions: &mut Vec<Action>) {
    text::small(ui, "Carry sealed messages for others");
    ui.horizontal_wrapped(|ui| {
        for (on, label) in [(true, "Carry"), (false, "Do not carry")] {
            if button::choice(ui, label, carries == on).clicked() && carries != on {
                actions.push(Action::Command(Command::SetCarrying { on }));
            }
        }
    });
    let said = if carries {
        "For people who never meet: this device passes on messages it cannot read, for two days, and others do so for you. They meet over Bluetooth, when they are near each other."
    } else {
        "This device carries nothing for strangers, and strangers carry nothing for you."
    };
    text::small(ui, said);
}

fn relays(net: &NetInfo) -> (Status, String) {
    match (net.open_relays(), net.relays.len()) {
        (_, 0) => (Status::Offline, "none: this network only".to_owned()),
        (0, _) => (Status::Offline, "none can be reached".to_owned()),
        (open, all) => (Status::Connected, format!("{open} of {all} connected")),
    }
}

/// "0.8 MB of 5 MB"
fn idle(bytes: u64) -> String {
    let mb = |bytes: u64| bytes as f64 / 1e6;
    format!("{:.1} MB of {:.0} MB", mb(bytes), mb(IDLE_CEILING))
}

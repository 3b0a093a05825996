//! Which servers help devices to find and reach each other.

use std::{collections::BTreeMap, time::Duration};

use egui::{Align, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use transport::{
    nostr::RelayUrl,
    servers::{Servers, TurnServer},
};

use super::{
    action::Action,
    clock, layout,
    server_edit::{Editing, MAX_SERVERS, ServerKind},
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, TOUCH, Type},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        step, text,
    },
};
use crate::backend::{NetInfo, RelayState, ServersInUse, StepState, TestScope};

/// With less room for it than this, in lines of text, an address stands above its buttons.
const MIN_WIDTH: f32 = 9.0;

/// What the servers screen shows.
#[derive(Debug)]
pub struct ServersView<'a> {
    /// The servers.
    pub in_use: &'a ServersInUse,
    /// How the relays are doing.
    pub net: &'a NetInfo,
    /// What came of testing servers, by their addresses.
    pub tested: &'a BTreeMap<String, StepState>,
    /// Whether the person may be about to go back to the shipped list.
    pub is_resetting: bool,
}

/// What the person decided about going back to the shipped list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resetting {
    /// They may be about to.
    Asked,
    /// It is decided.
    Over,
}

/// One row: a server and what is known of it.
struct Row<'a> {
    kind: ServerKind,
    index: usize,
    url: &'a str,
    login: Option<String>,
    state: Option<StepState>,
    alone: Servers,
}

/// Shows the servers; returns what was decided about going back to the shipped list, if anything.
pub fn servers_ui(
    ui: &mut Ui,
    view: &ServersView<'_>,
    actions: &mut Vec<Action>,
) -> Option<Resetting> {
    layout::titled_bar(ui, true, "Servers", actions);
    let servers = &view.in_use.servers;
    let mut decided = None;
    layout::column(ui, "servers", |ui| {
        text::hint(
            ui,
            "They help devices find and reach each other over the internet, and can read nothing. \
             Without any, devices on the same network still meet.",
        );
        ui.add_space(SPACE_M);
        if view.in_use.is_fixed {
            text::problem(
                ui,
                "These servers were named when the app was started, so they cannot be changed \
                 here.",
            );
            ui.add_space(SPACE_M);
        }
        for kind in [ServerKind::Relay, ServerKind::Stun, ServerKind::Turn] {
            section_ui(ui, view, kind, actions);
        }
        let is_any = *servers != Servers { trust: servers.trust.clone(), ..Servers::none() };
        let is_busy = view.tested.values().any(is_open);
        let test = ui.add_enabled_ui(is_any && !is_busy, |ui| {
            button::wide(ui, Weight::Primary, Some(Icon::Pulse), "Test all")
        });
        if is_any && test.inner.clicked() {
            actions.push(Action::Test(TestScope::ServersOnly, servers.clone()));
        }
        if !view.in_use.is_fixed && *servers != Servers::shipped() {
            ui.add_space(SPACE_S);
            decided = reset_ui(ui, view.is_resetting, actions);
        }
    });
    decided
}

fn is_open(state: &StepState) -> bool {
    matches!(state, StepState::Running | StepState::Waiting)
}

fn section_ui(ui: &mut Ui, view: &ServersView<'_>, kind: ServerKind, actions: &mut Vec<Action>) {
    let (title, purpose, none, add) = match kind {
        ServerKind::Relay => (
            "Relays",
            "Pass sealed notes between devices that look for each other, and keep sealed messages \
             for those who are away.",
            "None: devices find each other on the same network only.",
            "Add relay",
        ),
        ServerKind::Stun => (
            "STUN servers",
            "Tell this device its public address.",
            "None: routers between devices are harder to get through.",
            "Add STUN server",
        ),
        ServerKind::Turn => (
            "TURN servers",
            "Pass on, still encrypted, what cannot go directly.",
            "None: where no direct way is found, messages wait in the mailbox.",
            "Add TURN server",
        ),
    };
    text::title(ui, title);
    text::small(ui, purpose);
    ui.add_space(SPACE_XS);
    let rows = rows(view, kind);
    if rows.is_empty() {
        text::hint(ui, none);
        ui.add_space(SPACE_XS);
    }
    for row in &rows {
        row_ui(ui, view, row, actions);
    }
    if rows.len() >= MAX_SERVERS {
        text::small(ui, "More would cost and not help. To add another, remove one.");
    } else if !view.in_use.is_fixed
        && button::wide(ui, Weight::Plain, Some(Icon::Plus), add).clicked()
    {
        actions.push(Action::Edit(Box::new(Editing::new(kind))));
    }
    ui.add_space(SPACE_XL);
}

fn rows<'a>(view: &'a ServersView<'_>, kind: ServerKind) -> Vec<Row<'a>> {
    let servers = &view.in_use.servers;
    let only = || Servers { trust: servers.trust.clone(), ..Servers::none() };
    let row = |(index, url): (usize, &'a String)| Row {
        kind,
        index,
        url,
        login: None,
        state: view.tested.get(url).cloned(),
        alone: only(),
    };
    match kind {
        ServerKind::Relay => servers
            .relays
            .iter()
            .enumerate()
            .map(row)
            .map(|row| {
                let alone = Servers { relays: vec![row.url.to_owned()], ..only() };
                let state = row.state.clone().or_else(|| standing(view.net, row.url));
                Row { alone, state, ..row }
            })
            .collect(),
        ServerKind::Stun => servers
            .stun
            .iter()
            .enumerate()
            .map(row)
            .map(|row| {
                let alone = Servers { stun: vec![row.url.to_owned()], ..only() };
                Row { alone, ..row }
            })
            .collect(),
        ServerKind::Turn => servers
            .turn
            .iter()
            .enumerate()
            .map(|(index, turn)| {
                let alone = Servers { turn: vec![turn.clone()], ..only() };
                Row { alone, login: Some(login(turn)), ..row((index, &turn.url)) }
            })
            .collect(),
    }
}

/// How a relay is doing, when nobody has tested it.
fn standing(net: &NetInfo, url: &str) -> Option<StepState> {
    let written = url.parse::<RelayUrl>().ok()?.to_string();
    let relay = net.relays.iter().find(|relay| relay.url == written)?;
    Some(match &relay.state {
        RelayState::Connecting => StepState::Running,
        RelayState::Open { round_trip } => {
            StepState::Ok(format!("connected, {}", clock::round_trip(*round_trip)))
        }
        RelayState::Waiting { retry_after, why } => StepState::Failed(format!(
            "{why}; tried again in {}",
            clock::span((*retry_after).max(Duration::from_secs(1)))
        )),
    })
}

fn login(turn: &TurnServer) -> String {
    match (&turn.secret, turn.username.is_empty()) {
        (Some(_), true) => "with a shared secret".to_owned(),
        (Some(_), false) => format!("as {}, with a shared secret", turn.username),
        (None, false) => format!("as {}", turn.username),
        (None, true) => "without a password".to_owned(),
    }
}

fn row_ui(ui: &mut Ui, view: &ServersView<'_>, row: &Row<'_>, actions: &mut Vec<Action>) {
    card(ui, |ui| {
        let buttons = button::width(ui, "Test", false) + TOUCH + 2.0 * SPACE_S;
        let width = ui.available_width() - buttons;
        if width < MIN_WIDTH * ui.text_style_height(&Type::Body.style()) {
            words_ui(ui, row);
            ui.add_space(SPACE_XS);
            ui.horizontal(|ui| {
                test_button(ui, row, actions);
                edit_button(ui, view, row, actions);
            });
            return;
        }
        // As high as the words were in the last frame: buttons and words have one middle.
        let id = ui.make_persistent_id(("height", row.url));
        let known: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
        let height = known.max(button::height(ui));
        let size = vec2(ui.available_width(), height);
        let layout = Layout::right_to_left(Align::Center);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            edit_button(ui, view, row, actions);
            test_button(ui, row, actions);
            let rect = Rect::from_min_size(
                pos2(ui.max_rect().left(), ui.max_rect().center().y - known / 2.0),
                vec2(width, known),
            );
            let builder = UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
            let mut child = ui.new_child(builder);
            words_ui(&mut child, row);
            let height = child.min_rect().height();
            if (height - known).abs() > 0.5 {
                ui.data_mut(|data| data.insert_temp(id, height));
                ui.ctx().request_discard("the height of a server's words was not known");
            }
        });
    });
    ui.add_space(SPACE_S);
}

fn words_ui(ui: &mut Ui, row: &Row<'_>) {
    ui.spacing_mut().item_spacing.y = SPACE_XS / 2.0;
    text::body(ui, row.url);
    if let Some(login) = &row.login {
        text::small(ui, login);
    }
    if let Some(state) = &row.state {
        step::outcome(ui, state);
    }
}

fn test_button(ui: &mut Ui, row: &Row<'_>, actions: &mut Vec<Action>) {
    let is_idle = !row.state.as_ref().is_some_and(is_open);
    let test = ui.add_enabled_ui(is_idle, |ui| {
        button::named(ui, Weight::Plain, "Test", &format!("Test {}", row.url))
    });
    if is_idle && test.inner.clicked() {
        actions.push(Action::Test(TestScope::ServersOnly, row.alone.clone()));
    }
}

fn edit_button(ui: &mut Ui, view: &ServersView<'_>, row: &Row<'_>, actions: &mut Vec<Action>) {
    if view.in_use.is_fixed {
        return;
    }
    if button::icon(ui, Icon::Edit, &format!("Edit {}", row.url)).clicked()
        && let Some(editing) = Editing::of(&view.in_use.servers, row.kind, row.index)
    {
        actions.push(Action::Edit(Box::new(editing)));
    }
}

fn reset_ui(ui: &mut Ui, is_asked: bool, actions: &mut Vec<Action>) -> Option<Resetting> {
    if !is_asked {
        let reset =
            button::wide(ui, Weight::Danger, Some(Icon::Again), "Reset to the shipped list");
        return reset.clicked().then_some(Resetting::Asked);
    }
    ui.add_space(SPACE_L);
    text::body(ui, "Go back to the servers the app is shipped with? Yours are then forgotten.");
    ui.add_space(SPACE_S);
    let mut decided = None;
    if button::wide(ui, Weight::Danger, Some(Icon::Again), "Forget mine and reset").clicked() {
        actions.push(Action::UseServers { servers: Servers::shipped(), note: "Servers reset." });
        decided = Some(Resetting::Over);
    }
    if button::wide(ui, Weight::Plain, None, "Keep mine").clicked() {
        decided = Some(Resetting::Over);
    }
    decided
}

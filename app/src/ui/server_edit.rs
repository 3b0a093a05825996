//! Writing a server down: a new one, or one of the list.

use egui::Ui;
use serde::{Deserialize, Serialize};
use transport::{
    nostr::RelayUrl,
    servers::{Servers, StunUrl, TurnServer, TurnUrl},
};

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_M, SPACE_S},
    widgets::{
        button::{self, Weight},
        field,
        icon::Icon,
        step, text,
    },
};
use crate::{
    backend::{StepState, TestScope},
    model::sentence,
};

/// The most servers of one kind: each relay costs a little all day, and more help nobody.
pub const MAX_SERVERS: usize = 8;

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerKind {
    /// Takes and gives word between devices.
    Relay,
    /// Tells a device its public address.
    Stun,
    /// Passes on what cannot go directly.
    Turn,
}

impl ServerKind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Stun => "STUN server",
            Self::Turn => "TURN server",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Relay => "wss://relay.example.org",
            Self::Stun => "stun:stun.example.org",
            Self::Turn => "turn:turn.example.org",
        }
    }

    fn notes(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Relay => ("Relay added.", "Relay changed.", "Relay removed."),
            Self::Stun => ("STUN server added.", "STUN server changed.", "STUN server removed."),
            Self::Turn => ("TURN server added.", "TURN server changed.", "TURN server removed."),
        }
    }
}

/// A server being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    /// What it is for.
    pub kind: ServerKind,
    /// Its place in the list; `None` for a new one.
    pub index: Option<usize>,
    /// Its address.
    pub url: String,
    /// The name it knows the person by.
    pub username: String,
    /// The password, or the secret passwords are made from. Not to be found in the state of the screens.
    #[serde(skip)]
    pub word: String,
    /// Whether [`Self::word`] is a shared secret.
    pub is_secret: bool,
}

impl Editing {
    /// A new server.
    pub fn new(kind: ServerKind) -> Self {
        Self {
            kind,
            index: None,
            url: String::new(),
            username: String::new(),
            word: String::new(),
            is_secret: false,
        }
    }

    /// The one at `index`, if there is one.
    pub fn of(servers: &Servers, kind: ServerKind, index: usize) -> Option<Self> {
        let new = Self { index: Some(index), ..Self::new(kind) };
        Some(match kind {
            ServerKind::Relay => Self { url: servers.relays.get(index)?.clone(), ..new },
            ServerKind::Stun => Self { url: servers.stun.get(index)?.clone(), ..new },
            ServerKind::Turn => {
                let TurnServer { url, username, password, secret } = servers.turn.get(index)?;
                let word = secret.as_ref().or(password.as_ref()).cloned().unwrap_or_default();
                Self {
                    url: url.clone(),
                    username: username.clone(),
                    word,
                    is_secret: secret.is_some(),
                    ..new
                }
            }
        })
    }

    /// This server alone, for a test. `trust` is the certificates to believe.
    fn alone(&self, trust: &Servers) -> Servers {
        let mut servers = Servers { trust: trust.trust.clone(), ..Servers::none() };
        self.push(&mut servers, None);
        servers
    }

    /// The list with this server in it.
    fn entered(&self, servers: &Servers) -> Servers {
        let mut servers = servers.clone();
        self.push(&mut servers, self.index);
        servers
    }

    /// The list without this server.
    fn removed(&self, servers: &Servers) -> Servers {
        let mut servers = servers.clone();
        if let Some(index) = self.index {
            match self.kind {
                ServerKind::Relay if index < servers.relays.len() => {
                    servers.relays.remove(index);
                }
                ServerKind::Stun if index < servers.stun.len() => {
                    servers.stun.remove(index);
                }
                ServerKind::Turn if index < servers.turn.len() => {
                    servers.turn.remove(index);
                }
                _ => {}
            }
        }
        servers
    }

    fn push(&self, servers: &mut Servers, index: Option<usize>) {
        match self.kind {
            ServerKind::Relay => put(&mut servers.relays, index, self.address()),
            ServerKind::Stun => put(&mut servers.stun, index, self.address()),
            ServerKind::Turn => put(&mut servers.turn, index, self.turn()),
        }
    }

    /// Its address as it goes into the list: relays' are all written alike.
    pub fn address(&self) -> String {
        let url = self.url.trim();
        match (self.kind, url.parse::<RelayUrl>()) {
            (ServerKind::Relay, Ok(relay)) => relay.to_string(),
            _ => url.to_owned(),
        }
    }

    fn turn(&self) -> TurnServer {
        let word = Some(self.word.clone()).filter(|word| !word.is_empty());
        let (password, secret) = if self.is_secret { (None, word) } else { (word, None) };
        TurnServer {
            url: self.address(),
            username: self.username.trim().to_owned(),
            password,
            secret,
        }
    }

    /// What is wrong with it among these servers, as a sentence that says what to do.
    pub fn problem(&self, servers: &Servers) -> Option<String> {
        let url = self.url.trim();
        let wrong = match self.kind {
            ServerKind::Relay => url.parse::<RelayUrl>().err().map(|why| why.to_string()),
            ServerKind::Stun => url.parse::<StunUrl>().err().map(|why| why.to_string()),
            ServerKind::Turn => url.parse::<TurnUrl>().err().map(|why| why.to_string()),
        };
        if let Some(why) = wrong {
            return Some(sentence(&why));
        }
        let url = self.address();
        let known: Vec<&str> = match self.kind {
            ServerKind::Relay => servers.relays.iter().map(String::as_str).collect(),
            ServerKind::Stun => servers.stun.iter().map(String::as_str).collect(),
            ServerKind::Turn => servers.turn.iter().map(|server| server.url.as_str()).collect(),
        };
        let others = known.iter().enumerate().filter(|(at, _)| Some(*at) != self.index);
        if others.clone().any(|(_, known)| known.eq_ignore_ascii_case(&url)) {
            return Some(format!("This {} is in the list already.", self.kind.name()));
        }
        if self.kind != ServerKind::Turn {
            return None;
        }
        match (self.is_secret, self.word.is_empty(), self.username.trim().is_empty()) {
            (true, true, _) => Some("Enter the secret that the server shares with you.".to_owned()),
            (false, true, _) => Some("Enter the password that goes with the user name.".to_owned()),
            (false, false, true) => {
                Some("Enter the user name that the server gave you.".to_owned())
            }
            _ => None,
        }
    }
}

fn put<T>(list: &mut Vec<T>, index: Option<usize>, item: T) {
    match index.and_then(|index| list.get_mut(index)) {
        Some(place) => *place = item,
        None => list.push(item),
    }
}

/// What the screen of one server shows.
#[derive(Debug)]
pub struct EditView<'a> {
    /// The list it belongs to.
    pub servers: &'a Servers,
    /// What came of testing it, if it was tested.
    pub tested: Option<&'a StepState>,
}

/// Shows the server that is being written.
pub fn edit_ui(ui: &mut Ui, view: &EditView<'_>, editing: &mut Editing, actions: &mut Vec<Action>) {
    let kind = editing.kind;
    let verb = if editing.index.is_some() { "Edit" } else { "Add" };
    layout::titled_bar(ui, true, &format!("{verb} {}", kind.name()), actions);
    layout::column(ui, "edit server", |ui| {
        let address = ui.scope(|ui| field::line(ui, "Address", kind.example(), &mut editing.url));
        if editing.url.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
            address.inner.request_focus();
        }
        let mut is_entered = address.inner.lost_focus();
        if kind == ServerKind::Turn {
            is_entered |= login_ui(ui, editing);
        }
        let is_entered = is_entered && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let problem = editing.problem(view.servers);
        ui.add_space(SPACE_S);
        match (&problem, view.tested) {
            (Some(problem), _) if !editing.url.trim().is_empty() => {
                text::problem(ui, problem);
            }
            (None, Some(state)) => step::outcome(ui, state),
            _ => {}
        }
        ui.add_space(SPACE_L);
        let is_good = problem.is_none();
        let save = ui.add_enabled_ui(is_good, |ui| button::wide(ui, Weight::Primary, None, "Save"));
        if is_good && (save.inner.clicked() || is_entered) {
            let (added, changed, _) = kind.notes();
            let note = if editing.index.is_some() { changed } else { added };
            actions.push(Action::UseServers { servers: editing.entered(view.servers), note });
            actions.push(Action::Back);
        }
        let is_idle = !matches!(view.tested, Some(StepState::Running | StepState::Waiting));
        let test = ui.add_enabled_ui(is_good && is_idle, |ui| {
            button::wide(ui, Weight::Plain, Some(Icon::Pulse), "Test")
        });
        if is_good && test.inner.clicked() {
            actions.push(Action::Test(TestScope::ServersOnly, editing.alone(view.servers)));
        }
        if editing.index.is_some() {
            ui.add_space(SPACE_L);
            let label = format!("Remove this {}", kind.name());
            if button::wide(ui, Weight::Danger, Some(Icon::Trash), &label).clicked() {
                let (_, _, note) = kind.notes();
                actions.push(Action::UseServers { servers: editing.removed(view.servers), note });
                actions.push(Action::Back);
            }
        }
    });
}

/// How the person proves to a TURN server that they may use it. Returns whether a field was left.
fn login_ui(ui: &mut Ui, editing: &mut Editing) -> bool {
    ui.add_space(SPACE_M);
    text::small(ui, "How you prove that you may use it");
    ui.horizontal_wrapped(|ui| {
        for (is_secret, label) in [(false, "Password"), (true, "Shared secret")] {
            if button::choice(ui, label, editing.is_secret == is_secret).clicked() {
                editing.is_secret = is_secret;
            }
        }
    });
    ui.add_space(SPACE_M);
    let (name_label, hint, word_label) = if editing.is_secret {
        ("User name, if any", "", "Secret of the server")
    } else {
        ("User name", "", "Password for it")
    };
    let name = ui.scope(|ui| field::line(ui, name_label, hint, &mut editing.username)).inner;
    ui.add_space(SPACE_M);
    let word = ui.scope(|ui| field::hidden(ui, word_label, &mut editing.word)).inner;
    name.lost_focus() || word.lost_focus()
}

#[cfg(test)]
mod tests {
    use transport::servers::{Servers, TurnServer};

    use super::{Editing, ServerKind};

    fn servers() -> Servers {
        Servers {
            relays: vec!["wss://a.example".to_owned(), "wss://b.example".to_owned()],
            turn: vec![TurnServer {
                url: "turn:t.example".to_owned(),
                username: "ana".to_owned(),
                password: Some("pw".to_owned()),
                secret: None,
            }],
            ..Servers::none()
        }
    }

    fn problem(editing: &Editing) -> String {
        editing.problem(&servers()).unwrap_or_default()
    }

    #[test]
    fn server_keeps_its_place_when_it_is_changed() {
        let mut editing = Editing::of(&servers(), ServerKind::Relay, 0).expect("one");
        editing.url = " wss://c.example ".to_owned();

        assert_eq!(problem(&editing), "");
        assert_eq!(editing.entered(&servers()).relays, ["wss://c.example", "wss://b.example"]);
        assert_eq!(editing.removed(&servers()).relays, ["wss://b.example"]);
    }

    #[test]
    fn login_of_a_turn_server_survives_editing() {
        let editing = Editing::of(&servers(), ServerKind::Turn, 0).expect("one");
        assert_eq!(editing.entered(&servers()), servers());

        let secret = Editing { is_secret: true, ..editing };
        let turn = secret.entered(&servers()).turn;
        let words = turn.first().map(|turn| (turn.password.clone(), turn.secret.clone()));
        assert_eq!(words, Some((None, Some("pw".to_owned()))));
    }

    #[test]
    fn problem_names_what_to_do() {
        let with = |kind, url: &str| Editing { url: url.to_owned(), ..Editing::new(kind) };

        let web = problem(&with(ServerKind::Relay, "https://a.example"));
        assert_eq!(web, "Not the address of a relay: wss://host, or ws://host without TLS.");
        let port = problem(&with(ServerKind::Turn, "turn:a.example:x"));
        assert!(port.ends_with("the port must be a number from 1 to 65535."), "{port}");
        let twice = problem(&with(ServerKind::Relay, "B.example"));
        assert_eq!(twice, "This relay is in the list already.");
        let nameless =
            Editing { word: "pw".to_owned(), ..with(ServerKind::Turn, "turn:x.example") };
        assert_eq!(problem(&nameless), "Enter the user name that the server gave you.");
    }
}

//! The phone: what its system does to the app, and what can be seen on it.

use app::{
    chat_app::ChatApp,
    host::{Permission, PermissionState},
    ui::{
        route::Route,
        server_edit::{Editing, ServerKind},
        state::{TextSize, UiState},
    },
};
use egui::{
    Event as Input, Key, Modifiers, Pos2, RawInput, Rect, SafeAreaInsets, epaint::MarginF32,
    os::OperatingSystem,
};
use egui_kittest::{Harness, kittest::NodeT as _, kittest::Queryable as _};
use engine::{DoorPictures, Event, PeerId, Role};

use crate::{
    device::Device,
    network_stage::{counted, tested},
    stage::{Looking, SMALL_PHONE, Shared, resumed, scripted, start},
    story::{ME, ROOM, invite},
    table::below,
};

/// What the system keeps for itself: a notch above, a bar below, and a keyboard when it is up.
pub(crate) const NOTCH: f32 = 24.0;
const BAR: f32 = 24.0;
const KEYBOARD: f32 = 280.0;

/// The app on a phone.
pub(crate) struct Phone {
    pub(crate) harness: Harness<'static, ChatApp>,
    pub(crate) shared: Shared,
    looking: Looking,
    /// The state it was started with.
    first: String,
}

impl Phone {
    /// At a screen, as if one had come to it through those below it.
    pub(crate) fn at(route: Route) -> Self {
        Self::with(Looking::at(SMALL_PHONE), route, |_device| {})
    }

    /// The same, looked at in another way, on a device of another kind.
    pub(crate) fn with(looking: Looking, route: Route, device: impl FnOnce(&mut Device)) -> Self {
        let shared = scripted(|rules| {
            rules.make(ME, Role::Admin);
        });
        {
            let mut script = shared.borrow_mut();
            script.device = all_granted();
            device(&mut script.device);
            script.test = tested();
            script.stats = counted();
        }
        let state =
            UiState { look: looking.look, text_size: TextSize(looking.text), ..state_at(route) };
        Self::start(looking, shared, state)
    }

    fn start(looking: Looking, shared: Shared, state: UiState) -> Self {
        start(&shared);
        if matches!(state.stack.top(), Route::Door(_)) {
            knock(&shared);
        }
        let first = state.to_json();
        let looking = Looking { has_any_script: true, ..looking };
        let harness = resumed(looking, &shared, state);
        harness.ctx.set_os(OperatingSystem::Android);
        let mut phone = Self { harness, shared, looking, first };
        phone.keyboard(false);
        phone
    }

    /// The keyboard comes or goes.
    pub(crate) fn keyboard(&mut self, is_up: bool) {
        let bottom = if is_up { KEYBOARD } else { BAR };
        let insets = MarginF32 { left: 0.0, right: 0.0, top: NOTCH, bottom };
        self.harness.input_mut().safe_area_insets = Some(SafeAreaInsets(insets));
        self.settle();
    }

    /// The person goes back by the system's gesture.
    pub(crate) fn back(&mut self) {
        self.harness.key_press(Key::BrowserBack);
        self.settle();
    }

    /// The person looks at something else.
    pub(crate) fn suspend(&mut self) {
        self.harness.state_mut().suspend();
    }

    /// The person is back.
    pub(crate) fn resume(&mut self) {
        self.harness.state_mut().resume();
        self.settle();
    }

    /// The person looks at something else, the system ends the program, and it is started again.
    pub(crate) fn die(mut self) -> Self {
        self.suspend();
        let Self { harness, shared, looking, first } = self;
        drop(harness);
        // Nothing is kept where nothing changed.
        let kept = shared.borrow().device.kept.clone().unwrap_or(first);
        Self::start(looking, shared, UiState::from_json(&kept))
    }

    /// Draws until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        self.harness.run_steps(8);
    }

    /// Touches what has this label, wherever on the page it is.
    pub(crate) fn touch(&mut self, label: &str) {
        self.harness.get_by_label(label).scroll_to_me();
        self.settle();
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Writes where the keyboard's words go.
    pub(crate) fn write(&mut self, text: &str) {
        self.event(Input::Text(text.to_owned()));
    }

    /// Something comes from the system.
    pub(crate) fn event(&mut self, event: Input) {
        self.harness.event(event);
        self.settle();
    }

    /// A key is pressed, and let go of.
    pub(crate) fn key(&mut self, key: Key) {
        self.harness.key_press_modifiers(Modifiers::NONE, key);
        self.settle();
    }

    /// Compares a picture of the whole screen with the one checked in.
    pub(crate) fn picture(&mut self, name: &str) {
        // The harness draws as many pixels as there are to be used, from the upper left corner of the screen.
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, self.looking.size));
        let safe_area_insets = Some(SafeAreaInsets::default());
        let input = RawInput { screen_rect, safe_area_insets, ..RawInput::default() };
        let output = self.harness.ctx.run_ui(input, |_ui| {});
        assert!(output.textures_delta.is_empty(), "nothing that the picture needs");
        self.harness.snapshot(name);
    }

    /// Where the person is.
    pub(crate) fn top(&self) -> Route {
        self.harness.state().state().stack.top()
    }

    /// What the screen is not to leave.
    pub(crate) fn room(&self) -> Rect {
        self.harness.ctx.content_rect()
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub(crate) fn says(&self, words: &str) -> bool {
        self.harness.query_all_by_label_contains(words).next().is_some()
    }

    /// Everything that can be read aloud, with what is written in it.
    pub(crate) fn words(&self) -> Vec<String> {
        let nodes = self.harness.root().children_recursive();
        let spoken = nodes.filter_map(|node| {
            let access = node.accesskit_node();
            let words = [access.label(), access.value()];
            let words: Vec<String> = words.into_iter().flatten().collect();
            (!words.is_empty()).then(|| words.join(": "))
        });
        spoken.collect()
    }

    pub(crate) fn value(&self, label: &str) -> String {
        self.harness.get_by_label(label).value().unwrap_or_default()
    }
}

/// A phone whose person said yes to everything.
pub(crate) fn all_granted() -> Device {
    let permits = Permission::ALL.map(|of| (of, PermissionState::Granted));
    Device { permits: Some(permits.into()), told: Some(Default::default()), ..Device::default() }
}

/// The state of somebody who came to a screen through those below it.
fn state_at(route: Route) -> UiState {
    let mut state = UiState::default();
    let mut way: Vec<Route> = std::iter::successors(Some(route), |route| below(*route)).collect();
    way.reverse();
    for route in way {
        state.stack.open(route);
    }
    match route {
        Route::Joining(_) => state.following = Some(invite().to_text()),
        Route::EditServer => state.now.editing = Some(Editing::new(ServerKind::Relay)),
        _ => {}
    }
    state
}

/// Somebody waits at the door of the room.
fn knock(shared: &Shared) {
    let pictures = DoorPictures::from_numbers([2, 30, 45, 7, 61, 18]);
    let (newcomer, name) = (PeerId::from_bytes([0x51; 32]), "Maya".to_owned());
    let came = Event::NewcomerWaiting { room: ROOM, newcomer, name, pictures };
    shared.borrow_mut().tell(came);
}

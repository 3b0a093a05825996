//! Wi-Fi without a router: what was asked for, and what came of it.

use std::time::Duration;

use egui::Ui;
use engine::{Command, Event, Invite, InviteId, Timestamp};
use transport::wifi::{Credentials, Group, Part, WifiState, WifiStatus};

use super::ChatApp;
use crate::{
    backend::{WifiNews, WifiWish},
    host::Permission,
    model::sentence,
    runtime::{network_of, with_network},
    ui::{
        action::Action,
        joining::Entry,
        route::Route,
        wifi::{GroupView, OfferedView, WifiCode, WifiDeed, WifiView, WifiWay, wifi_ui},
    },
};

/// How often it is asked how Wi-Fi stands while that is looked at: the person can change it elsewhere.
const LOOK_EVERY_MILLIS: u64 = 5_000;

/// What is known of Wi-Fi, and what is being done with it.
#[derive(Debug, Default)]
pub(super) struct Wifi {
    pub(super) status: Option<WifiStatus>,
    doing: Option<Doing>,
    /// The network that would be left to make or join another: the person is being asked.
    asks: Option<String>,
    /// The network of a member that is to be joined.
    accepts: Option<Credentials>,
    /// What did not work, as a sentence.
    problem: Option<String>,
    /// The invite being followed that leads into a network first.
    entering: Option<Entering>,
    /// Whether the person is to be told where this device is, once that is known.
    tells_return: bool,
    looked_at: Option<Timestamp>,
    /// Whether the last look was not answered yet.
    is_looking: bool,
    shows: WifiCode,
    drawn: Option<Drawn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Making,
    Joining,
    Leaving,
}

/// An invite and how far it has led into its network.
#[derive(Debug)]
struct Entering {
    invite: Invite,
    credentials: Credentials,
    entry: Entry,
}

/// The codes of a group, and of what they were drawn.
#[derive(Debug)]
struct Drawn {
    credentials: Credentials,
    link: Option<String>,
    ours: Option<qr::Modules>,
    plain: Option<qr::Modules>,
}

impl Wifi {
    fn group(&self) -> Option<&Group> {
        self.status.as_ref()?.group.as_ref()
    }

    /// The name of the group this device is in.
    pub(super) fn ssid(&self) -> Option<&str> {
        self.group().map(|group| group.credentials.ssid())
    }

    /// What other screens offer.
    pub(super) fn way(&self) -> Option<WifiWay> {
        match self.ssid() {
            Some(ssid) => Some(WifiWay::In(ssid.to_owned())),
            None => self.status.as_ref()?.can_make.then_some(WifiWay::CanMake),
        }
    }

    /// How far an invite has led into its network, if it is for one.
    pub(super) fn entry(&self, invite: InviteId) -> Option<Entry> {
        let entering = self.entering.as_ref()?;
        (entering.invite.id() == invite).then(|| entering.entry.clone())
    }

    /// Lets go of the codes of the group, to be drawn again where they are looked at.
    pub(super) fn let_go(&mut self) {
        self.drawn = None;
    }

    /// Does not ask any more whether a network may be left. Returns whether it did.
    pub(super) fn stop_asking(&mut self) -> bool {
        self.asks.take().is_some()
    }

    fn set_group(&mut self, group: Option<Group>) {
        if let Some(status) = &mut self.status {
            status.group = group;
        }
    }
}

impl ChatApp {
    /// Asks how Wi-Fi stands.
    pub(super) fn look_at_wifi(&mut self) {
        self.wifi.looked_at = Some(self.clock.now());
        self.wifi.is_looking = true;
        self.backend.wifi(WifiWish::Look);
    }

    /// Asks again if the last answer is not fresh.
    fn keep_looking(&mut self, ui: &Ui) {
        let now = self.clock.now().0;
        let due = |at: Timestamp| at.0.saturating_add(LOOK_EVERY_MILLIS);
        let is_due = self.wifi.looked_at.is_none_or(|at| due(at) <= now);
        // What is being done is told when it is done; what is slow to answer is not asked more often.
        if is_due && self.wifi.doing.is_none() && !self.wifi.is_looking {
            self.look_at_wifi();
        }
        ui.ctx().request_repaint_after(Duration::from_millis(LOOK_EVERY_MILLIS));
    }

    pub(super) fn do_wifi(&mut self, deed: WifiDeed) {
        match deed {
            WifiDeed::Make => {
                self.wifi.accepts = None;
                self.make_or_join(false);
            }
            WifiDeed::Join => {
                // It may be gone since it was drawn.
                self.wifi.accepts = self.offer().map(|(_, credentials)| credentials.clone());
                if self.wifi.accepts.is_some() {
                    self.make_or_join(false);
                }
            }
            WifiDeed::Leave => self.wish(Doing::Leaving, WifiWish::Leave),
            WifiDeed::Show(code) => self.wifi.shows = code,
            WifiDeed::Answer(may_leave) => match self.wifi.asks.take() {
                Some(_) if may_leave => self.make_or_join(true),
                Some(_) => {}
                None => self.answer_entry(may_leave),
            },
        }
    }

    /// Joins the network of a member that was chosen, or makes one for the room at hand.
    fn make_or_join(&mut self, may_leave: bool) {
        match self.wifi.accepts.clone() {
            Some(credentials) => {
                let wish = WifiWish::Join { credentials, invite: None, may_leave };
                self.wish(Doing::Joining, wish);
            }
            None => {
                let wish = WifiWish::Make { room: self.state.stack.room(), may_leave };
                self.wish(Doing::Making, wish);
            }
        }
    }

    fn wish(&mut self, doing: Doing, wish: WifiWish) {
        self.wifi.doing = Some(doing);
        self.wifi.asks = None;
        self.wifi.problem = None;
        self.backend.wifi(wish);
    }

    /// Follows an invite: into its network first, if it is for one.
    pub(super) fn follow_invite(&mut self, invite: Invite) {
        self.wifi.entering = None;
        match network_of(&invite) {
            Some(credentials) => self.enter_network(invite, credentials, false),
            None => self.backend.send(Command::AcceptInvite { invite }),
        }
    }

    fn enter_network(&mut self, invite: Invite, credentials: Credentials, may_leave: bool) {
        let entry = Entry::Trying { ssid: credentials.ssid().to_owned() };
        self.wifi.entering =
            Some(Entering { invite: invite.clone(), credentials: credentials.clone(), entry });
        let wish = WifiWish::Join { credentials, invite: Some(invite), may_leave };
        self.wish(Doing::Joining, wish);
    }

    /// The person said whether the network in use may be left for that of an invite.
    fn answer_entry(&mut self, may_leave: bool) {
        let Some(Entering { invite, credentials, .. }) = self.wifi.entering.take() else { return };
        if may_leave {
            self.enter_network(invite, credentials, true);
        } else {
            self.backend.send(Command::AcceptInvite { invite });
        }
    }

    /// Ends the way into the network of an invite that the person does not follow any more. Returns whether
    /// that was all there was to end.
    pub(super) fn leave_entry(&mut self, command: &Command) -> bool {
        let Command::CancelJoin { invite } = command else { return false };
        let Some(entering) = self.wifi.entering.take_if(|entering| entering.invite.id() == *invite)
        else {
            return false;
        };
        if matches!(entering.entry, Entry::Trying { .. }) {
            self.do_wifi(WifiDeed::Leave);
        }
        !matches!(entering.entry, Entry::Failed { .. })
    }

    /// Something came of what was asked for.
    pub(super) fn hear_wifi(&mut self, news: WifiNews) {
        let doing = match &news {
            WifiNews::Status(_) => None,
            _ => self.wifi.doing.take(),
        };
        match news {
            WifiNews::Status(status) => {
                self.wifi.is_looking = false;
                if std::mem::take(&mut self.wifi.tells_return) {
                    self.toasts.push(match &status.network {
                        Some(network) => format!("You are back in {network}."),
                        None => "The network is left. This device is in no Wi-Fi now.".to_owned(),
                    });
                }
                self.wifi.status = Some(status);
            }
            WifiNews::Made(credentials) => {
                self.wifi.shows = WifiCode::default();
                self.wifi.set_group(Some(Group { part: Part::Made, credentials }));
                self.look_at_wifi();
            }
            WifiNews::Joined(credentials) => {
                self.wifi.entering = None;
                let ssid = credentials.ssid();
                self.toasts.push(format!(
                    "You are in the Wi-Fi {ssid} now. Leave it in the settings when you are done."
                ));
                self.wifi.set_group(Some(Group { part: Part::Joined, credentials }));
                self.look_at_wifi();
            }
            WifiNews::Left => {
                self.wifi.set_group(None);
                self.wifi.tells_return = true;
                self.look_at_wifi();
            }
            WifiNews::WouldLeave(network) => match doing {
                Some(Doing::Joining) if self.wifi.entering.is_some() => self.ask_entry(network),
                _ => self.wifi.asks = Some(network),
            },
            WifiNews::Failed(why) => match doing {
                Some(Doing::Joining) if self.wifi.entering.is_some() => self.fail_entry(&why),
                _ => self.fail_wifi(&why),
            },
        }
    }

    /// What came of it may have been dropped: nothing waits for it any more.
    pub(super) fn lose_track_of_wifi(&mut self) {
        self.wifi.doing = None;
        let is_trying = |entering: &Entering| matches!(entering.entry, Entry::Trying { .. });
        if self.wifi.entering.as_ref().is_some_and(is_trying) {
            self.answer_entry(false);
        }
        self.look_at_wifi();
    }

    /// The network in use would be left for that of an invite.
    fn ask_entry(&mut self, network: String) {
        let Some(entering) = &mut self.wifi.entering else { return };
        let ssid = entering.credentials.ssid().to_owned();
        if self.state.stack.top() == Route::Joining(entering.invite.id()) {
            entering.entry = Entry::Asks { network, ssid };
        } else {
            // Nobody is there to be asked, so that nothing is left.
            self.answer_entry(false);
        }
    }

    /// There is no way into the network of an invite: it is tried over what there is.
    fn fail_entry(&mut self, why: &str) {
        let Some(mut entering) = self.wifi.entering.take() else { return };
        let invite = entering.invite.clone();
        let is_in =
            self.wifi.group().is_some_and(|group| group.credentials == entering.credentials);
        if !is_in {
            let credentials = entering.credentials.clone();
            entering.entry = Entry::Failed { why: sentence(why), credentials };
            self.wifi.entering = Some(entering);
        }
        self.backend.send(Command::AcceptInvite { invite });
        self.look_at_wifi();
    }

    fn fail_wifi(&mut self, why: &str) {
        let why = sentence(why);
        if self.state.stack.top() != Route::Wifi {
            self.toasts.push(why.clone());
        }
        self.wifi.problem = Some(why);
        self.look_at_wifi();
    }

    /// Draws the page about the network this device makes.
    pub(super) fn wifi(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        self.keep_looking(ui);
        self.draw_group();
        wifi_ui(ui, &self.wifi_view(), actions);
    }

    /// Whether more is to go over Bluetooth in a room than it is good for: then a network may help.
    pub(super) fn note_load(&mut self, event: &Event) {
        if matches!(event, Event::LinkBusy { is_busy: true, .. }) {
            self.look_at_wifi();
        }
    }

    /// The network of a member that this device could join in the room at hand, and who made it.
    fn offer(&self) -> Option<(&str, &Credentials)> {
        let room = self.state.stack.room().and_then(|room| self.model.rooms.get(&room))?;
        self.offered.at_hand(room, &self.wifi)
    }

    fn wifi_view(&self) -> WifiView<'_> {
        let Wifi { doing, asks, problem, drawn, .. } = &self.wifi;
        let problem = problem.as_deref();
        let entering = self.wifi.entering.as_ref().map(|entering| &entering.credentials);
        let joining = entering.or(self.wifi.accepts.as_ref()).map(Credentials::ssid);
        match (doing, asks, self.wifi.group()) {
            (Some(Doing::Making), ..) => {
                WifiView::Busy("Making the network: this takes some seconds".to_owned(), true)
            }
            (Some(Doing::Joining), ..) => {
                let ssid = joining.unwrap_or("another");
                WifiView::Busy(format!("Joining the network {ssid}"), true)
            }
            (Some(Doing::Leaving), ..) => {
                WifiView::Busy("Going back to the network before".to_owned(), false)
            }
            (None, Some(network), _) => WifiView::Asks { network, joins: joining },
            (None, None, Some(group)) => {
                let room = self.state.stack.room().and_then(|room| self.model.rooms.get(&room));
                let drawn = drawn.as_ref();
                let ours = drawn.and_then(|drawn| drawn.ours.as_ref());
                WifiView::Group(GroupView {
                    part: group.part,
                    ssid: group.credentials.ssid(),
                    passphrase: group.credentials.passphrase(),
                    ours: room.map(|room| room.name.as_str()).zip(ours),
                    plain: drawn.and_then(|drawn| drawn.plain.as_ref()),
                    shows: self.wifi.shows,
                    problem,
                })
            }
            (None, None, None) => match self.offer() {
                Some((by, credentials)) => {
                    let state = self.wifi.status.as_ref().map(|status| status.state);
                    let can_join = state == Some(WifiState::Ready);
                    WifiView::Offered(OfferedView { by, credentials, can_join, problem })
                }
                None => WifiView::Offer { problem, permit: self.missing(Permission::Wifi) },
            },
        }
    }

    /// Draws the codes of the group anew if it, or the invite, is another one.
    fn draw_group(&mut self) {
        let Some(credentials) = self.wifi.group().map(|group| group.credentials.clone()) else {
            self.wifi.drawn = None;
            return;
        };
        let room = self.state.stack.room().and_then(|room| self.model.rooms.get(&room));
        let view = room.map(|room| self.invite_view(room)).filter(|view| !view.may_not_host);
        let link = view.and_then(|view| view.code).map(|code| code.link.clone());
        let drawn = self.wifi.drawn.as_ref();
        if drawn.is_some_and(|drawn| drawn.credentials == credentials && drawn.link == link) {
            return;
        }
        let invite = link.as_ref().and_then(|link| Invite::parse(link).ok());
        let ours = invite.map(|invite| with_network(&invite, &credentials));
        self.wifi.drawn = Some(Drawn {
            ours: ours.and_then(|invite| draw(&invite.to_text())),
            plain: draw(&credentials.to_code()),
            credentials,
            link,
        });
    }
}

fn draw(text: &str) -> Option<qr::Modules> {
    let drawn = qr::draw(text);
    drawn.inspect_err(|error| log::error!("the code of a network cannot be drawn: {error}")).ok()
}

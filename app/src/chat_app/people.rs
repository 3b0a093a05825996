//! The screens about who somebody is, whom not to read, and what the admins are told.

use egui::Ui;
use engine::{CodeOwner, Command, Event, PeerId, PersonCode, Report, Role, RoomId, SafetyEmojis};

use super::ChatApp;
use crate::{
    model::Room,
    ui::{
        action::{Action, Grave},
        people::PeopleView,
        reports::{ReportRow, ReportView, report_ui},
        route::Route,
        verify::{Verdict, VerifyDoing, VerifyView, verify_ui},
    },
};

/// Words of a member beside a report about them, at most.
const LAST_WORDS: usize = 160;

/// What is known of somebody while the person makes sure who it is.
#[derive(Debug)]
pub(super) struct Checking {
    room: RoomId,
    member: PeerId,
    emojis: Option<SafetyEmojis>,
    code: Option<qr::Modules>,
    verdict: Option<Verdict>,
    is_different: bool,
}

impl ChatApp {
    /// Asks for what is needed to make sure who somebody is.
    pub(super) fn start_checking(&mut self, room: RoomId, member: PeerId) {
        let is_known = |checking: &Checking| (checking.room, checking.member) == (room, member);
        if self.checking.as_ref().is_some_and(is_known) {
            return;
        }
        let (emojis, code, verdict, is_different) = (None, None, None, false);
        self.checking = Some(Checking { room, member, emojis, code, verdict, is_different });
        self.backend.send(Command::CompareKeys { room, member });
    }

    /// Sees whose code it is that was scanned, pasted or typed.
    pub(super) fn check_person(&mut self, code: PersonCode) {
        let expected = match self.state.stack.top() {
            Route::ScanPerson(room, member) => Some((room, member)),
            _ => None,
        };
        self.scanning.stop();
        self.state.now.link.clear();
        self.backend.send(Command::CheckCode { code, expected });
    }

    /// What of an event is shown by these screens; to be called once the model has it.
    pub(super) fn follow_people(&mut self, event: PeopleNews) {
        match event {
            PeopleNews::Emojis(room, member, emojis, code) => {
                let meant = self.checking.as_mut().filter(|c| (c.room, c.member) == (room, member));
                if let Some(checking) = meant {
                    checking.emojis = Some(emojis);
                    checking.code = qr::draw(&code.to_text()).ok();
                }
            }
            PeopleNews::Checked(code, expected, owner) => self.hear_owner(code, expected, owner),
            PeopleNews::Reports(room) => {
                if self.state.now.is_reporting == Some(room) {
                    self.state.now.is_reporting = None;
                    self.state.now.report.clear();
                    self.toasts.push("The admins were told.".to_owned());
                    if matches!(self.state.stack.top(), Route::Report(at, _) if at == room) {
                        self.state.stack.back();
                    }
                }
            }
            PeopleNews::Refused => self.state.now.is_reporting = None,
        }
    }

    fn hear_owner(
        &mut self,
        code: PersonCode,
        expected: Option<(RoomId, PeerId)>,
        owner: CodeOwner,
    ) {
        let room = self.model.rooms.get(&expected.map_or(code.room, |(room, _)| room));
        let name_of = |peer| room.map_or("", |room| room.name_of(peer)).to_owned();
        let room_name = room.map_or("", |room| &room.name).to_owned();
        let whom = expected.map(|(_, peer)| name_of(peer));
        if let CodeOwner::Verified(peer) = owner {
            self.toasts.push(format!("This is really {}.", name_of(peer)));
            if expected.is_none() {
                self.state.stack.switch(Route::Room(code.room));
            } else {
                self.leave_scan();
            }
            self.state.stack.open(Route::Member(code.room, peer));
            return;
        }
        match (self.checking.as_mut(), whom) {
            (Some(checking), Some(whom)) => {
                checking.verdict = Some(verdict(owner, &whom, &room_name, &name_of));
                self.leave_scan();
            }
            _ => self.toasts.push(words(owner, &room_name, &name_of)),
        }
    }

    /// Back to the screen from which a person's code was to be scanned.
    fn leave_scan(&mut self) {
        if matches!(self.state.stack.top(), Route::ScanPerson(..)) {
            self.state.stack.back();
        }
    }

    pub(super) fn verify(
        &mut self,
        ui: &mut Ui,
        room: RoomId,
        peer: PeerId,
        actions: &mut Vec<Action>,
    ) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let Some(member) = room.member(peer) else {
            actions.push(Action::Back);
            return;
        };
        let checking = self.checking.as_ref().filter(|c| (c.room, c.member) == (room.id, peer));
        let mut is_different = checking.is_some_and(|checking| checking.is_different);
        let view = VerifyView {
            room: room.id,
            room_name: &room.name,
            id: peer,
            name: room.name_of(peer).to_owned(),
            is_verified: member.is_verified,
            is_blocked: member.is_blocked,
            is_blocking: self.is_blocking(room, peer),
            emojis: checking.and_then(|checking| checking.emojis),
            code: checking.and_then(|checking| checking.code.as_ref()),
            verdict: checking.and_then(|checking| checking.verdict.as_ref()),
            is_different,
        };
        let mut has_read = false;
        let doing = VerifyDoing { is_different: &mut is_different, has_read: &mut has_read };
        verify_ui(ui, &view, doing, actions);
        if let Some(checking) = self.checking.as_mut() {
            checking.is_different = is_different;
            if has_read {
                checking.verdict = None;
            }
        }
    }

    fn is_blocking(&self, room: &Room, peer: PeerId) -> bool {
        self.state.now.asked == Some(Grave::Block(room.id, peer))
    }

    /// What the card of a member says of who they are.
    pub(super) fn people_view(&self, room: &Room, member: &engine::Member) -> PeopleView {
        let reported = room.reports.iter().map(|report| &report.report);
        let mine = reported.filter(|r| r.by == room.me && r.about == member.id);
        let last = mine.map(|report| report.sent_at).max();
        PeopleView {
            is_verified: member.is_verified,
            is_blocked: member.is_blocked,
            is_blocking: self.is_blocking(room, member.id),
            may_report: room.my_role() > Role::Removed
                && member.role > Role::Removed
                && room.others().any(|other| is_reader(other, member.id)),
            reported: last.map(|at| self.clock.ago(at)),
        }
    }

    pub(super) fn report(
        &mut self,
        ui: &mut Ui,
        room: RoomId,
        about: PeerId,
        actions: &mut Vec<Action>,
    ) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let readers: Vec<&str> =
            room.others().filter(|m| is_reader(m, about)).map(|m| room.name_of(m.id)).collect();
        let view = ReportView {
            room: room.id,
            about,
            name: room.name_of(about).to_owned(),
            readers: readers.join(", "),
            is_sending: self.state.now.is_reporting.is_some(),
        };
        report_ui(ui, &view, &mut self.state.now.report, actions);
    }

    /// What an admin of a room was told; nothing to others.
    pub(super) fn report_rows(&self, room: &Room) -> Vec<ReportRow> {
        if room.my_role() < Role::Admin {
            return Vec::new();
        }
        let of_others = room.reports.iter().filter(|report| report.report.by != room.me);
        of_others.map(|report| self.report_row(room, report)).collect()
    }

    fn report_row(&self, room: &Room, Report { report, last_words }: &Report) -> ReportRow {
        let is_me = report.about == room.me;
        let words = last_words.as_ref().map(|words| {
            let short: String = words.chars().take(LAST_WORDS).collect();
            if short.len() < words.len() { format!("{short}\u{2026}") } else { short }
        });
        ReportRow {
            by: report.by,
            seq: report.seq,
            by_name: room.signed_name_of(report.by),
            about: report.about,
            about_name: if is_me { "you".to_owned() } else { room.signed_name_of(report.about) },
            when: self.clock.ago(report.sent_at),
            text: report.text.clone(),
            last_words: words,
            is_done: report.is_done,
        }
    }
}

/// Whether somebody reads reports about `about`.
fn is_reader(member: &engine::Member, about: PeerId) -> bool {
    member.role >= Role::Admin && member.id != about
}

/// Why a code is not that of whom it should be.
fn verdict(
    owner: CodeOwner,
    whom: &str,
    room: &str,
    name_of: &dyn Fn(PeerId) -> String,
) -> Verdict {
    let (is_grave, words) = match owner {
        CodeOwner::Verified(peer) | CodeOwner::SomebodyElse(peer) => {
            (true, format!("The code you scanned is that of {}.", name_of(peer)))
        }
        CodeOwner::Nobody => {
            (true, "The code you scanned is that of nobody this device knows here.".to_owned())
        }
        CodeOwner::Me => {
            (false, format!("This is your own code. Scan the one on the screen of {whom}."))
        }
        CodeOwner::OtherRoom => (
            false,
            format!(
                "This code is for another room. Ask {whom} to open your card in \u{201c}{room}\u{201d}."
            ),
        ),
    };
    let title = if is_grave {
        format!("This is NOT {whom}")
    } else {
        format!("That was not the code of {whom}")
    };
    Verdict { title, words, is_grave }
}

/// Whose a code is that could be anybody's.
fn words(owner: CodeOwner, room: &str, name_of: &dyn Fn(PeerId) -> String) -> String {
    match owner {
        CodeOwner::Verified(peer) | CodeOwner::SomebodyElse(peer) => {
            format!("This is really {}.", name_of(peer))
        }
        CodeOwner::Nobody => format!(
            "This is the code of a person, but of nobody this device knows in \u{201c}{room}\u{201d}."
        ),
        CodeOwner::Me => "This is your own code.".to_owned(),
        CodeOwner::OtherRoom => {
            "This is the code of a person in a room you are not in. It is not an invite: ask for one."
                .to_owned()
        }
    }
}

/// What of an event the screens here follow.
#[derive(Debug)]
pub(super) enum PeopleNews {
    Emojis(RoomId, PeerId, SafetyEmojis, PersonCode),
    Checked(PersonCode, Option<(RoomId, PeerId)>, CodeOwner),
    Reports(RoomId),
    Refused,
}

impl PeopleNews {
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::SafetyEmojis { room, member, emojis, code } => {
                Some(Self::Emojis(*room, *member, *emojis, *code))
            }
            Event::CodeChecked { code, expected, owner } => {
                Some(Self::Checked(*code, *expected, *owner))
            }
            Event::ReportsListed { room, .. } => Some(Self::Reports(*room)),
            Event::CommandRefused { .. } => Some(Self::Refused),
            _ => None,
        }
    }
}

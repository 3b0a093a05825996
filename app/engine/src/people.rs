//! Making sure who somebody is, not reading them, and telling the admins about them.

use crate::{
    CodeOwner, Engine, Event, Mark, PeerId, PersonCode, Refusal, Report, ReportRecord, Role,
    RoomId, Store, StoreError,
    body::{KIND_TEXT, OpBody},
    engine::MAX_UNREAD,
    op::Op,
    report::{self, Note},
    room::Room,
};

/// Operations of a member among which their last words are looked for.
const LOOKED_THROUGH: u64 = 16;

impl<S: Store> Engine<S> {
    /// A room, if there is such a member in it and it is not this device's person.
    fn other(&self, id: RoomId, member: PeerId) -> Result<&Room, Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        if member == room.me.id {
            return Err(Refusal::Yourself);
        }
        room.index_of(member).ok_or(Refusal::UnknownMember)?;
        Ok(room)
    }

    pub(crate) fn compare_keys(&mut self, id: RoomId, member: PeerId) -> Result<(), Refusal> {
        let room = self.other(id, member)?;
        let index = room.index_of(member).ok_or(Refusal::UnknownMember)?;
        let emojis = room.safety_emojis(index).ok_or(Refusal::UnknownMember)?;
        let code = PersonCode { room: id, host: room.me.host_id() };
        self.notify(Event::SafetyEmojis { room: id, member, emojis, code });
        Ok(())
    }

    pub(crate) fn check_code(&mut self, code: PersonCode, expected: Option<(RoomId, PeerId)>) {
        let room = self.rooms.get(&code.room);
        let room = room.filter(|room| expected.is_none_or(|(id, _)| id == room.id()));
        let owner = match room {
            None => CodeOwner::OtherRoom,
            Some(room) => match room.member_of_code(code.host) {
                None => CodeOwner::Nobody,
                Some(peer) if peer == room.me.id => CodeOwner::Me,
                Some(peer) if expected.is_none_or(|(_, meant)| meant == peer) => {
                    CodeOwner::Verified(peer)
                }
                Some(peer) => CodeOwner::SomebodyElse(peer),
            },
        };
        if let CodeOwner::Verified(peer) = owner {
            self.change_mark(code.room, peer, |mark| mark.is_verified = true);
        }
        self.notify(Event::CodeChecked { code, expected, owner });
    }

    pub(crate) fn set_verified(
        &mut self,
        id: RoomId,
        member: PeerId,
        is_verified: bool,
    ) -> Result<(), Refusal> {
        self.other(id, member)?;
        self.change_mark(id, member, |mark| mark.is_verified = is_verified);
        Ok(())
    }

    pub(crate) fn set_blocked(
        &mut self,
        id: RoomId,
        member: PeerId,
        is_blocked: bool,
    ) -> Result<(), Refusal> {
        self.other(id, member)?;
        if self.change_mark(id, member, |mark| mark.is_blocked = is_blocked) {
            self.notify(Event::HistoryChanged { room: id });
            self.relisted.insert(id);
        }
        Ok(())
    }

    /// Changes what is noted of a member; false if that was noted already.
    fn change_mark(&mut self, id: RoomId, peer: PeerId, change: impl Fn(&mut Mark)) -> bool {
        let Some(room) = self.rooms.get_mut(&id) else { return false };
        let before = room.mark(peer);
        let mut mark = before;
        change(&mut mark);
        if mark == before {
            return false;
        }
        if mark == Mark::default() {
            room.marks.remove(&peer);
        } else {
            room.marks.insert(peer, mark);
        }
        self.staged.marks.insert((id, peer), mark);
        let member = room.index_of(peer).and_then(|index| room.member(index));
        if let Some(member) = member.map(|member| room.describe(member)) {
            self.notify(Event::MemberChanged { room: id, member });
        }
        true
    }

    pub(crate) fn report(&mut self, id: RoomId, member: PeerId, text: &str) -> Result<(), Refusal> {
        if !report::is_report(text) {
            return Err(Refusal::BadReport);
        }
        let (key, secret, decoy) = (self.chance(), self.chance(), self.chance());
        let room = self.other(id, member)?;
        if room.my_role() == Role::Removed {
            return Err(Refusal::Removed);
        }
        if room.has_reported_often(self.now.wall) {
            return Err(Refusal::TooManyReports);
        }
        let up_to = room.index_of(member).map_or(0, |index| room.head(index).height);
        let note = Note { about: member, up_to, text: text.to_owned() };
        let sealed = room.seal_report(&note, &key, &secret, &decoy);
        self.write(id, &OpBody::Report(sealed.ok_or(Refusal::NobodyToTell)?))
    }

    pub(crate) fn ask_reports(&mut self, id: RoomId) -> Result<(), Refusal> {
        self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        self.wanted_reports.insert(id);
        Ok(())
    }

    pub(crate) fn set_report_done(
        &mut self,
        id: RoomId,
        (by, seq): (PeerId, u64),
        is_done: bool,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get_mut(&id).ok_or(Refusal::UnknownRoom)?;
        let record = room.reports.set_done((by, seq), is_done).ok_or(Refusal::UnknownReport)?;
        self.staged.reports.insert((id, by, seq), Some(record.clone()));
        self.wanted_reports.insert(id);
        Ok(())
    }

    /// Tells what is to be told from the memory, now that it holds everything.
    pub(crate) fn tell_people(&mut self) -> Result<(), StoreError> {
        for id in std::mem::take(&mut self.relisted) {
            let Some(room) = self.rooms.get(&id) else { continue };
            let (read, unheard) = (room.unread_from(), room.unheard());
            let count = self.store.count_after(id, read, KIND_TEXT, &unheard, MAX_UNREAD)?;
            let (newest, _) = self.messages_before(room, None, 1)?;
            if let Some(room) = self.rooms.get_mut(&id) {
                room.unread = count;
            }
            self.recounted.insert(id);
            self.notify(Event::LastChanged { room: id, last: newest.into_iter().next() });
        }
        for id in std::mem::take(&mut self.wanted_reports) {
            let Some(room) = self.rooms.get(&id) else { continue };
            let reports: Result<Vec<_>, _> = (room.readable_reports().into_iter())
                .map(|report| self.with_last_words(room, report))
                .collect();
            self.notify(Event::ReportsListed { room: id, reports: reports? });
        }
        Ok(())
    }

    /// Tells all reports there are.
    pub(crate) fn list_all_reports(&mut self) -> Result<(), StoreError> {
        let rooms = self.rooms.values().filter(|room| !room.reports.is_empty());
        self.wanted_reports = rooms.map(Room::id).collect();
        self.tell_people()
    }

    fn with_last_words(&self, room: &Room, report: ReportRecord) -> Result<Report, StoreError> {
        let Some(index) = room.index_of(report.about) else {
            return Ok(Report { report, last_words: None });
        };
        // What somebody claims to have seen may not be here.
        let up_to = report.up_to.min(room.height(index));
        let after = up_to.saturating_sub(LOOKED_THROUGH);
        let limit = usize::try_from(up_to.saturating_sub(after)).unwrap_or_default();
        let ops = self.store.ops_after(room.id(), index, after, limit, usize::MAX)?;
        let ops = ops.iter().rev().filter_map(|bytes| Op::decode(bytes));
        // Of a log with gaps more came than was asked for.
        let words = ops.filter(|op| op.header.seq <= up_to).find_map(|op| room.words_of(&op));
        Ok(Report { report, last_words: words })
    }
}

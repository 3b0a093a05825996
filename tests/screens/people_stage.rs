//! Who somebody is, whom not to read and what the admins are told, on the stage: answers like those of
//! an engine.

use engine::{
    CodeOwner, Command, Event, PeerId, PersonCode, Report, ReportRecord, SafetyEmojis, Timestamp,
};

use crate::{
    stage::Script,
    story::{BEA, CEM, ME, NOW, ROOM},
};

/// What the screen of a member of [`ROOM`] shows.
pub(crate) fn code_of(peer: PeerId) -> PersonCode {
    let [first, ..] = *peer.as_bytes();
    PersonCode { room: ROOM, host: [first; 16] }
}

impl Script {
    pub(crate) fn answer_people(&mut self, command: Command) {
        match command {
            Command::CompareKeys { room, member } => {
                let emojis =
                    SafetyEmojis::from_numbers([2, 30, 45, 7, 61, 18, 33, 0, 56, 24, 50, 12]);
                let code = code_of(ME);
                self.tell(Event::SafetyEmojis { room, member, emojis, code });
            }
            Command::CheckCode { code, expected } => {
                let known = [ME, BEA, CEM].into_iter().find(|peer| code_of(*peer) == code);
                let owner = match known {
                    _ if code.room != ROOM => CodeOwner::OtherRoom,
                    None => CodeOwner::Nobody,
                    Some(ME) => CodeOwner::Me,
                    Some(peer) if expected.is_none_or(|(_, meant)| meant == peer) => {
                        self.mark(peer, |member| member.is_verified = true);
                        CodeOwner::Verified(peer)
                    }
                    Some(peer) => CodeOwner::SomebodyElse(peer),
                };
                self.tell(Event::CodeChecked { code, expected, owner });
            }
            Command::SetVerified { member, is_verified, .. } => {
                self.mark(member, |member| member.is_verified = is_verified);
            }
            Command::SetBlocked { room, member, is_blocked } => {
                self.mark(member, |member| member.is_blocked = is_blocked);
                self.tell(Event::HistoryChanged { room });
            }
            Command::Report { member, text, .. } => self.report(ME, member, &text, None),
            Command::SetReportDone { by, seq, is_done, .. } => {
                let is_meant = |r: &&mut Report| (r.report.by, r.report.seq) == (by, seq);
                self.reports.iter_mut().filter(is_meant).for_each(|r| r.report.is_done = is_done);
                self.list_reports();
            }
            _ => self.list_reports(),
        }
    }

    fn mark(&mut self, peer: PeerId, change: impl Fn(&mut engine::Member)) {
        let member = self.rules.members.iter_mut().find(|member| member.id == peer);
        let member = member.expect("a member");
        change(member);
        let member = member.clone();
        self.tell(Event::MemberChanged { room: ROOM, member });
    }

    fn list_reports(&mut self) {
        let reports = self.reports.clone();
        self.tell(Event::ReportsListed { room: ROOM, reports });
    }

    /// Somebody tells the admins something.
    pub(crate) fn report(
        &mut self,
        by: PeerId,
        about: PeerId,
        text: &str,
        last_words: Option<&str>,
    ) {
        let seq = 20 + self.reports.len() as u64;
        let (sent_at, text) = (Timestamp(NOW - 4 * crate::story::MINUTE), text.to_owned());
        let report = ReportRecord { by, seq, sent_at, about, up_to: 11, text, is_done: false };
        let last_words = last_words.map(str::to_owned);
        self.reports.insert(0, Report { report, last_words });
        self.list_reports();
    }
}

//! Which log goes next: what others depend on, then one's own words, then what is new, then the rest.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Sync, height};
use crate::{MemberIndex, room::Room};

/// Every so manieth packet begins with the log whose turn it is, whatever it holds: so the rest
/// gets a quarter of the air at least, however much of the urgent kinds comes in.
const TURN: u32 = 4;

/// How soon something is sent. In this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Who may do what, and keys: what others wrote depends on it.
    Rules,
    /// What this device's person wrote.
    Own,
    /// Who joined, left or forked.
    People,
    /// What others wrote while this session was there: what was heard last goes first.
    Fresh(Reverse<u64>),
    /// What was there before.
    Old,
}

/// A log to be sent, and up to where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) lane: Lane,
    pub(super) index: MemberIndex,
    pub(super) up_to: u64,
}

/// What a session knows of the order in which logs are to be sent.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// When logs last grew, counted in growths, of those that are not sent to their end.
    grown: BTreeMap<MemberIndex, Growth>,
    growths: u64,
    packets: u32,
    /// Which log had its turn last.
    turn: Option<MemberIndex>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Growth {
    at: u64,
    /// Whether by something else than words.
    is_urgent: bool,
}

impl Lanes {
    /// A log has grown.
    pub(super) fn note_growth(&mut self, index: MemberIndex, is_urgent: bool) {
        self.growths = self.growths.saturating_add(1);
        let growth = self.grown.entry(index).or_default();
        growth.at = self.growths;
        growth.is_urgent |= is_urgent;
    }

    /// A log was sent to its end.
    pub(super) fn note_end(&mut self, index: MemberIndex) {
        self.grown.remove(&index);
    }
}

impl Sync {
    /// The logs to be sent, in order, and up to where before others have their turn again.
    ///
    /// Rules go first and in the order in which members became known, since one may depend on another:
    /// a text on its key, a join on its invite. All else depends on nothing but those, and on what
    /// stands before it in its own log.
    pub(super) fn order(&mut self, room: &Room) -> Vec<Next> {
        let next = |index: &MemberIndex| self.next_of(room, *index);
        let mut all: Vec<_> = self.behind.iter().map(next).collect();
        all.sort_by_key(|next| (next.lane, next.index));
        let has_rules = all.first().is_some_and(|next| next.lane == Lane::Rules);
        self.lanes.packets = self.lanes.packets.wrapping_add(1);
        if !has_rules && self.lanes.packets.is_multiple_of(TURN) {
            let after = |next: &Next| Some(next.index) <= self.lanes.turn;
            let chosen = all.iter().map(|next| (after(next), next.index)).min();
            if let Some((_, index)) = chosen {
                self.lanes.turn = Some(index);
                all.sort_by_key(|next| (next.index != index, next.lane, next.index));
            }
        }
        all
    }

    fn next_of(&self, room: &Room, index: MemberIndex) -> Next {
        let (sent, whole) = (height(&self.sent, index), room.height(index));
        let author = room.member(index).map(|member| member.id);
        let rules = author.map_or(0, |author| room.membership.rules_up_to(author)).min(whole);
        let growth = self.lanes.grown.get(&index);
        let (lane, up_to) = if sent < rules {
            (Lane::Rules, rules)
        } else if index == room.my_index {
            (Lane::Own, whole)
        } else if sent == 0 {
            (Lane::People, 1)
        } else if growth.is_some_and(|growth| growth.is_urgent) {
            (Lane::People, whole)
        } else if let Some(growth) = growth {
            (Lane::Fresh(Reverse(growth.at)), whole)
        } else {
            (Lane::Old, whole)
        };
        Next { lane, index, up_to }
    }
}

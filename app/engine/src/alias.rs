//! Short names of members and epochs, good for one session.

use serde::{Deserialize, Serialize};

use crate::{MemberIndex, PeerId, room::Room};

/// The most members with a number in each direction of a session: those one is linked to, and who
/// came before them.
const MAX_ALIASES: usize = 256;

/// A member: by key the first time it is named, then by the number it has got thereby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alias {
    Key(PeerId),
    Number(u16),
    /// By place in the order of authors whose logs both held when the session began.
    Rank(u32),
}

/// The most epochs with a number in each direction of a session: what fits beside the longest
/// number of four bits, which says that there is none.
pub(crate) const MAX_TAGS: usize = 15;

/// The number of an epoch and the tag its operations bear.
pub(crate) type Tag = (u32, [u8; 8]);

/// All short names of one session, in both directions.
#[derive(Debug, Default)]
pub(crate) struct Names {
    said: Aliases,
    heard: Aliases,
    /// The authors whose logs we held when the session began, in the order of their keys,
    ranks: Vec<MemberIndex>,
    /// and whether the peer held logs of the same.
    are_ranks_shared: bool,
    tags_said: Vec<Tag>,
    tags_heard: Vec<Tag>,
}

impl Names {
    /// The session begins, and these authors' logs are held, in the order of their keys.
    pub(crate) fn note_authors(&mut self, authors: Vec<MemberIndex>) {
        self.ranks = authors;
    }

    /// The peer holds logs of the same authors.
    pub(crate) fn share_ranks(&mut self) {
        self.are_ranks_shared = true;
    }

    /// What to call a member.
    pub(crate) fn say(&mut self, room: &Room, member: PeerId) -> Alias {
        if self.are_ranks_shared {
            let key = |index: &MemberIndex| room.member(*index).map(|member| member.id);
            let rank = self.ranks.binary_search_by_key(&Some(member), key).ok();
            if let Some(rank) = rank.and_then(|rank| u32::try_from(rank).ok()) {
                return Alias::Rank(rank);
            }
        }
        self.said.say(member)
    }

    /// Who was meant; `None` if nobody is called so.
    pub(crate) fn hear(&mut self, room: &Room, alias: Alias) -> Option<PeerId> {
        match alias {
            Alias::Rank(rank) if self.are_ranks_shared => {
                let index = self.ranks.get(usize::try_from(rank).ok()?)?;
                room.member(*index).map(|member| member.id)
            }
            alias => self.heard.hear(alias),
        }
    }

    /// The number of an epoch's tag, if it has got one; if not, it gets one by being told.
    pub(crate) fn say_tag(&mut self, tag: Tag) -> Option<u8> {
        let number = self.tags_said.iter().position(|known| *known == tag);
        if number.is_none() && self.tags_said.len() < MAX_TAGS {
            self.tags_said.push(tag);
        }
        number.and_then(|number| u8::try_from(number).ok())
    }

    /// A tag was told in full.
    pub(crate) fn hear_tag(&mut self, tag: Tag) {
        if self.tags_heard.len() < MAX_TAGS {
            self.tags_heard.push(tag);
        }
    }

    /// The tag with this number; `None` if there is none.
    pub(crate) fn tag(&self, number: u8) -> Option<Tag> {
        self.tags_heard.get(usize::from(number)).copied()
    }
}

/// Who has been named so far: the same at both ends.
#[derive(Debug, Default)]
pub(crate) struct Aliases(Vec<PeerId>);

impl Aliases {
    /// What to call a member.
    pub(crate) fn say(&mut self, member: PeerId) -> Alias {
        let number = self.0.iter().position(|known| *known == member);
        match number.and_then(|number| u16::try_from(number).ok()) {
            Some(number) => Alias::Number(number),
            None => {
                self.add(member);
                Alias::Key(member)
            }
        }
    }

    /// Who was meant; `None` if that number is nobody's.
    pub(crate) fn hear(&mut self, alias: Alias) -> Option<PeerId> {
        match alias {
            Alias::Key(member) => {
                self.add(member);
                Some(member)
            }
            Alias::Number(number) => self.0.get(usize::from(number)).copied(),
            Alias::Rank(_) => None,
        }
    }

    fn add(&mut self, member: PeerId) {
        if self.0.len() < MAX_ALIASES {
            self.0.push(member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Alias, Aliases, MAX_ALIASES};
    use crate::PeerId;

    fn member(n: u16) -> PeerId {
        let mut id = [0; 32];
        id.iter_mut().zip(n.to_le_bytes()).for_each(|(to, from)| *to = from);
        PeerId::from_bytes(id)
    }

    #[test]
    fn both_ends_mean_the_same_member_however_many_there_are() {
        let (mut near, mut far) = (Aliases::default(), Aliases::default());
        for round in 0..3 {
            for n in 0..2 * MAX_ALIASES as u16 {
                let said = near.say(member(n));

                assert_eq!(far.hear(said), Some(member(n)), "{n} in round {round}");
                let has_number = round > 0 && usize::from(n) < MAX_ALIASES;
                assert_eq!(matches!(said, Alias::Number(_)), has_number);
            }
        }
        assert_eq!(far.0.len(), MAX_ALIASES);
    }

    #[test]
    fn number_nobody_got_means_nobody() {
        let mut aliases = Aliases::default();
        aliases.hear(Alias::Key(member(1)));

        assert_eq!(aliases.hear(Alias::Number(1)), None);
    }
}

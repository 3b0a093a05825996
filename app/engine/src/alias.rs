//! Short names of members, good for one direction of one session.

use serde::{Deserialize, Serialize};

use crate::PeerId;

/// The most members with a number in each direction of a session: those one is linked to, and who
/// came before them.
const MAX_ALIASES: usize = 256;

/// A member: by key the first time it is named, then by the number it has got thereby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alias {
    Key(PeerId),
    Number(u16),
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

//! What happened in a room and what was said, in one line.

use engine::{Body, KeptFor, Message, PeerId, Role, RoomOption};

use super::{Room, VERIFIED, names::plain};

/// More names than this are counted in a sentence.
const MAX_NAMED: usize = 4;
/// Words of a message in a list.
const PREVIEW_WORDS: usize = 40;

/// What happened, as a sentence without its stop; `None` for a person's words.
pub fn remark(room: &Room, message: &Message) -> Option<String> {
    let author = message.author;
    let is_me = room.is_me(author);
    let who = if is_me { "You".to_owned() } else { room.signed_name_of(author) };
    Some(match &message.body {
        Body::Text(_) => return None,
        Body::Created { name } => {
            format!("{who} created the room \u{201c}{}\u{201d}", plain(name))
        }
        Body::Joined { name } if is_me => format!("You joined as {}", plain(name)),
        Body::Joined { name } => format!("{} joined", called(room, author, name)),
        Body::Renamed { name } if is_me => format!("You are now called {}", plain(name)),
        Body::Renamed { name } => {
            format!("Somebody is now called {}", called(room, author, name))
        }
        Body::Left if is_me => "Your other device left".to_owned(),
        Body::Left => format!("{who} left"),
        Body::RoleChanged { member, role } => {
            let whom = whom(room, author, *member);
            match role {
                Role::Removed => format!("{who} removed {whom}"),
                Role::Muted => format!("{who} muted {whom}"),
                Role::Member => format!("{who} made {whom} an ordinary member"),
                Role::Admin => format!("{who} made {whom} an admin"),
                Role::Owner => format!("{who} made {whom} the owner"),
            }
        }
        Body::KeyChanged { removed, revoked } => match (removed.as_slice(), revoked) {
            ([], 0) => format!("{who} changed the room\u{2019}s key"),
            ([], 1) => format!("{who} revoked an invite"),
            ([], count) => format!("{who} revoked {count} invites"),
            (removed, _) => format!("{who} removed {}", list(room, author, removed)),
        },
        Body::OptionChanged { option, on } => {
            format!("{who} chose that {}", option_words(*option, *on))
        }
    })
}

/// What an option of a room means, as the end of a sentence.
pub fn option_words(option: RoomOption, on: bool) -> &'static str {
    match (option, on) {
        (RoomOption::ApproveJoins, true) => "newcomers are let in one by one",
        (RoomOption::ApproveJoins, false) => "whoever has an invite comes in without being asked",
        (RoomOption::HideHistory, true) => "newcomers cannot read what was written before",
        (RoomOption::HideHistory, false) => "newcomers can read what was written before",
        (RoomOption::Nearby(_), true) => "people nearby see this room and can ask to come in",
        (RoomOption::Nearby(_), false) => "people nearby do not see this room",
        (RoomOption::KeepFor(_), false) => "messages are kept for ever",
        (RoomOption::KeepFor(KeptFor::Month), true) => "messages disappear after 30 days",
        (RoomOption::KeepFor(KeptFor::Week), true) => "messages disappear after 7 days",
        (RoomOption::KeepFor(KeptFor::TwoDays), true) => "messages disappear after 2 days",
    }
}

/// What somebody was called then, told from others of that name if it is still their name.
fn called(room: &Room, peer: PeerId, name: &str) -> String {
    let is_still = room.members.iter().any(|known| known.id == peer && known.name == name);
    if is_still { room.signed_name_of(peer) } else { plain(name) }
}

fn whom(room: &Room, author: PeerId, member: PeerId) -> String {
    match (room.is_me(member), member == author) {
        (true, true) => "yourself".to_owned(),
        (true, false) => "you".to_owned(),
        (false, true) => "themselves".to_owned(),
        (false, false) => room.signed_name_of(member),
    }
}

/// "you, Bea and Cem", "Bea, Cem, Dilan and 4 others".
fn list(room: &Room, author: PeerId, members: &[PeerId]) -> String {
    // Whoever reads is named first: it matters most to them.
    let mut members = members.to_vec();
    members.sort_by_key(|member| *member != room.me);
    let named = if members.len() > MAX_NAMED { MAX_NAMED - 1 } else { members.len() };
    let mut names: Vec<String> =
        members.iter().take(named).map(|member| whom(room, author, *member)).collect();
    if members.len() > named {
        names.push(format!("{} others", members.len() - named));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What a message says in one line, for a list.
pub fn preview(room: &Room, message: &Message) -> String {
    let Body::Text(text) = &message.body else {
        return remark(room, message).unwrap_or_default();
    };
    let is_me = room.is_me(message.author);
    let who = if is_me { "You".to_owned() } else { room.signed_name_of(message.author) };
    let text = text.replace(VERIFIED, "");
    let line = text.split_whitespace().take(PREVIEW_WORDS).collect::<Vec<_>>().join(" ");
    format!("{who}: {line}")
}

#[cfg(test)]
mod tests {
    use engine::{Body, Event, PeerId, Role};

    use super::{preview, remark};
    use crate::model::tests::{BEA, ME, member, message, room, tell};

    const CEM: PeerId = PeerId::from_bytes([3; 32]);

    fn said(author: PeerId, body: Body) -> String {
        let mut model = room();
        for (peer, name) in [(CEM, "Cem"), (PeerId::from_bytes([4; 32]), "Dan")] {
            let member = member(peer, name);
            tell(&mut model, Event::MemberChanged { room: crate::model::tests::ROOM, member });
        }
        let room = &model.rooms[&crate::model::tests::ROOM];
        let message = engine::Message { body, ..message(1, author, "") };
        let words = remark(room, &message).expect("not a person's words");
        assert_eq!(preview(room, &message), words);
        words
    }

    fn made(author: PeerId, member: PeerId, role: Role) -> String {
        said(author, Body::RoleChanged { member, role })
    }

    fn removed(author: PeerId, removed: &[PeerId]) -> String {
        said(author, Body::KeyChanged { removed: removed.to_vec(), revoked: 2 })
    }

    #[test]
    fn roles_read_well_whoever_gives_and_gets_them() {
        assert_eq!(made(BEA, ME, Role::Admin), "Bea made you an admin");
        assert_eq!(made(ME, BEA, Role::Muted), "You muted Bea");
        assert_eq!(made(BEA, CEM, Role::Member), "Bea made Cem an ordinary member");
        assert_eq!(made(BEA, BEA, Role::Muted), "Bea muted themselves");
        assert_eq!(made(ME, ME, Role::Muted), "You muted yourself");
    }

    #[test]
    fn removals_name_who_reads_first_and_count_the_many() {
        assert_eq!(removed(ME, &[BEA]), "You removed Bea");
        assert_eq!(removed(BEA, &[ME]), "Bea removed you");
        assert_eq!(removed(BEA, &[CEM, ME]), "Bea removed you and Cem");
        let many: Vec<_> = (3..9).map(|n| PeerId::from_bytes([n; 32])).collect();
        assert_eq!(removed(BEA, &many), "Bea removed Cem, Dan, Someone new and 3 others");
    }

    #[test]
    fn keys_and_invites_are_told_apart() {
        let changed = |revoked| said(BEA, Body::KeyChanged { removed: Vec::new(), revoked });

        assert_eq!(changed(0), "Bea changed the room\u{2019}s key");
        assert_eq!(changed(1), "Bea revoked an invite");
        assert_eq!(changed(3), "Bea revoked 3 invites");
    }

    #[test]
    fn whoever_has_the_name_of_another_joins_with_a_tag() {
        let name = "Ana".to_owned();
        let mut model = room();
        let twin = member(CEM, "Ana");
        tell(&mut model, Event::MemberChanged { room: crate::model::tests::ROOM, member: twin });
        let message = engine::Message { body: Body::Joined { name }, ..message(1, CEM, "") };

        let words = remark(&model.rooms[&crate::model::tests::ROOM], &message);

        assert_eq!(words.as_deref(), Some("Ana \u{b7} 0303 joined"));
    }
}

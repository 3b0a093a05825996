//! Pictures of the screens about members, roles and invites.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Body, Event, Member, PeerId, Role, RoomOptions, Timestamp};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures, pictures_of_text, shot},
    rules::Rules,
    stage::{Looking, Shared, in_ruled},
    story::{BEA, CEM, ME, MINUTE, NOW, ROOM, member, said, text_of},
};

type Screen = (Harness<'static, ChatApp>, Shared);

/// Long, and close to the most a name can be.
const LONG: &str = "Maximiliane von und zu Donaudampfschifffahrtsgesellschaft-Süd";

/// The screens about members, roles and invites.
pub(crate) const RULES: [Shot; 17] = [
    ("alike", |looking| {
        let (mut harness, shared) = in_ruled(looking, many);
        for (nth, seq) in [(0x3f, 14), (0x21, 15), (0x44, 16)] {
            let author = PeerId::from_bytes([nth; 32]);
            shared.borrow_mut().add(text_of(author, seq, 0, "Who of us is it?"));
        }
        harness.run();
        (harness, shared)
    }),
    ("removed-leave", |looking| {
        let (mut harness, shared) = ruled_room(looking, Role::Removed);
        reach(&mut harness, "Leave room");
        (harness, shared)
    }),
    ("member", |looking| member_screen(looking, |rules| rules.make(ME, Role::Owner))),
    ("member-remove", |looking| {
        let (mut harness, shared) = member_screen(looking, |rules| rules.make(ME, Role::Admin));
        reach(&mut harness, "Remove from room");
        harness.get_by_label("Do not remove").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("members-many", |looking| members(looking, many)),
    ("members-removed", |looking| {
        let (mut harness, shared) = members(looking, |rules| {
            rules.make(ME, Role::Admin);
            rules.make(CEM, Role::Removed);
        });
        harness.get_by_label("Cem Yilmaz, removed").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("invites", |looking| invites(looking, Role::Admin)),
    ("invites-end", |looking| {
        let (mut harness, shared) = invites(looking, Role::Admin);
        harness.get_by_label_contains("Used up").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("invites-member", |looking| invites(looking, Role::Member)),
    ("invites-revoke", |looking| {
        let (mut harness, shared) = invites(looking, Role::Admin);
        let label = "Revoke: Who joins may only read, Made by you, Works until Today, 19:30, \
                     3 of 10 have joined by it";
        reach(&mut harness, label);
        harness.get_by_label("Keep it").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("new-invite", |looking| {
        let (mut harness, shared) = invites(looking, Role::Admin);
        reach(&mut harness, "New invite");
        reach(&mut harness, "10 people");
        (harness, shared)
    }),
    ("invites-past", |looking| hidden_invites(looking)),
    ("new-invite-past", |looking| {
        let (mut harness, shared) = hidden_invites(looking);
        reach(&mut harness, "New invite");
        reach(&mut harness, "They can read it");
        harness.get_by_label("Make and show").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("invite-terms", |looking| {
        let (mut harness, shared) = invites(looking, Role::Admin);
        let label = "Show: Who joins may only read, Made by you, Works until Today, 19:30, \
                     3 of 10 have joined by it";
        reach(&mut harness, label);
        (harness, shared)
    }),
    ("invite-over", |looking| {
        let (mut harness, shared) = in_ruled(looking, Rules::revoke_all);
        reach(&mut harness, "Invite");
        (harness, shared)
    }),
    ("muted", |looking| ruled_room(looking, Role::Muted)),
    ("removed", |looking| ruled_room(looking, Role::Removed)),
];

fn members(looking: Looking, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(looking, rule);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    (harness, shared)
}

fn member_screen(looking: Looking, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = members(looking, |rules| {
        // The first letter of one is Cyrillic.
        let twin = PeerId::from_bytes([0x3f; 32]);
        rules.members.push(member(twin, "\u{421}em Yilmaz", 0));
        rule(rules);
    });
    reach(&mut harness, "\u{421}em Yilmaz \u{b7} 3f3f, not met yet");
    (harness, shared)
}

/// Every role, long names and names that look alike.
fn many(rules: &mut Rules) {
    let mut add = |nth: u8, name: &str, role| {
        let id = PeerId::from_bytes([nth; 32]);
        rules.members.push(Member { role, ..member(id, name, 0) });
    };
    add(0x21, LONG, Role::Admin);
    add(0x3f, "Bea", Role::Member);
    add(0x44, LONG, Role::Muted);
    add(0x45, "Oma Gerda", Role::Muted);
    for nth in 0x60..0x70 {
        add(nth, &format!("Guest {nth}"), Role::Member);
    }
    rules.make(CEM, Role::Admin);
}

fn invites(looking: Looking, role: Role) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |rules| {
        rules.make(ME, role);
        let end = |minutes: u64| Some(Timestamp(NOW + minutes * MINUTE));
        rules.add_invite(ME, Role::Muted, end(60), (3, Some(10)));
        rules.add_invite(CEM, Role::Member, None, (1, Some(1)));
        rules.add_invite(BEA, Role::Member, None, (12, None));
        rules.invites.last_mut().expect("one").is_revoked = true;
    });
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    reach(&mut harness, if role >= Role::Admin { "Manage invites" } else { "All invites" });
    (harness, shared)
}

/// Invites to a room that hides what was written before, one of which opens it.
fn hidden_invites(looking: Looking) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |rules| {
        rules.make(ME, Role::Admin);
        rules.add_invite(ME, Role::Member, Some(Timestamp(NOW + 60 * MINUTE)), (0, Some(1)));
        rules.invites.last_mut().expect("one").reads_before = true;
    });
    let options = RoomOptions { hide_history: true, ..RoomOptions::default() };
    shared.borrow_mut().tell(Event::OptionsChanged { room: ROOM, options });
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    reach(&mut harness, "Manage invites");
    (harness, shared)
}

/// The room of somebody who may not write in it.
fn ruled_room(looking: Looking, role: Role) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |rules| rules.make(ME, role));
    {
        let mut script = shared.borrow_mut();
        script.add(said(BEA, 14, 1, Body::RoleChanged { member: CEM, role: Role::Admin }));
        let body = match role {
            Role::Removed => Body::KeyChanged { removed: vec![ME], revoked: 1 },
            role => Body::RoleChanged { member: ME, role },
        };
        script.add(said(CEM, 15, 0, body));
    }
    harness.run();
    (harness, shared)
}

#[test]
fn member_looks_as_it_did() {
    pictures("member", shot(&RULES, "member"));
}

#[test]
fn invites_look_as_they_did() {
    pictures("invites", shot(&RULES, "invites"));
}

#[test]
fn new_invite_looks_as_it_did() {
    pictures("new-invite", shot(&RULES, "new-invite"));
}

#[test]
fn new_invite_that_opens_the_past_looks_as_it_did() {
    pictures("new-invite-past", shot(&RULES, "new-invite-past"));
}

#[test]
fn removed_look_as_they_did() {
    pictures("removed", shot(&RULES, "removed"));
}

#[test]
fn large_text_and_long_names_look_as_they_did() {
    let names =
        ["alike", "members-many", "member-remove", "invites-past", "invites-revoke", "muted"];
    pictures_of_text(names.map(|name| (name, shot(&RULES, name))));
}

//! A room with a crowd in it, made by as many engines as there are people.

use std::{collections::BTreeMap, time::Duration};

use app::runtime::AllCores;
use engine::{
    Batch, Command, Engine, Event, Frame, Head, Input, Invite, LinkId, Medium, MemberIndex,
    MemberRecord, MemoryStore, Now, Output, PeerId, RoomId, RoomRecord, Store as _, StoredOp,
    Target, Timestamp,
};

/// A summer evening in 2026, and the month before it in which people wrote.
pub(crate) const NOW: u64 = 1_784_000_000_000;
const MONTH: u64 = 30 * 24 * 3_600_000;

/// The first byte of a packet of operations.
pub(crate) const OPS: u8 = 5;

/// Links that encrypt by themselves, so that packets can be told apart.
const BINDING: [u8; 32] = [0xb1; 32];

/// Everything of a room whose owner holds all of it, and what one reader holds that joined first.
pub(crate) struct Crowd {
    pub(crate) room: RoomId,
    pub(crate) messages: usize,
    owner: Person,
    reader: Person,
    members: Vec<MemberRecord>,
    heads: Vec<Head>,
    ops: Vec<StoredOp>,
}

/// A device: an engine, and what it wants.
struct Person {
    engine: Engine<MemoryStore>,
    frames: Vec<Frame>,
    target: Option<Target>,
    invite: Option<Invite>,
    room: Option<RoomId>,
    /// Whether anything was said to it on a link.
    has_heard: bool,
}

impl Person {
    fn new(seed: u64) -> Self {
        let mut seeds = [7; 32];
        seeds.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        let engine = Engine::new(MemoryStore::default(), seeds).expect("memory never fails");
        let engine = engine.with_verifier(Box::new(AllCores));
        let (frames, target, invite, room) = (Vec::new(), None, None, None);
        let mut person = Self { engine, frames, target, invite, room, has_heard: false };
        let name = format!("member {seed}");
        person.tell(NOW - MONTH, [Input::Command(Command::SetName { name })]);
        person
    }

    fn tell(&mut self, wall: u64, inputs: impl IntoIterator<Item = Input>) {
        let now = Now { since_start: Duration::ZERO, wall: Timestamp(wall) };
        for input in inputs {
            self.engine.handle(now, input).expect("memory never fails");
        }
    }

    fn finish(&mut self) {
        self.engine.commit().expect("memory never fails");
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Transmit(_, frame) => self.frames.push(frame),
                Output::Dial { target: target @ Target::Invite(_), .. } => {
                    self.target = Some(target);
                }
                Output::Notify(Event::InviteReady { invite, .. }) => self.invite = Some(invite),
                Output::Notify(Event::RoomJoined { room, .. }) => self.room = Some(room.id),
                _ => {}
            }
        }
    }

    fn record(&self) -> RoomRecord {
        let rooms = self.engine.store().rooms().expect("memory never fails");
        rooms.into_iter().next().expect("a room")
    }
}

impl Crowd {
    /// `authors` people, who wrote `messages` messages: one much, most little (Zipf, exponent 0.8).
    pub(crate) fn of(authors: usize, messages: usize) -> Self {
        let mut owner = Person::new(0);
        owner.tell(NOW - MONTH, [Input::Command(Command::CreateRoom { name: "Camp".to_owned() })]);
        owner.finish();
        let mut reader = Person::new(1);
        join(&mut reader, &mut owner, 1, 0);
        for (n, count) in shares(authors, messages).into_iter().enumerate() {
            let n = n as u64 + 2;
            join(&mut Person::new(n), &mut owner, n, count);
        }
        let store = owner.engine.store();
        let room = owner.record().id;
        Self {
            room,
            messages,
            members: store.members(room).expect("memory never fails"),
            heads: store.heads(room).expect("memory never fails"),
            ops: store.page_before(room, None, usize::MAX).expect("memory never fails"),
            owner,
            reader,
        }
    }

    /// The authors, and how far their logs go.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (MemberIndex, u64)> {
        let logs = (0..).map(MemberIndex).zip(&self.heads).skip(2);
        logs.map(|(index, head)| (index, head.height))
    }

    /// What the owner and the reader are to dial each other as.
    pub(crate) fn peers(&self) -> [PeerId; 2] {
        let mut ids = self.members.iter().map(|member| member.id);
        [ids.next().expect("the owner"), ids.next().expect("the reader")]
    }

    /// What the owner remembers, or the reader, if it lacks the last operation of these logs.
    pub(crate) fn all_but(&self, is_owner: bool, lacking: &[MemberIndex]) -> Batch {
        let record = if is_owner { self.owner.record() } else { self.reader.record() };
        let mut batch = self.batch(record);
        for op in &self.ops {
            let position = op.position;
            let head = self.heads.get(position.author.0 as usize).expect("a head for each log");
            if lacking.contains(&position.author) && position.seq == head.height {
                let head = Head { height: position.seq - 1, id: previous(&op.bytes) };
                batch.heads.insert((self.room, position.author), head);
            } else {
                batch.ops.push(op.clone());
            }
        }
        batch
    }

    /// What the reader remembers if it never met anybody but the owner, once.
    pub(crate) fn joined_only(&self) -> Batch {
        let store = self.reader.engine.store();
        let mut batch = Batch::default();
        batch.rooms.insert(self.room, self.reader.record());
        let members = store.members(self.room).expect("memory never fails");
        for (index, member) in (0..).map(MemberIndex).zip(members) {
            batch.members.insert((self.room, index), MemberRecord { holds: 1, ..member });
        }
        let heads = store.heads(self.room).expect("memory never fails");
        let heads = (0..).map(MemberIndex).zip(heads);
        batch.heads.extend(heads.map(|(index, head)| ((self.room, index), head)));
        batch.ops = store.page_before(self.room, None, usize::MAX).expect("memory never fails");
        batch
    }

    fn batch(&self, record: RoomRecord) -> Batch {
        let mut batch = Batch::default();
        batch.rooms.insert(self.room, record);
        for (index, (member, head)) in (0..).zip(self.members.iter().zip(&self.heads)) {
            let key = (self.room, MemberIndex(index));
            // Each knows that the other knows it.
            batch.members.insert(key, MemberRecord { holds: 1, ..member.clone() });
            batch.heads.insert(key, *head);
        }
        batch
    }
}

/// How many messages each author wrote.
fn shares(authors: usize, messages: usize) -> Vec<usize> {
    let weights: Vec<f64> = (1..=authors).map(|rank| (rank as f64).powf(-0.8)).collect();
    let sum: f64 = weights.iter().sum();
    let mut shares: Vec<usize> =
        weights.iter().map(|weight| (weight / sum * messages as f64) as usize).collect();
    let rest = messages - shares.iter().sum::<usize>();
    shares.iter_mut().take(rest).for_each(|share| *share += 1);
    shares
}

/// Somebody joins by the owner's invite, writes so much in the course of a month, and goes. What
/// others wrote does not reach them: that would take a thousand times as long.
fn join(guest: &mut Person, owner: &mut Person, n: u64, messages: usize) {
    let invite = owner.invite.clone().expect("an invite");
    guest.tell(NOW - MONTH, [Input::Command(Command::AcceptInvite { invite })]);
    guest.finish();
    let (near, far) = (LinkId(n), LinkId(n));
    let binding = Some(BINDING);
    owner.tell(NOW, [Input::LinkUp { link: far, target: None, binding, medium: Medium::Free }]);
    guest.tell(
        NOW - MONTH,
        [Input::LinkUp { link: near, target: guest.target, binding, medium: Medium::Free }],
    );
    talk(guest, near, owner, far);
    let room = guest.room.expect("a room");
    for k in 0..messages as u64 {
        let wall =
            NOW - MONTH + (k * 2_654_435_761 + n) % 1_000 + k * (MONTH / (messages as u64 + 1));
        let text = format!("message {k} of somebody who was at the camp");
        guest.tell(wall, [Input::Command(Command::SendText { room, text })]);
    }
    talk(guest, near, owner, far);
    owner.tell(NOW, [Input::LinkDown(far)]);
    owner.finish();
}

fn talk(guest: &mut Person, near: LinkId, owner: &mut Person, far: LinkId) {
    loop {
        guest.finish();
        owner.finish();
        if guest.frames.is_empty() && owner.frames.is_empty() {
            return;
        }
        let (to_owner, to_guest) =
            (std::mem::take(&mut guest.frames), std::mem::take(&mut owner.frames));
        owner.tell(NOW, to_owner.into_iter().map(|frame| Input::FrameReceived(far, frame)));
        // The first frame proves the owner, and may begin with any byte.
        let proof = usize::from(!guest.has_heard);
        let mut to_guest = to_guest;
        guest.has_heard |= !to_guest.is_empty();
        let rest = to_guest.split_off(proof.min(to_guest.len()));
        to_guest.extend(rest.into_iter().filter(|frame| frame.first() != Some(&OPS)));
        guest
            .tell(NOW - MONTH, to_guest.into_iter().map(|frame| Input::FrameReceived(near, frame)));
    }
}

/// What an operation says the id of the one before it is (`app/engine/docs/protocol.md`, section 5).
fn previous(op: &[u8]) -> [u8; 16] {
    const SEQ: usize = 41;
    let seq = op.iter().skip(SEQ).take_while(|byte| **byte >= 0x80).count() + 1;
    let previous = op.get(SEQ + seq..SEQ + seq + 16).expect("an operation");
    previous.try_into().expect("16 bytes")
}

/// The heights of all logs, to compare devices by.
pub(crate) fn heights(store: &impl engine::Store, room: RoomId) -> BTreeMap<PeerId, u64> {
    let members = store.members(room).expect("readable");
    let heads = store.heads(room).expect("readable");
    members.iter().zip(heads).map(|(member, head)| (member.id, head.height)).collect()
}

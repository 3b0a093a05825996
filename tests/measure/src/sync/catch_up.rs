//! A device that has just joined fetches everything from another: both with a database on disk, a
//! thread each, and a link in memory between them.

use std::time::{Duration, Instant};

use app::runtime::AllCores;
use engine::{
    Batch, Body, Engine, Event, Input, LinkId, Medium, Now, Output, Store as _, Target, Timestamp,
};
use storage::RedbStore;
use tokio::{runtime::Runtime, sync::mpsc};
use transport::{Link, LinkReceiver, LinkSender, LinkStats, Role, TransportKind};

use super::crowd::{Crowd, NOW, heights};

const LINK: LinkId = LinkId(0);

/// As in `app/src/runtime`: what may wait for an engine and for a link, and what it takes in before
/// it writes.
const INBOX_LEN: usize = 1_024;
const QUEUE_LEN: usize = 256;
const MAX_BATCH: usize = 512;

/// How fast that went, from the first frame of the link.
pub(crate) struct CaughtUp {
    /// Messages a second, until the last one is on disk.
    pub(crate) per_s: f64,
    /// Until the last page could be read.
    pub(crate) newest_page: Duration,
}

pub(crate) fn run(crowd: &Crowd) -> CaughtUp {
    let directory = tempfile::tempdir().expect("a directory for the databases");
    let wake = |name: &str, batch: Batch, seed| {
        let mut store = RedbStore::open(directory.path().join(name)).expect("a new database");
        store.commit(batch).expect("committed");
        let engine = Engine::new(store, [seed; 32]).expect("readable");
        engine.with_verifier(Box::new(AllCores))
    };
    let owner = wake("owner.redb", crowd.all_but(true, &[]), 1);
    let reader = wake("reader.redb", crowd.joined_only(), 2);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("threads for the link");
    let stats = LinkStats::starting(Instant::now(), "in memory".to_owned());
    let (near, far) = Link::pair(TransportKind::Memory, Role::Dialer, None, stats);
    let [owner_id, _] = crowd.peers();
    let target = Some(Target::Member(crowd.room, owner_id));

    let started = Instant::now();
    let (seconds, newest_page, owner, reader) = std::thread::scope(|scope| {
        let owner = Driver::new(owner, &tokio, far, None);
        let owner = scope.spawn(move || owner.run(usize::MAX).0);
        let (reader, newest_page) = Driver::new(reader, &tokio, near, target).run(crowd.messages);
        let seconds = started.elapsed().as_secs_f64();
        // With the reader's end of the link gone, the owner is done as well.
        let newest_page = newest_page.expect("a long history") - started;
        (seconds, newest_page, owner.join().expect("the owner's thread"), reader)
    });
    let [ours, theirs] = [owner, reader].map(|engine| heights(engine.store(), crowd.room));
    assert!(ours == theirs, "they are equal in the end");
    CaughtUp { per_s: crowd.messages as f64 / seconds, newest_page }
}

/// One device's engine, driven as the app drives it.
struct Driver {
    engine: Engine<RedbStore>,
    inputs: mpsc::Receiver<Input>,
    queue: mpsc::Sender<Vec<u8>>,
    started: Instant,
}

impl Driver {
    fn new(engine: Engine<RedbStore>, tokio: &Runtime, link: Link, target: Option<Target>) -> Self {
        let (inbox, inputs) = mpsc::channel(INBOX_LEN);
        let (queue, waiting) = mpsc::channel(QUEUE_LEN);
        let binding = link.binding;
        let (sender, receiver) = link.split();
        let up = Input::LinkUp { link: LINK, target, binding, medium: Medium::Free };
        inbox.try_send(up).expect("an empty inbox");
        tokio.spawn(receive(receiver, inbox));
        tokio.spawn(send(sender, waiting));
        Self { engine, inputs, queue, started: Instant::now() }
    }

    /// Until the link is closed, or so many texts came in; also when the last page was shown.
    fn run(mut self, wanted: usize) -> (Engine<RedbStore>, Option<Instant>) {
        let (mut texts, mut newest_page) = (0, None);
        while let Some(first) = self.inputs.blocking_recv() {
            let now = Now { since_start: self.started.elapsed(), wall: Timestamp(NOW) };
            self.engine.handle(now, first).expect("a disk that works");
            for _ in 0..MAX_BATCH {
                let Ok(input) = self.inputs.try_recv() else { break };
                self.engine.handle(now, input).expect("a disk that works");
            }
            self.engine.commit().expect("a disk that works");
            while let Some(output) = self.engine.poll() {
                match output {
                    Output::Transmit(_, frame) => {
                        // The other end may be gone already.
                        let _ = self.queue.try_send(frame);
                    }
                    Output::Notify(Event::NewestShown { .. }) => {
                        newest_page.get_or_insert_with(Instant::now);
                    }
                    Output::Hangup(_) => panic!("the peers fell out"),
                    Output::Notify(Event::MessageAdded { message, .. })
                        if matches!(message.body, Body::Text(_)) =>
                    {
                        texts += 1;
                    }
                    _ => {}
                }
            }
            if texts >= wanted {
                break;
            }
        }
        (self.engine, newest_page)
    }
}

async fn receive(mut link: LinkReceiver, inbox: mpsc::Sender<Input>) {
    while let Some(frame) = link.recv().await {
        if inbox.send(Input::FrameReceived(LINK, frame)).await.is_err() {
            return;
        }
    }
}

async fn send(link: LinkSender, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = waiting.recv().await {
        if link.send(frame).await.is_err() {
            return;
        }
    }
}

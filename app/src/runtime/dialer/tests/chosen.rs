//! The dialer does what the chooser says.

use std::time::Duration;

use engine::{LinkId, Target};
use transport::{
    Addr, AddrKind, LinkFailure, LinkPath,
    chooser::{self, Network, Reason, Situation},
};

use super::{Scene, Way, invite, member, way};

#[tokio::test(start_paused = true)]
async fn nobody_is_dialed_while_no_way_can_be_gone_and_at_once_when_the_network_is_there() {
    let mut scene = Scene::new();
    let off = Some(Reason::BluetoothOff);
    scene.place(Situation { network: Network::Nowhere, no_bluetooth: off, ..Situation::FREE });
    scene.dialer.want(invite(), way());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(scene.dials.try_recv().is_err());

    scene.place(Situation::FREE);
    scene.shared.begin_anew();

    let begun = tokio::time::Instant::now();
    scene.dialed().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn dial_that_listens_itself_goes_on_when_its_target_is_heard() {
    let mut scene = Scene::new();
    let addrs = vec![Addr { kind: AddrKind::Ble, bytes: Vec::new() }];
    scene.place(Situation { network: Network::Nowhere, ..Situation::FREE });
    scene.dialer.want(invite(), Way { addrs, ..way() });
    scene.dialed().await;

    scene.hear();
    tokio::time::sleep(Duration::from_millis(100)).await;

    assert!(scene.dials.try_recv().is_err(), "it is being reached");
}

#[tokio::test(start_paused = true)]
async fn target_heard_after_a_dial_has_stopped_listening_is_dialed_anew() {
    let mut scene = Scene::new();
    scene.dialer.want(invite(), way());
    scene.dialed().await;
    tokio::time::sleep(Duration::from_secs(5)).await;

    scene.hear();

    scene.dialed().await;
}

/// A device with its screen off, and a link over Bluetooth that it dialed.
async fn linked_by_bluetooth() -> (Scene, LinkId) {
    let mut scene = Scene::new();
    let Target::Member(room, peer) = member() else { unreachable!() };
    scene.place(Situation { is_sparing: true, ..Situation::FREE });
    scene.answer(LinkPath::Bluetooth);
    scene.dialer.want(invite(), way());
    let (link, _) = scene.link_up().await;
    scene.dialed().await;
    scene.dialer.drop_want(&invite());
    scene.shared.links.prove(link, room, peer);
    scene.dialer.meet(link, room, peer);
    (scene, link)
}

#[tokio::test(start_paused = true)]
async fn while_the_screen_is_off_no_better_way_is_looked_for() {
    let (mut scene, _link) = linked_by_bluetooth().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(scene.dials.try_recv().is_err());

    scene.place(Situation::FREE);
    scene.shared.begin_anew();

    scene.dialed().await;
}

#[tokio::test(start_paused = true)]
async fn for_what_is_too_much_for_bluetooth_a_better_way_is_looked_for_at_once() {
    let (mut scene, link) = linked_by_bluetooth().await;
    let Target::Member(room, peer) = member() else { unreachable!() };
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(scene.dials.try_recv().is_err(), "pauses have grown long");

    scene.shared.links.set_busy(link, true);
    scene.dialer.hurry(link, room, peer);

    let begun = tokio::time::Instant::now();
    scene.dialed().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn once_a_link_was_lost_by_the_network_bluetooth_waits_for_it_no_more() {
    let mut scene = Scene::new();
    let Target::Member(room, peer) = member() else { unreachable!() };
    let addrs = vec![Addr { kind: AddrKind::Ble, bytes: Vec::new() }];
    let way = Way { addrs, ..way() };
    for (closed, after) in [(LinkFailure::HungUp, 2), (LinkFailure::Silent, 0)] {
        scene.answer(LinkPath::Direct);
        scene.dialer.want(member(), way.clone());
        let (id, _) = scene.link_up().await;
        scene.dialed().await;
        scene.shared.links.prove(id, room, peer);
        scene.dialer.drop_want(&member());
        scene.shared.links.close(id, closed);

        scene.silence();
        scene.dialer.want(member(), way.clone());
        scene.dialed().await;
        scene.dialer.drop_want(&member());

        assert_eq!(scene.bluetooth_after(), Some(Duration::from_secs(after)), "{closed:?}");
    }
}

#[tokio::test]
async fn diagnostics_tell_the_way_in_use_and_the_ones_that_are_not_tried() {
    let mut scene = Scene::new();
    let Target::Member(room, peer) = member() else { unreachable!() };
    scene.dialer.want(member(), way());
    let choice = |scene: &Scene| scene.shared.ways()[0].choice.clone().expect("its addresses");
    assert!(choice(&scene).rejected.contains(&(chooser::Way::Bluetooth, Reason::NotHeard)));
    assert_eq!(scene.shared.ways()[0].used, None);
    scene.dialed().await;

    scene.answer(LinkPath::Direct);
    scene.shared.begin_anew();
    let (link, _) = scene.link_up().await;
    scene.shared.links.prove(link, room, peer);
    scene.dialer.drop_want(&member());

    assert_eq!(scene.shared.ways().len(), 1);
    assert_eq!(scene.shared.ways()[0].used, Some(LinkPath::Direct));
    assert_eq!(choice(&scene).attempts, []);
}

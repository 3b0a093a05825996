//! Nothing is under the notch, the bar or the keyboard, and what one writes and does with it is in sight.

use app::ui::route::Route;
use egui::{Rect, Shape, vec2};
use egui_kittest::kittest::Queryable as _;

use crate::{
    phone::{NOTCH, Phone},
    stage::{Looking, SMALL_PHONE},
    table::{field, screens},
};

#[test]
fn nothing_to_touch_or_read_is_under_the_notch_the_bar_or_the_keyboard() {
    for text in [100, 200] {
        for route in screens() {
            let looking = Looking { text, ..Looking::at(SMALL_PHONE) };
            let mut phone = Phone::with(looking, route, |_device| {});
            for is_up in [false, true] {
                phone.keyboard(is_up);
                let room = phone.room().expand(0.5);
                assert!(room.top() >= NOTCH - 1.0);
                for rect in touched(&phone).into_iter().chain(read(&phone)) {
                    assert!(
                        room.contains_rect(rect),
                        "{rect} on {route:?} at {text} %, keyboard up: {is_up}; there is {room}"
                    );
                }
            }
        }
    }
}

#[test]
fn field_and_what_is_done_with_it_stay_in_sight_when_the_keyboard_comes() {
    for route in screens() {
        let Some(field) = field(route) else { continue };
        let mut phone = Phone::at(route);
        phone.touch(field.label);
        phone.keyboard(true);
        phone.write("A");

        assert!(phone.harness.get_by_label(field.label).is_focused(), "{route:?}");
        for label in [field.label, field.deed] {
            in_sight(&phone, route, label);
        }
    }
}

#[test]
fn composer_leaves_something_of_the_conversation_however_much_is_written() {
    for text in [100, 200] {
        let route = Route::Room(crate::story::ROOM);
        let looking = Looking { text, ..Looking::at(SMALL_PHONE) };
        let mut phone = Phone::with(looking, route, |_device| {});
        let field = field(route).expect("a composer");
        phone.touch(field.label);
        phone.keyboard(true);
        phone.write(&"and so on\n".repeat(20));

        let top = phone.harness.get_by_label("Back").rect().bottom();
        let send = phone.harness.get_by_label("Send").rect();
        let composer = phone.harness.get_by_label(field.label).rect();
        let left = composer.top().min(send.top()) - top;
        assert!(left >= 48.0, "{left} points at {text} %");
        in_sight(&phone, route, "Send");
    }
}

fn in_sight(phone: &Phone, route: Route, label: &str) {
    let bar = phone.harness.get_by_label("Back").rect().bottom();
    // A field is larger to the finger than to the eye.
    let rect = phone.harness.get_by_label(label).rect().shrink2(vec2(0.0, 5.0));
    let room = phone.room();
    assert!(
        rect.top() >= bar - 0.5 && rect.bottom() <= room.bottom() + 0.5,
        "{label:?} on {route:?} is {rect}; there is {room} below {bar}"
    );
}

/// What is seen of everything that can be touched.
fn touched(phone: &Phone) -> Vec<Rect> {
    phone.harness.ctx.viewport(|viewport| {
        let widgets = viewport.prev_pass.widgets.layers().flat_map(|(_, widgets)| widgets);
        let touched = widgets.filter(|widget| widget.sense.senses_click());
        touched.map(|widget| widget.interact_rect).filter(|rect| rect.is_positive()).collect()
    })
}

/// What is seen of all words.
fn read(phone: &Phone) -> Vec<Rect> {
    let mut rects = Vec::new();
    for shape in &phone.harness.output().shapes {
        words(&shape.shape, shape.clip_rect, &mut rects);
    }
    rects
}

fn words(shape: &Shape, clip: Rect, rects: &mut Vec<Rect>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| words(shape, clip, rects)),
        Shape::Text(text) => {
            let seen = text.visual_bounding_rect().intersect(clip);
            if seen.is_positive() {
                rects.push(seen);
            }
        }
        _ => {}
    }
}

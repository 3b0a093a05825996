//! What keyboards write, call by call as they were recorded, ends in the app's own fields.
#![allow(unsafe_code)] // functions for Java, which cannot be checked

use std::{fs, path::Path};

use app::{ui::route::Route, writing};
use egui::Key;
use engine::Command;
use festival_android::{text, typing::Typing};
use jni::{
    Env, NativeMethod, jni_sig, jni_str,
    objects::{JString, JValue},
    strings::JNIString,
};
use serde_json::Value;

use crate::{activity, machine::java, phone::Phone, story::ROOM, table};

/// When the app draws.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pace {
    /// After each call of the keyboard.
    EachCall,
    /// Only when somebody looks.
    Seldom,
}

/// Gives what keyboards write in the library's functions.
pub(crate) fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    let made = text::Java_chat_festival_TextInput_onMade as *mut _;
    let text = text::Java_chat_festival_TextInput_onText as *mut _;
    let key = text::Java_chat_festival_TextInput_onKey as *mut _;
    let action = text::Java_chat_festival_TextInput_onAction as *mut _;
    // SAFETY: each has the parameters that its signature says; the first is of an object, and the others are static.
    unsafe {
        let texts = jni_str!("(ILjava/lang/String;IIII)V");
        let methods = [
            NativeMethod::from_raw_parts(jni_str!("onMade"), jni_str!("()V"), made),
            NativeMethod::from_raw_parts(jni_str!("onText"), texts, text),
            NativeMethod::from_raw_parts(jni_str!("onKey"), jni_str!("(II)V"), key),
            NativeMethod::from_raw_parts(jni_str!("onAction"), jni_str!("(I)V"), action),
        ];
        env.register_native_methods(jni_str!("chat/festival/TextInput"), &methods)
    }
}

/// Asks the keyboard, or whoever is on its side, for a text.
fn ask(method: &str) -> String {
    java(|env| {
        let class = jni_str!("chat/festival/Keyboard");
        let signature = jni_sig!("()Ljava/lang/String;");
        let answer = env.call_static_method(class, JNIString::from(method), signature, &[])?.l()?;
        env.cast_local::<JString<'_>>(answer)?.try_to_string(env)
    })
}

/// Does something on the side of the keyboard.
fn act(method: &str) {
    java(|env| {
        let class = jni_str!("chat/festival/Keyboard");
        env.call_static_method(class, JNIString::from(method), jni_sig!("()V"), &[])?;
        Ok(())
    });
}

fn call(name: &str, text: &str, one: i32, other: i32) -> String {
    java(|env| {
        let [name, text] = [JString::new(env, name)?, JString::new(env, text)?];
        let answer = env
            .call_static_method(
                jni_str!("chat/festival/Keyboard"),
                jni_str!("call"),
                jni_sig!("(Ljava/lang/String;Ljava/lang/String;II)Ljava/lang/String;"),
                &[
                    JValue::Object(&name),
                    JValue::Object(&text),
                    JValue::Int(one),
                    JValue::Int(other),
                ],
            )?
            .l()?;
        env.cast_local::<JString<'_>>(answer)?.try_to_string(env)
    })
}

fn is_shown() -> bool {
    ask("isShown") == "true"
}

/// Somebody writes in a field of the app.
struct Writer {
    phone: Phone,
    label: &'static str,
}

impl Writer {
    /// At a screen, with the field touched that it has.
    fn at(route: Route) -> Self {
        let label = table::field(route).expect("a field").label;
        let mut writer = Self::before(route, label);
        assert!(!is_shown(), "a keyboard before there is anything to write");
        writer.touch(label);
        writer.phone.keyboard(true);
        writer
    }

    /// At a screen, from which one comes to a field with this label.
    fn before(route: Route, label: &'static str) -> Self {
        java(activity::register);
        act("open");
        let phone = Phone::at(route);
        phone.harness.ctx.add_plugin(Typing::default());
        Self { phone, label }
    }

    /// Draws until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..8 {
            self.phone.harness.step();
            act("pass");
        }
    }

    fn touch(&mut self, label: &str) {
        self.phone.touch(label);
        self.settle();
    }

    fn text(&self) -> String {
        self.phone.value(self.label)
    }

    /// What the keyboard believes to be in the field.
    fn believed(&self) -> String {
        call("getExtractedText", "", 0, 0)
    }

    fn caret(&self) -> [usize; 2] {
        let writing = writing::writing(&self.phone.harness.ctx).expect("a field");
        [writing.selection.start, writing.selection.end]
    }

    /// The name of the room that was created.
    fn created(&self) -> String {
        let script = self.phone.shared.borrow();
        let mut created = script.commands.iter().filter_map(|command| match command {
            Command::CreateRoom { name } => Some(name.clone()),
            _ => None,
        });
        created.next_back().unwrap_or_default()
    }

    fn sent(&self) -> String {
        let script = self.phone.shared.borrow();
        let mut sent = script.commands.iter().filter_map(|command| match command {
            Command::SendText { text, .. } => Some(text.clone()),
            _ => None,
        });
        sent.next_back().unwrap_or_default()
    }

    /// Does what a line of a session says, or holds the app to it.
    fn play(&mut self, pace: Pace, line: &str) {
        let (name, arguments) =
            line.strip_suffix(')').and_then(|line| line.split_once('(')).expect("a call");
        let arguments: Vec<Value> =
            serde_json::from_str(&format!("[{arguments}]")).expect("arguments as in JSON");
        let texts: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        let text = texts.first().copied().unwrap_or_default();
        let numbers: Vec<i64> = arguments.iter().filter_map(Value::as_i64).collect();
        let number = |at: usize| numbers.get(at).map_or(0, |at| i32::try_from(*at).expect("small"));
        match name {
            "wait" => self.settle(),
            // Java's UI thread has no time for it.
            "draw" => self.phone.harness.step(),
            "touch" => self.touch(text),
            "key" => {
                self.settle();
                self.phone.key(Key::from_name(text).expect("a key"));
            }
            "shows" => {
                self.settle();
                assert_eq!((self.text(), self.believed()), (text.to_owned(), text.to_owned()));
            }
            "caret" => {
                self.settle();
                assert_eq!(self.caret().map(|at| at as i32), [number(0), number(1)]);
            }
            "told" => {
                self.settle();
                assert_eq!(ask("selection"), text);
            }
            "sent" => assert_eq!(self.sent(), text),
            "created" => assert_eq!(self.created(), text),
            name if name.starts_with("get") => assert_eq!(call(name, "", number(0), 0), text),
            name => {
                assert_eq!(call(name, text, number(0), number(1)), "", "{line}");
                if pace == Pace::EachCall {
                    self.phone.harness.step();
                    act("pass");
                }
            }
        }
    }
}

/// Plays a session in the field of a screen, at every pace.
fn play(session: &str, route: Route) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("jvm/sessions").join(session);
    let lines = fs::read_to_string(path).expect("a session");
    for pace in [Pace::EachCall, Pace::Seldom] {
        let mut writer = Writer::at(route);
        for (at, line) in lines.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            eprintln!("{pace:?}, {session}:{}: {line}", at + 1);
            writer.play(pace, line);
        }
    }
}

#[test]
fn word_is_corrected_when_the_space_comes_and_the_correction_can_be_taken_back() {
    play("autocorrect.txt", Route::Room(ROOM));
}

#[test]
fn emoji_of_several_people_is_written_and_deleted_as_a_whole() {
    play("emoji.txt", Route::Room(ROOM));
}

#[test]
fn japanese_is_composed_converted_and_decided() {
    play("japanese.txt", Route::Room(ROOM));
}

#[test]
fn no_half_of_an_emoji_is_left_by_a_deletion() {
    play("pairs.txt", Route::Room(ROOM));
}

#[test]
fn what_is_chosen_is_replaced_and_keys_move_the_caret() {
    play("selection.txt", Route::Room(ROOM));
}

#[test]
fn keyboard_has_its_own_menu_to_copy_cut_and_paste() {
    play("clipboard.txt", Route::Room(ROOM));
}

#[test]
fn message_is_sent_from_the_keyboard_and_the_next_one_begins_empty() {
    play("action.txt", Route::Room(ROOM));
}

#[test]
fn caret_moved_by_hand_ends_a_composition_and_the_keyboard_goes_on_there() {
    play("caret.txt", Route::Room(ROOM));
}

#[test]
fn letter_typed_while_the_message_is_sent_is_not_put_into_the_next_one() {
    play("soon.txt", Route::Room(ROOM));
    play("late.txt", Route::Room(ROOM));
}

#[test]
fn single_line_stays_one_and_enter_does_what_it_is_for() {
    play("line.txt", Route::NewRoom);
}

#[test]
fn keyboard_comes_with_a_field_goes_with_it_and_comes_again_where_one_touches() {
    let mut writer = Writer::at(Route::Room(ROOM));
    assert!(is_shown());

    act("putAway");
    writer.settle();
    assert!(!is_shown(), "the person does not want it");
    writer.touch(writer.label);
    assert!(is_shown());
    let ime = &writer.phone.harness.output().platform_output.ime;
    assert!(ime.is_none(), "the window is to show no keyboard of its own: {ime:?}");

    writer.phone.back();
    writer.settle();
    assert!(!is_shown());
    assert_eq!(call("commitText", "a", 1, 0), "no field");
}

#[test]
fn keyboard_is_not_put_away_on_the_way_from_one_field_to_the_next() {
    let mut writer = Writer::before(Route::Servers, "User name");
    writer.touch("Add TURN server");
    assert!(is_shown(), "its address is asked for at once");
    let hidden = ask("hides");
    for (label, word) in [("User name", "Ada"), ("Password for it", "secret")] {
        writer.touch(label);
        call("commitText", word, 1, 0);
        writer.settle();
        assert!(is_shown());
    }

    assert_eq!(ask("hides"), hidden);
    assert_eq!(writer.text(), "Ada");
    // A password: not corrected, and not kept by the keyboard.
    assert_eq!(ask("info"), "81 12000006");
    assert_eq!(writer.believed(), "secret");
}

/// See Android's `InputType` and `EditorInfo`.
#[test]
fn keyboard_is_told_what_a_field_is_for() {
    // Text, corrected, with capitals, in several lines; it can be sent, Enter begins a line; never in full screen.
    let _message = Writer::at(Route::Room(ROOM));
    assert_eq!(ask("info"), "2c001 52000004");
    // The same in one line, which Enter ends.
    let _line = Writer::at(Route::NewRoom);
    assert_eq!(ask("info"), "c001 12000006");
}

#[test]
fn keyboard_that_wants_to_see_the_whole_text_is_told_of_each_change() {
    let mut writer = Writer::at(Route::Room(ROOM));
    call("commitText", "one", 1, 0);
    call("getExtractedText", "", 1, 0);
    call("commitText", " two", 1, 0);
    assert_eq!(ask("extracted"), "one two");
    writer.settle();
    assert_eq!(writer.text(), "one two");
}

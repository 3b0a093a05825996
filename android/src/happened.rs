//! What `Services` in Java tells: what the person allows, what the camera sees, and what became of what was asked. It does
//! so on threads of its own, while the app draws on another.
#![allow(unsafe_code)] // names that Java looks for, and pixels that it holds

use std::{
    collections::VecDeque,
    path::PathBuf,
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::{
    host::{HostNews, Permission, PermissionState},
    scan::Feed,
};
use engine::{Invite, PersonCode, RoomId};
use jni::{
    Env, EnvUnowned,
    errors::LogErrorAndDefault,
    objects::{JByteBuffer, JClass, JString},
    sys::{jboolean, jint},
};

use crate::{bluetooth, camera};

/// News that may wait for the window: nobody does as much.
const MAX_NEWS: usize = 64;

/// What Java has told since the process began.
static HAPPENED: Mutex<Happened> = Mutex::new(Happened {
    permissions: [PermissionState::NotAsked; Permission::ALL.len()],
    news: VecDeque::new(),
    scan: 0,
    feed: None,
    wake: None,
});

struct Happened {
    permissions: [PermissionState; Permission::ALL.len()],
    news: VecDeque<HostNews>,
    /// The number of the newest scan.
    scan: i32,
    /// Where the camera's pictures go while a code is looked for.
    feed: Option<Feed>,
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Happened {
    fn lock() -> MutexGuard<'static, Self> {
        HAPPENED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is new, and what wakes the app: to be called when nothing is locked.
    fn tell(news: HostNews) {
        let mut happened = Self::lock();
        if happened.news.len() < MAX_NEWS {
            happened.news.push_back(news);
        }
        drop(happened);
        Self::wake();
    }

    fn wake() {
        let wake = Self::lock().wake.clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    fn feed(scan: i32) -> Option<Feed> {
        let happened = Self::lock();
        happened.feed.clone().filter(|feed| happened.scan == scan && !feed.is_closed())
    }
}

/// Has `wake` called whenever Java tells something, from any thread.
pub fn wakes(wake: impl Fn() + Send + Sync + 'static) {
    Happened::lock().wake = Some(Arc::new(wake));
}

/// The next thing that happened, as far as there is one.
pub fn next() -> Option<HostNews> {
    Happened::lock().news.pop_front()
}

/// What the person said of this.
pub fn permission(of: Permission) -> PermissionState {
    let known = usize::try_from(number(of)).ok();
    let state = known.and_then(|index| Happened::lock().permissions.get(index).copied());
    state.unwrap_or(PermissionState::NotAsked)
}

/// The number by which `Permissions` in Java knows it.
pub(crate) fn number(of: Permission) -> i32 {
    match of {
        Permission::Camera => 0,
        Permission::Nearby => 1,
        Permission::Notifications => 2,
        Permission::Wifi => 3,
    }
}

/// A number for a scan that begins.
pub(crate) fn next_scan() -> i32 {
    let mut happened = Happened::lock();
    happened.scan = happened.scan.wrapping_add(1).max(1);
    happened.feed = None;
    happened.scan
}

/// The camera's pictures for that scan go there.
pub(crate) fn follow_scan(scan: i32, feed: Feed) {
    let mut happened = Happened::lock();
    if happened.scan == scan {
        happened.feed = Some(feed);
    }
}

/// The code of ours in a text that another app shares.
fn code_in(text: &str) -> Option<&str> {
    let is_end = |c: char| c.is_whitespace() || "\"'<>(),;".contains(c);
    let words = text.split(is_end).map(|word| word.trim_matches('.'));
    words.into_iter().find(|word| Invite::parse(word).is_ok() || PersonCode::parse(word).is_ok())
}

/// Reads texts of Java's and tells what they say.
fn hear<'a, const N: usize>(
    env: &mut EnvUnowned<'a>,
    texts: [&JString<'a>; N],
    news: impl FnOnce([String; N]) -> Option<HostNews>,
) {
    let outcome = env.with_env(|env| {
        let mut read = [const { String::new() }; N];
        for (into, text) in read.iter_mut().zip(texts) {
            *into = text.try_to_string(env)?;
        }
        if let Some(news) = news(read) {
            Happened::tell(news);
        }
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `Services` with what the person said of a permission.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onPermission(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    permission: jint,
    state: jint,
) {
    let state = match state {
        0 => PermissionState::Granted,
        1 => PermissionState::NotAsked,
        2 => PermissionState::Refused,
        _ => PermissionState::RefusedForGood,
    };
    let index = usize::try_from(permission).ok();
    if let Some(known) = Happened::lock().permissions.get_mut(index.unwrap_or(usize::MAX)) {
        *known = state;
    }
    // It may be what a radio waits for.
    bluetooth::look_again();
    Happened::wake();
}

/// Called by `Services` with what the camera sees; whether it is to go on.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onFrame<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    scan: jint,
    luma: JByteBuffer<'a>,
    width: jint,
    height: jint,
    stride: jint,
    turn: jint,
) -> jboolean {
    let outcome = env.with_env(|env| {
        let Some(feed) = Happened::feed(scan) else { return jni::errors::Result::Ok(false) };
        let bytes = pixels(env, &luma)?;
        let sides = [width, height, stride].map(|side| usize::try_from(side).unwrap_or_default());
        match camera::upright(bytes, sides, turn) {
            Some(luma) => feed.push_gray(luma),
            None => feed.fail(camera::sentence(i32::MAX).to_owned()),
        }
        Ok(!feed.is_closed())
    });
    outcome.resolve::<LogErrorAndDefault>()
}

/// The bytes of a buffer outside of Java's own memory, which Java leaves alone until the call has ended.
fn pixels<'a>(env: &Env<'_>, buffer: &'a JByteBuffer<'_>) -> jni::errors::Result<&'a [u8]> {
    let len = env.get_direct_buffer_capacity(buffer)?;
    let start = env.get_direct_buffer_address(buffer)?;
    // SAFETY: so many bytes are there, as Java says, and `Camera` lets go of them only after the call it holds them for.
    Ok(unsafe { slice::from_raw_parts(start, len) })
}

/// Called by `Services` when the camera shows nothing more for a scan.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onCameraProblem(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    scan: jint,
    why: jint,
) {
    if let Some(feed) = Happened::feed(scan) {
        feed.fail(camera::sentence(why).to_owned());
    }
}

/// Called by `Services` when the person has chosen a picture, with where a copy of it lies.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onPicture<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    path: JString<'a>,
) {
    hear(&mut env, [&path], |[path]| Some(HostNews::Picture(PathBuf::from(path))));
}

/// Called by `Services` when a picture was kept.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onSaved<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    name: JString<'a>,
) {
    hear(&mut env, [&name], |[name]| Some(HostNews::Saved(PathBuf::from(name))));
}

/// Called by `Services` when something did not work.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onFailed<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    why: JString<'a>,
) {
    hear(&mut env, [&why], |[why]| Some(HostNews::Failed(why)));
}

/// Called by `Services` when the person has chosen what was told of a room.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onOpened<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    room: JString<'a>,
) {
    hear(&mut env, [&room], |[room]| RoomId::parse(&room).map(HostNews::Opened));
}

/// Called by `Services` when the person has answered what was told of a room.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onReply<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    room: JString<'a>,
    text: JString<'a>,
) {
    hear(&mut env, [&room, &text], |[room, text]| {
        RoomId::parse(&room).map(|room| HostNews::Reply(room, text))
    });
}

/// Called by `Services` when another app shares a text with this one.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Services_onShared<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    text: JString<'a>,
) {
    hear(&mut env, [&text], |[text]| {
        Some(match code_in(&text) {
            Some(code) => HostNews::Link(code.to_owned()),
            None => HostNews::Failed("What was shared holds no invite.".to_owned()),
        })
    });
}

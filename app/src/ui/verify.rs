//! Making sure who a member is: pictures to compare, codes to scan, and what it means if they differ.

use egui::Ui;
use engine::{Command, PeerId, RoomId, SafetyEmojis};

use super::{
    action::{Action, Grave},
    layout,
    people::block_ui,
    pictures::{Grid, grid_ui},
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, Type},
    widgets::{
        badge,
        button::{self, Weight},
        card::card,
        icon::Icon,
        qr_code::qr_code,
        text,
    },
};

const MAX_SIDE: f32 = 300.0;
/// How the pictures stand: three rows of four.
const GRID: Grid = Grid { columns: 4, share: 2.1 };

/// What the screen shows on which a person makes sure who somebody is.
#[derive(Debug)]
pub struct VerifyView<'a> {
    /// The room.
    pub room: RoomId,
    /// The room's name.
    pub room_name: &'a str,
    /// Who.
    pub id: PeerId,
    /// What they are called.
    pub name: String,
    /// Whether the person made sure before.
    pub is_verified: bool,
    /// Whether the person does not want to read them.
    pub is_blocked: bool,
    /// Whether they may be about to.
    pub is_blocking: bool,
    /// The pictures, once they are worked out.
    pub emojis: Option<SafetyEmojis>,
    /// The code of this device's person, once it is there.
    pub code: Option<&'a qr::Modules>,
    /// What came of scanning theirs, if it was not theirs.
    pub verdict: Option<&'a Verdict>,
    /// Whether the person said that the pictures differ.
    pub is_different: bool,
}

/// Why a code that was scanned is not that of whom it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// "This is NOT Bea"
    pub title: String,
    /// What was found.
    pub words: String,
    /// Whether somebody may be pretending, and not only the wrong code was scanned.
    pub is_grave: bool,
}

/// What the person does there.
#[derive(Debug)]
pub struct VerifyDoing<'a> {
    /// Whether they said that the pictures differ.
    pub is_different: &'a mut bool,
    /// Whether they have read what came of scanning.
    pub has_read: &'a mut bool,
}

/// Shows how to make sure who somebody is.
pub fn verify_ui(
    ui: &mut Ui,
    view: &VerifyView<'_>,
    doing: VerifyDoing<'_>,
    actions: &mut Vec<Action>,
) {
    layout::titled_bar(ui, true, &format!("Is it really {}?", view.name), actions);
    // What went wrong has the page to itself: nobody is to overlook it further up.
    if let Some(verdict) = view.verdict {
        layout::column(ui, "verdict", |ui| {
            verdict_ui(ui, view, verdict, doing.has_read, actions);
        });
        return;
    }
    if view.is_different {
        layout::column(ui, "different", |ui| {
            different_ui(ui, view, doing.is_different, actions);
        });
        return;
    }
    layout::column(ui, "verify", |ui| {
        if view.is_verified {
            verified_ui(ui, view, actions);
            ui.add_space(SPACE_L);
        }
        compare_ui(ui, view, doing.is_different, actions);
        ui.add_space(SPACE_XL);
        scan_ui(ui, view, actions);
    });
}

fn verified_ui(ui: &mut Ui, view: &VerifyView<'_>, actions: &mut Vec<Action>) {
    card(ui, |ui| {
        ui.horizontal(|ui| {
            badge::badge(ui, Type::Body);
            text::body(ui, &format!("You made sure that this is {}.", view.name));
        });
        text::small(ui, "Only you see this sign, and only on this device.");
        ui.add_space(SPACE_XS);
        if button::fitting(ui, Weight::Plain, None, "Not sure any more").clicked() {
            actions.push(verified(view, false));
        }
    });
}

fn verified(view: &VerifyView<'_>, is_verified: bool) -> Action {
    Action::Command(Command::SetVerified { room: view.room, member: view.id, is_verified })
}

fn compare_ui(
    ui: &mut Ui,
    view: &VerifyView<'_>,
    is_different: &mut bool,
    actions: &mut Vec<Action>,
) {
    let name = &view.name;
    text::title(ui, "Compare pictures");
    text::hint(
        ui,
        &format!(
            "Ask {name} to open your card in \u{201c}{}\u{201d} and tap \u{201c}Check it is really \
             them\u{201d}. If you both see the same twelve pictures, in the same order, it is really \
             {name}.",
            view.room_name
        ),
    );
    text::hint(
        ui,
        "Do it side by side, or in a call where you know the voice. Not in this chat: whoever \
         pretends to be somebody would just say that they match.",
    );
    ui.add_space(SPACE_S);
    card(ui, |ui| match &view.emojis {
        Some(emojis) => grid_ui(ui, emojis.pictures(), GRID),
        None => _ = text::hint(ui, "Working out the pictures."),
    });
    ui.add_space(SPACE_S);
    let has_pictures = view.emojis.is_some();
    ui.add_enabled_ui(has_pictures, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE_S;
        if button::wide(ui, Weight::Primary, Some(Icon::Check), "They match").clicked() {
            actions.push(verified(view, true));
            actions.push(Action::Back);
        }
        if button::wide(ui, Weight::Danger, Some(Icon::Close), "They differ").clicked() {
            *is_different = true;
        }
    });
}

fn scan_ui(ui: &mut Ui, view: &VerifyView<'_>, actions: &mut Vec<Action>) {
    let name = &view.name;
    text::title(ui, "Or scan each other");
    text::hint(
        ui,
        &format!(
            "This is quicker when {name} is next to you. {name} scans this code from your screen, \
             and you scan theirs."
        ),
    );
    ui.add_space(SPACE_S);
    if let Some(code) = view.code {
        let side = ui.available_width().min(MAX_SIDE);
        ui.vertical_centered(|ui| {
            qr_code(ui, code, side, &format!("Your code in {}", view.room_name));
        });
    } else {
        text::hint(ui, "Preparing your code.");
    }
    ui.add_space(SPACE_S);
    if button::wide(ui, Weight::Primary, Some(Icon::Scan), "Scan their code").clicked() {
        actions.push(Action::Open(Route::ScanPerson(view.room, view.id)));
    }
    ui.add_space(SPACE_XS);
    text::small(ui, "The code lets nobody into the room. It only shows who you are.");
}

/// What it means that the pictures differ, and what to do.
fn different_ui(
    ui: &mut Ui,
    view: &VerifyView<'_>,
    is_different: &mut bool,
    actions: &mut Vec<Action>,
) {
    let name = &view.name;
    text::title(ui, "The pictures differ");
    text::body(
        ui,
        &format!(
            "Look first whether both of you are in \u{201c}{}\u{201d} and have opened the right \
             card: names that look alike have letters and digits behind them.",
            view.room_name
        ),
    );
    text::body(
        ui,
        &format!(
            "If so, and the pictures still differ, this is not the {name} you are talking to: \
             somebody uses the name. Do not trust what is written under it here, and tell {name} in \
             another way than this room."
        ),
    );
    ui.add_space(SPACE_M);
    ui.spacing_mut().item_spacing.y = SPACE_S;
    if button::wide(ui, Weight::Primary, Some(Icon::Again), "Compare again").clicked() {
        *is_different = false;
    }
    against_ui(ui, view, actions);
}

/// What it means that a code was not theirs, and what to do.
fn verdict_ui(
    ui: &mut Ui,
    view: &VerifyView<'_>,
    verdict: &Verdict,
    has_read: &mut bool,
    actions: &mut Vec<Action>,
) {
    let name = &view.name;
    if verdict.is_grave {
        text::problem_title(ui, &verdict.title);
    } else {
        text::title(ui, &verdict.title);
    }
    text::body(ui, &verdict.words);
    if verdict.is_grave {
        text::body(
            ui,
            &format!(
                "If it was on the screen of {name} that you scanned it, then somebody else uses the \
                 name in this room. Do not trust what is written under it here."
            ),
        );
    }
    ui.add_space(SPACE_M);
    ui.spacing_mut().item_spacing.y = SPACE_S;
    if button::wide(ui, Weight::Primary, Some(Icon::Scan), "Scan again").clicked() {
        *has_read = true;
        actions.push(Action::Open(Route::ScanPerson(view.room, view.id)));
    }
    if button::wide(ui, Weight::Plain, None, "Compare pictures").clicked() {
        *has_read = true;
    }
    if verdict.is_grave {
        against_ui(ui, view, actions);
    }
}

/// What can be done about somebody who is not who they seem.
fn against_ui(ui: &mut Ui, view: &VerifyView<'_>, actions: &mut Vec<Action>) {
    if view.is_verified
        && button::wide(ui, Weight::Plain, None, "I am not sure any more who it is").clicked()
    {
        actions.push(verified(view, false));
    }
    let report = Route::Report(view.room, view.id);
    if button::wide(ui, Weight::Plain, Some(Icon::Flag), "Report to the admins").clicked() {
        actions.push(Action::Open(report));
    }
    let who = (view.room, view.id);
    block_ui(ui, who, &view.name, view.is_blocked, view.is_blocking, actions);
}

/// What asks for a second word before somebody is blocked.
pub(super) fn ask_block(room: RoomId, member: PeerId) -> Action {
    Action::Ask(Grave::Block(room, member))
}

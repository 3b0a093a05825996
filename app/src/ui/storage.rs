//! How much is kept on this device, and how much may be.

use egui::Ui;
use engine::Command;

use super::{
    action::Action,
    theme::{SPACE_M, SPACE_XS, palette},
    widgets::{button, meter::meter, text},
};

/// What can be chosen, in bytes.
const BOUNDS: [(u64, &str); 4] =
    [(64 << 20, "64 MB"), (256 << 20, "256 MB"), (1 << 30, "1 GB"), (4 << 30, "4 GB")];

/// What is kept, for the screen.
#[derive(Debug)]
pub struct StorageView<'a> {
    /// How many bytes at most.
    pub bound: u64,
    /// The names of rooms and what each takes, most first.
    pub rooms: Vec<(&'a str, u64)>,
    /// Whether new messages of others wait.
    pub is_full: bool,
}

/// Shows what is kept, and has the person choose how much may be.
pub(super) fn storage_ui(ui: &mut Ui, view: &StorageView<'_>, actions: &mut Vec<Action>) {
    let taken: u64 = view.rooms.iter().map(|(_, taken)| taken).sum();
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = SPACE_XS;
        text::small(ui, "Messages on this device");
        text::body(ui, &format!("{} of at most {}", size(taken), size(view.bound)));
        let share = taken as f32 / view.bound.max(1) as f32;
        let colors = palette(ui);
        meter(ui, share, if view.is_full { colors.danger } else { colors.connected });
        for (name, taken) in &view.rooms {
            text::small(ui, &format!("{name}: {}", size(*taken)));
        }
        if view.is_full {
            text::problem(
                ui,
                "There is no place left: new messages of others wait until older ones are two days old, \
                 or until you allow more.",
            );
        }
    });
    ui.add_space(SPACE_M);
    text::small(ui, "Keep at most");
    ui.horizontal_wrapped(|ui| {
        for (bytes, label) in BOUNDS {
            let is_chosen = view.bound == bytes;
            if button::choice(ui, label, is_chosen).clicked() && !is_chosen {
                actions.push(Action::Command(Command::SetBound { bytes }));
            }
        }
    });
    text::small(
        ui,
        "Of what is above, the oldest messages are removed, from this device only. Nothing younger than \
         two days goes, and none of yours before somebody else has it. To free a room\u{2019}s space \
         altogether, leave the room.",
    );
}

/// "12 MB"
fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => "less than 1 KB".to_owned(),
        1_024..1_048_576 => format!("{} KB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MB", bytes >> 20),
        _ if bytes & 0x3fff_ffff == 0 => format!("{} GB", bytes >> 30),
        _ => format!("{}.{} GB", bytes >> 30, ((bytes & 0x3fff_ffff) * 10) >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        let all = [0, 2_000, 5 << 20, 1 << 30, 3 << 29].map(size);

        assert_eq!(all, ["less than 1 KB", "1 KB", "5 MB", "1 GB", "1.5 GB"]);
    }
}

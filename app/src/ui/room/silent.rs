//! What stands where one writes, for those who may not.

use egui::{Rect, Ui, pos2, vec2};
use engine::Role;

use super::RoomView;
use crate::ui::{
    action::Action,
    composer::Used,
    layout,
    leaving::leave_ui,
    theme::{COLUMN, SPACE_M, SPACE_S, palette},
    widgets::text,
};

/// Says at the bottom of `area` why nothing can be written here, and what can be done.
pub(super) fn silent_ui(
    ui: &mut Ui,
    area: Rect,
    view: &RoomView<'_>,
    actions: &mut Vec<Action>,
) -> Used {
    let id = ui.make_persistent_id("height of what is said to the silent");
    let known: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    let height = known + 2.0 * SPACE_M;
    let rect = Rect::from_min_max(pos2(area.left(), area.bottom() - height), area.max);
    let colors = palette(ui);
    layout::fill(ui, rect, colors.surface);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, (1.0, colors.line));
    let width = (area.width() - 2.0 * (SPACE_M + SPACE_S)).min(COLUMN);
    let column = Rect::from_min_size(
        pos2(area.center().x - width / 2.0, rect.top() + SPACE_M),
        vec2(width, known),
    );
    let mut used = 0.0;
    layout::pane(ui, "silent", column.expand2(vec2(SPACE_S, SPACE_M)), |ui| {
        ui.spacing_mut().item_spacing.y = SPACE_S;
        ui.add_space(SPACE_M);
        let top = ui.cursor().top();
        let is_out = view.room.my_role() == Role::Removed;
        ui.vertical_centered(|ui| {
            text::hint(
                ui,
                if view.room.is_leaving {
                    "You are leaving this room."
                } else if is_out {
                    "You were removed from this room. You keep what you have."
                } else {
                    "You can read here; an admin has muted you."
                },
            );
        });
        if is_out {
            leave_ui(ui, &view.leaving, actions);
        }
        used = ui.min_rect().bottom() - top;
    });
    if (used - known).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(id, used));
        ui.ctx().request_discard("the height of what is said was not known");
    }
    Used { height, has_sent: false }
}

//! A QR on its own white paper.

use egui::{
    Color32, Mesh, Rect, Response, Sense, Shape, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::ui::theme;

/// Modules of white around the code: less, and some readers do not see it.
const QUIET: usize = 4;

/// Draws `modules`, `side` points across with its quiet zone, on whole pixels.
pub fn qr_code(ui: &mut Ui, modules: &qr::Modules, side: f32, label: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    ui.painter().rect_filled(rect, theme::RADIUS, theme::QR_LIGHT);
    ui.painter().add(Shape::mesh(mesh(modules, rect, ui.pixels_per_point())));
    response
}

/// The dark modules as runs, so that no seam shows between neighbors.
fn mesh(modules: &qr::Modules, rect: Rect, pixels_per_point: f32) -> Mesh {
    let across = (modules.width + 2 * QUIET) as f32;
    // Whole pixels per module: anything else blurs the edges that readers look for.
    let step = (rect.width() * pixels_per_point / across).floor().max(1.0) / pixels_per_point;
    let start = rect.center() - vec2(step, step) * modules.width as f32 / 2.0;
    let snap = |v: f32| (v * pixels_per_point).round() / pixels_per_point;
    let origin = pos2(snap(start.x), snap(start.y));
    let mut mesh = Mesh::default();
    for (y, row) in modules.dark.chunks(modules.width.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                let min = origin + vec2(x as f32, y as f32) * step;
                let size = vec2(run.len() as f32, 1.0) * step;
                mesh.add_colored_rect(Rect::from_min_size(min, size), ink());
            }
            x += run.len();
        }
    }
    mesh
}

fn ink() -> Color32 {
    theme::QR_DARK
}

//! A QR on its own white paper.

use egui::{Mesh, Rect, Response, Sense, Shape, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::ui::theme;

/// Modules of white around the code: less, and some readers do not see it.
const QUIET: usize = 4;

/// Draws `modules` with their quiet zone on whole pixels, at most `side` points across.
pub fn qr_code(ui: &mut Ui, modules: &qr::Modules, side: f32, label: &str) -> Response {
    let step = step(modules, side, ui.pixels_per_point());
    let side = step * (modules.width + 2 * QUIET) as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    ui.painter().rect_filled(rect, theme::RADIUS, theme::QR_LIGHT);
    ui.painter().add(Shape::mesh(mesh(modules, rect, step, ui.pixels_per_point())));
    response
}

/// The size of a module in points, a whole number of pixels: anything else blurs the edges that
/// readers look for.
fn step(modules: &qr::Modules, side: f32, pixels_per_point: f32) -> f32 {
    let across = (modules.width + 2 * QUIET) as f32;
    (side * pixels_per_point / across).floor().max(1.0) / pixels_per_point
}

/// The dark modules as runs, so that no seam shows between neighbors.
fn mesh(modules: &qr::Modules, rect: Rect, step: f32, pixels_per_point: f32) -> Mesh {
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
                mesh.add_colored_rect(Rect::from_min_size(min, size), theme::QR_DARK);
            }
            x += run.len();
        }
    }
    mesh
}

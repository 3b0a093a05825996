//! Line icons, drawn on a grid of 24 by 24.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

/// A sign that stands beside or instead of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Back to where one came from.
    Back,
    /// On to what is behind it.
    Next,
    /// Something new.
    Plus,
    /// Not any more.
    Close,
    /// A code to be scanned.
    Qr,
    /// A code to be found.
    Scan,
    /// Those who are here.
    People,
    /// What can be changed.
    Settings,
    /// Off it goes.
    Send,
    /// On this disk.
    Check,
    /// Making sure.
    Shield,
    /// Something the admins should know.
    Flag,
    /// With everyone.
    Checks,
    /// To the newest.
    Down,
    /// Another copy of it.
    Copy,
    /// Off to other programs.
    Share,
    /// Keep it as a file.
    Save,
    /// As large as can be.
    Expand,
    /// A picture.
    Image,
    /// This computer's screen.
    Screen,
    /// What is on the clipboard.
    Paste,
    /// How things are going inside.
    Pulse,
    /// A network without wires.
    Wifi,
    /// Away from here.
    Leave,
    /// Words.
    Chat,
    /// To be written anew.
    Edit,
    /// Helpers elsewhere.
    Server,
    /// How often.
    Chart,
    /// Not here any more.
    Trash,
    /// From the start.
    Again,
    /// What opens what is sealed.
    Key,
    /// Not to be heard.
    Mute,
    /// With more to say than others.
    Star,
}

/// How a sign is drawn: lines through points of the grid, circles, and frames.
enum Stroked {
    Line(&'static [(f32, f32)]),
    Circle(f32, f32, f32),
    Dot(f32, f32, f32),
    Frame(f32, f32, f32, f32),
}

use Stroked::{Circle, Dot, Frame, Line};

impl Icon {
    fn strokes(self) -> &'static [Stroked] {
        match self {
            Self::Back => &[Line(&[(14.5, 5.0), (7.5, 12.0), (14.5, 19.0)])],
            Self::Next => &[Line(&[(9.5, 5.0), (16.5, 12.0), (9.5, 19.0)])],
            Self::Plus => &[Line(&[(12.0, 5.0), (12.0, 19.0)]), Line(&[(5.0, 12.0), (19.0, 12.0)])],
            Self::Close => &[Line(&[(6.0, 6.0), (18.0, 18.0)]), Line(&[(18.0, 6.0), (6.0, 18.0)])],
            Self::Qr => &[
                Frame(4.0, 4.0, 10.0, 10.0),
                Frame(14.0, 4.0, 20.0, 10.0),
                Frame(4.0, 14.0, 10.0, 20.0),
                Line(&[(14.0, 14.0), (14.0, 17.0), (17.0, 17.0)]),
                Line(&[(20.0, 14.0), (20.0, 20.0), (14.5, 20.0)]),
            ],
            Self::Scan => &[
                Line(&[(4.0, 8.5), (4.0, 4.0), (8.5, 4.0)]),
                Line(&[(15.5, 4.0), (20.0, 4.0), (20.0, 8.5)]),
                Line(&[(20.0, 15.5), (20.0, 20.0), (15.5, 20.0)]),
                Line(&[(8.5, 20.0), (4.0, 20.0), (4.0, 15.5)]),
                Line(&[(4.5, 12.0), (19.5, 12.0)]),
            ],
            Self::People => &[
                Circle(9.0, 8.5, 3.2),
                Line(&[
                    (3.2, 19.0),
                    (3.9, 16.2),
                    (6.0, 14.6),
                    (9.0, 14.2),
                    (12.0, 14.6),
                    (14.1, 16.2),
                    (14.8, 19.0),
                ]),
                Line(&[(15.2, 5.8), (17.2, 6.6), (18.0, 8.5), (17.2, 10.4), (15.2, 11.2)]),
                Line(&[(17.0, 14.5), (19.4, 15.8), (20.6, 19.0)]),
            ],
            Self::Settings => &[
                Line(&[(4.0, 7.0), (12.2, 7.0)]),
                Circle(15.0, 7.0, 2.6),
                Line(&[(17.8, 7.0), (20.0, 7.0)]),
                Line(&[(4.0, 17.0), (6.2, 17.0)]),
                Circle(9.0, 17.0, 2.6),
                Line(&[(11.8, 17.0), (20.0, 17.0)]),
            ],
            Self::Send => &[
                Line(&[(12.0, 19.0), (12.0, 5.5)]),
                Line(&[(6.0, 11.0), (12.0, 5.0), (18.0, 11.0)]),
            ],
            Self::Share => &[
                Circle(17.5, 5.5, 2.6),
                Circle(6.5, 12.0, 2.6),
                Circle(17.5, 18.5, 2.6),
                Line(&[(8.8, 10.7), (15.2, 6.9)]),
                Line(&[(8.8, 13.3), (15.2, 17.1)]),
            ],
            Self::Check => &[Line(&[(5.0, 12.5), (10.0, 17.5), (19.0, 7.5)])],
            Self::Shield => &[
                Line(&[
                    (12.0, 3.5),
                    (19.5, 6.2),
                    (19.5, 11.5),
                    (17.6, 16.2),
                    (12.0, 20.5),
                    (6.4, 16.2),
                    (4.5, 11.5),
                    (4.5, 6.2),
                    (12.0, 3.5),
                ]),
                Line(&[(8.4, 11.8), (11.2, 14.6), (15.8, 9.2)]),
            ],
            Self::Flag => &[
                Line(&[(5.5, 21.0), (5.5, 4.0)]),
                Line(&[(5.5, 4.5), (18.5, 4.5), (15.5, 9.2), (18.5, 14.0), (5.5, 14.0)]),
            ],
            Self::Checks => &[
                Line(&[(1.5, 12.5), (6.5, 17.5), (15.5, 7.5)]),
                Line(&[(11.8, 16.6), (12.8, 17.5), (22.0, 7.5)]),
            ],
            Self::Down => &[Line(&[(6.0, 9.0), (12.0, 15.0), (18.0, 9.0)])],
            Self::Copy => &[
                Frame(8.5, 8.5, 20.0, 20.0),
                Line(&[(5.5, 15.5), (4.0, 15.5), (4.0, 4.0), (15.5, 4.0), (15.5, 5.5)]),
            ],
            Self::Save => &[
                Line(&[(12.0, 4.0), (12.0, 15.0)]),
                Line(&[(7.0, 10.5), (12.0, 15.5), (17.0, 10.5)]),
                Line(&[(4.5, 16.0), (4.5, 20.0), (19.5, 20.0), (19.5, 16.0)]),
            ],
            Self::Expand => &[
                Line(&[(14.0, 4.5), (19.5, 4.5), (19.5, 10.0)]),
                Line(&[(19.0, 5.0), (13.5, 10.5)]),
                Line(&[(10.0, 19.5), (4.5, 19.5), (4.5, 14.0)]),
                Line(&[(5.0, 19.0), (10.5, 13.5)]),
            ],
            Self::Image => &[
                Frame(4.0, 5.0, 20.0, 19.0),
                Circle(9.0, 10.0, 1.7),
                Line(&[(5.0, 17.5), (10.5, 13.0), (13.0, 15.2), (16.0, 12.0), (19.5, 15.5)]),
            ],
            Self::Screen => &[
                Frame(3.5, 5.0, 20.5, 16.0),
                Line(&[(12.0, 16.0), (12.0, 19.5)]),
                Line(&[(8.0, 19.8), (16.0, 19.8)]),
            ],
            Self::Paste => &[
                Line(&[
                    (8.5, 5.5),
                    (5.5, 5.5),
                    (5.5, 20.0),
                    (18.5, 20.0),
                    (18.5, 5.5),
                    (15.5, 5.5),
                ]),
                Frame(8.5, 3.8, 15.5, 7.6),
                Line(&[(8.8, 12.0), (15.2, 12.0)]),
                Line(&[(8.8, 15.8), (13.2, 15.8)]),
            ],
            Self::Pulse => &[Line(&[
                (3.0, 12.5),
                (7.0, 12.5),
                (9.8, 6.0),
                (14.0, 18.5),
                (16.6, 12.5),
                (21.0, 12.5),
            ])],
            Self::Wifi => &[
                Line(&[
                    (8.5, 15.2),
                    (9.5, 14.4),
                    (10.7, 13.8),
                    (12.0, 13.6),
                    (13.3, 13.8),
                    (14.5, 14.4),
                    (15.5, 15.2),
                ]),
                Line(&[
                    (5.3, 12.5),
                    (7.2, 10.8),
                    (9.5, 9.8),
                    (12.0, 9.4),
                    (14.5, 9.8),
                    (16.8, 10.8),
                    (18.7, 12.5),
                ]),
                Line(&[
                    (2.0, 9.8),
                    (4.9, 7.3),
                    (8.3, 5.7),
                    (12.0, 5.2),
                    (15.7, 5.7),
                    (19.1, 7.3),
                    (22.0, 9.8),
                ]),
                Dot(12.0, 18.2, 1.3),
            ],
            Self::Leave => &[
                Line(&[(13.5, 4.5), (5.0, 4.5), (5.0, 19.5), (13.5, 19.5)]),
                Line(&[(10.0, 12.0), (20.0, 12.0)]),
                Line(&[(16.0, 8.0), (20.0, 12.0), (16.0, 16.0)]),
            ],
            Self::Edit => &[
                Line(&[
                    (4.5, 19.5),
                    (5.6, 15.2),
                    (15.8, 5.0),
                    (19.0, 8.2),
                    (8.8, 18.4),
                    (4.5, 19.5),
                ]),
                Line(&[(13.4, 7.4), (16.6, 10.6)]),
            ],
            Self::Server => &[
                Frame(4.0, 4.5, 20.0, 10.5),
                Frame(4.0, 13.5, 20.0, 19.5),
                Dot(7.6, 7.5, 1.1),
                Dot(7.6, 16.5, 1.1),
            ],
            Self::Chart => &[
                Line(&[(5.5, 13.0), (5.5, 19.5)]),
                Line(&[(12.0, 4.5), (12.0, 19.5)]),
                Line(&[(18.5, 9.0), (18.5, 19.5)]),
            ],
            Self::Trash => &[
                Line(&[(4.5, 7.0), (19.5, 7.0)]),
                Line(&[(9.0, 7.0), (9.6, 4.2), (14.4, 4.2), (15.0, 7.0)]),
                Line(&[(6.5, 7.0), (7.4, 20.0), (16.6, 20.0), (17.5, 7.0)]),
            ],
            Self::Again => &[
                Line(&[
                    (18.9, 9.0),
                    (16.9, 6.4),
                    (14.0, 5.0),
                    (10.6, 5.0),
                    (7.5, 6.6),
                    (5.4, 9.4),
                    (5.0, 12.8),
                    (6.4, 16.2),
                    (9.2, 18.4),
                    (12.6, 19.0),
                    (15.8, 18.0),
                    (18.2, 15.6),
                ]),
                Line(&[(19.6, 4.2), (19.2, 9.4), (14.2, 9.2)]),
            ],
            Self::Key => &[
                Circle(8.0, 15.5, 3.8),
                Line(&[(10.8, 12.8), (19.5, 4.5)]),
                Line(&[(16.2, 7.6), (19.2, 10.6)]),
                Line(&[(13.4, 10.4), (15.4, 12.4)]),
            ],
            Self::Mute => &[Circle(12.0, 12.0, 8.0), Line(&[(6.4, 6.4), (17.6, 17.6)])],
            Self::Star => &[Line(&[
                (12.0, 3.8),
                (14.5, 9.2),
                (20.4, 9.9),
                (16.0, 13.9),
                (17.2, 19.7),
                (12.0, 16.8),
                (6.8, 19.7),
                (8.0, 13.9),
                (3.6, 9.9),
                (9.5, 9.2),
                (12.0, 3.8),
            ])],
            Self::Chat => &[
                Line(&[
                    (6.0, 5.0),
                    (18.0, 5.0),
                    (20.0, 7.0),
                    (20.0, 14.5),
                    (18.0, 16.5),
                    (11.0, 16.5),
                    (7.0, 20.0),
                    (7.0, 16.5),
                    (6.0, 16.5),
                    (4.0, 14.5),
                    (4.0, 7.0),
                    (6.0, 5.0),
                ]),
                Dot(8.7, 10.8, 1.1),
                Dot(12.0, 10.8, 1.1),
                Dot(15.3, 10.8, 1.1),
            ],
        }
    }

    /// Draws the sign into the middle of `rect`, as large as fits.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let side = rect.width().min(rect.height());
        let origin = rect.center() - vec2(side, side) / 2.0;
        let unit = side / 24.0;
        let stroke = Stroke::new((unit * 1.8).max(1.3), color);
        let at = |x: f32, y: f32| -> Pos2 { pos2(origin.x + x * unit, origin.y + y * unit) };
        for stroked in self.strokes() {
            match stroked {
                Line(points) => {
                    let points: Vec<Pos2> = points.iter().map(|&(x, y)| at(x, y)).collect();
                    // Round ends: a line icon with butt ends looks broken where lines meet.
                    for end in [points.first(), points.last()].into_iter().flatten() {
                        painter.circle_filled(*end, stroke.width / 2.0, color);
                    }
                    painter.add(Shape::line(points, stroke));
                }
                Circle(x, y, radius) => {
                    painter.circle_stroke(at(*x, *y), radius * unit, stroke);
                }
                Dot(x, y, radius) => {
                    painter.circle_filled(at(*x, *y), radius * unit, color);
                }
                Frame(x0, y0, x1, y1) => {
                    let rect = Rect::from_min_max(at(*x0, *y0), at(*x1, *y1));
                    painter.rect_stroke(rect, 1.5 * unit, stroke, StrokeKind::Middle);
                }
            }
        }
    }
}

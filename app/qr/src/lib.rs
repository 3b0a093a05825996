//! QR codes: [`draw()`] makes one out of a text, a [`Reader`] finds the texts of those in a picture.
//!
//! It knows no camera, no screen and no file: pictures come in and go out as [`Luma`], one byte a pixel. It starts no
//! thread and touches nothing outside its arguments.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let picture = qr::draw("FESTIVAL:ABCD")?.luma(4, qr::QUIET_ZONE);
//! let text = qr::Reader::new(qr::Effort::Photo).read(picture.view());
//! assert_eq!(text.as_deref(), Some("FESTIVAL:ABCD"));
//! # Ok(())
//! # }
//! ```

mod draw;
mod engine;
mod equalize;
mod filter;
mod finders;
mod fit;
mod geometry;
mod luma;
mod plan;
mod reader;
mod search;
mod template;
mod threshold;
mod triples;

pub use draw::{DrawError, Modules, QUIET_ZONE, Style, draw};
pub use luma::{Luma, LumaError, LumaView, MAX_PIXELS, MAX_SIDE};
pub use reader::{Effort, Reader};

//! What keeps a scan from seeing, in sentences for the person who scans.

/// Why nothing can be seen, and what to do about it: its text is a sentence to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The computer has none.
    #[error("No camera was found. Plug one in, or drop a picture of the code here.")]
    NoCamera,
    /// Another program holds it.
    #[error(
        "The camera is used by another program. Close that program (a call, a browser tab), then try again."
    )]
    Busy,
    /// The system does not let us.
    #[error("{}", DENIED)]
    Denied,
    /// It was opened but shows nothing.
    #[error(
        "The camera gives no picture. Open its shutter, plug it in again, or choose another camera."
    )]
    Silent,
    /// It stopped in the middle.
    #[error("The camera was unplugged. Plug it in and try again.")]
    Unplugged,
    /// It failed in a way only an expert understands; what the system says is inside.
    #[error(
        "The camera does not work ({0}). Choose another one, or drop a picture of the code here."
    )]
    Broken(String),
    /// The camera of a phone shows nothing, for this reason.
    #[error("{0}")]
    Told(String),
    /// The file cannot be opened; what the system says is inside.
    #[error("The file cannot be read ({0}).")]
    Unreadable(String),
    /// The bytes are no picture we know.
    #[error("This is not a picture that can be opened. Use PNG, JPEG, WebP, GIF or BMP.")]
    NotAPicture,
    /// Too many pixels.
    #[error("The picture is too large. Cut out the part with the code.")]
    TooLarge,
    /// A picture without a code, as far as we can see.
    #[error("No code could be read in this picture. Try a sharper or closer one.")]
    NothingFound,
    /// Nothing to paste.
    #[error("There is no picture on the clipboard. Copy a screenshot of the code first.")]
    EmptyClipboard,
    /// The screen cannot be looked at here.
    #[error(
        "This system does not let programs see the screen. Take a screenshot of the code and paste it here."
    )]
    NoScreen,
}

#[cfg(target_os = "linux")]
const DENIED: &str = "The camera may not be used. Add yourself to the group \"video\" (sudo usermod -aG video $USER), \
                      log in again, then try again.";
#[cfg(target_os = "macos")]
const DENIED: &str = "The camera may not be used. Allow it in System Settings, Privacy & Security, Camera, then try \
                      again.";
#[cfg(target_os = "windows")]
const DENIED: &str = "The camera may not be used. Allow it in Settings, Privacy & security, Camera (also for desktop \
                      apps), then try again.";
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
const DENIED: &str =
    "The camera may not be used. Allow it in the settings of your device, then try again.";

//! The conditions, by name.

/// One way for a picture to be bad. Angles in degrees, lengths in pixels of the picture, brightness from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// What reports call it.
    pub name: &'static str,
    /// Whether at least 99 of 100 such pictures must be read.
    pub must: bool,
    /// Pixels of a module, seen straight on.
    pub ppm: f32,
    /// How far the code is turned away from the camera.
    pub skew: f32,
    /// Turned in the picture by any angle; else by up to 8 degrees.
    pub turned: bool,
    /// Deviation of the Gaussian blur.
    pub blur: f32,
    /// Length of the motion blur.
    pub motion: f32,
    /// Deviation of the noise.
    pub noise: f32,
    /// Brightness of dark and light modules.
    pub tones: (f32, f32),
    /// Dark and light exchanged.
    pub inverted: bool,
    /// Brightness lost from one side of the picture to the other, 0 to 1.
    pub gradient: f32,
    /// Brightness lost in the shadow of a hard edge across the code, 0 to 1.
    pub shadow: f32,
    /// Brightness added by a lamp's reflection on the code.
    pub glare: f32,
    /// How dark the gaps between a screen's pixels are, 0 to 1, and screen pixels of a module.
    pub screen: (f32, f32),
    /// Depth of the bands of a flickering screen, 0 to 1.
    pub bands: f32,
    /// JPEG quality; 0 for none.
    pub jpeg: u8,
    /// Radius of the cylinder the code lies on, in modules; 0 for flat.
    pub bend: f32,
    /// Share of the code under blots, 0 to 1.
    pub blots: f32,
    /// Radius of a thumb on one of the finder patterns, in modules.
    pub thumb: f32,
    /// Share of the code under a picture in its middle, 0 to 1.
    pub logo: f32,
    /// Light modules around the code.
    pub quiet: f32,
}

const BASE: Condition = Condition {
    name: "clean",
    must: false,
    ppm: 4.0,
    skew: 0.0,
    turned: false,
    blur: 0.0,
    motion: 0.0,
    noise: 2.0,
    tones: (20.0, 235.0),
    inverted: false,
    gradient: 0.0,
    shadow: 0.0,
    glare: 0.0,
    screen: (0.0, 0.0),
    bands: 0.0,
    jpeg: 0,
    bend: 0.0,
    blots: 0.0,
    thumb: 0.0,
    logo: 0.0,
    quiet: 4.0,
};

const MUST: Condition = Condition { must: true, ..BASE };

/// Every condition that is measured for video and photos.
pub const CONDITIONS: &[Condition] = &[
    MUST,
    Condition { name: "ppm6", ppm: 6.0, ..MUST },
    Condition { name: "ppm3", ppm: 3.0, ..MUST },
    Condition { name: "ppm2.5", ppm: 2.5, ..BASE },
    Condition { name: "ppm2", ppm: 2.0, ..BASE },
    Condition { name: "ppm1.5", ppm: 1.5, ..BASE },
    Condition { name: "skew15", skew: 15.0, ..MUST },
    Condition { name: "skew30", skew: 30.0, ..MUST },
    Condition { name: "skew45", skew: 45.0, ..MUST },
    Condition { name: "skew60", skew: 60.0, ..BASE },
    Condition { name: "turned", turned: true, ..MUST },
    Condition { name: "turned+skew30", turned: true, skew: 30.0, ..MUST },
    Condition { name: "ppm3+turned+skew45", ppm: 3.0, turned: true, skew: 45.0, ..MUST },
    Condition { name: "blur1", blur: 1.0, ..MUST },
    Condition { name: "blur1.5", blur: 1.5, ..MUST },
    Condition { name: "blur2", blur: 2.0, ..BASE },
    Condition { name: "blur2.5", blur: 2.5, ..BASE },
    Condition { name: "blur3", blur: 3.0, ..BASE },
    Condition { name: "motion5", motion: 5.0, ..BASE },
    Condition { name: "motion7", motion: 7.0, ..BASE },
    Condition { name: "motion9", motion: 9.0, ..BASE },
    Condition { name: "noise10", noise: 10.0, ..MUST },
    Condition { name: "noise25", noise: 25.0, ..MUST },
    Condition { name: "noise40", noise: 40.0, ..BASE },
    Condition { name: "low_contrast", tones: (105.0, 140.0), ..MUST },
    Condition { name: "inverted", inverted: true, ..MUST },
    Condition { name: "inverted+blur1+noise10", inverted: true, blur: 1.0, noise: 10.0, ..MUST },
    Condition { name: "jpeg30", jpeg: 30, ..MUST },
    Condition { name: "jpeg10", jpeg: 10, ..BASE },
    Condition { name: "gradient", gradient: 0.75, ..MUST },
    Condition { name: "shadow", shadow: 0.7, skew: 15.0, ..BASE },
    Condition { name: "glare", glare: 230.0, skew: 15.0, ..BASE },
    Condition { name: "screen", screen: (0.4, 7.3), blur: 0.6, ..BASE },
    Condition { name: "moire", screen: (0.6, 4.2), blur: 0.5, ..BASE },
    Condition { name: "moire_hard", screen: (0.7, 4.0), ..BASE },
    Condition { name: "bands", bands: 0.5, ..BASE },
    Condition { name: "bent", bend: 40.0, skew: 15.0, ..BASE },
    Condition { name: "bent_hard", bend: 27.0, skew: 20.0, turned: true, ..BASE },
    Condition { name: "blots", blots: 0.04, ..BASE },
    Condition { name: "logo", logo: 0.03, ..BASE },
    Condition { name: "thumb", thumb: 3.0, ..BASE },
    Condition { name: "narrow_margin", quiet: 1.0, ..BASE },
    Condition {
        name: "mild_mix",
        skew: 20.0,
        turned: true,
        blur: 0.8,
        noise: 8.0,
        gradient: 0.4,
        jpeg: 60,
        ..BASE
    },
    Condition {
        name: "hard_mix",
        skew: 30.0,
        turned: true,
        blur: 1.3,
        noise: 15.0,
        gradient: 0.6,
        tones: (60.0, 190.0),
        jpeg: 40,
        ..BASE
    },
    Condition {
        name: "screen_mix",
        skew: 20.0,
        turned: true,
        blur: 0.8,
        noise: 8.0,
        glare: 120.0,
        bands: 0.2,
        screen: (0.4, 5.1),
        ..BASE
    },
];

/// Photos of [`PHOTO`](crate::PHOTO) size, too large for video.
pub const PHOTO_CONDITIONS: &[Condition] = &[
    Condition { name: "photo_far", ppm: 3.0, noise: 6.0, jpeg: 80, skew: 20.0, ..BASE },
    Condition { name: "photo_tiny", ppm: 2.2, noise: 4.0, blur: 0.6, ..BASE },
    Condition {
        name: "photo_usual",
        ppm: 14.0,
        noise: 8.0,
        blur: 2.0,
        skew: 30.0,
        turned: true,
        ..BASE
    },
    Condition { name: "photo_near", ppm: 45.0, noise: 12.0, skew: 15.0, turned: true, ..BASE },
    Condition { name: "photo_blurred", ppm: 30.0, noise: 8.0, blur: 16.0, skew: 15.0, ..BASE },
    Condition { name: "photo_shaken", ppm: 16.0, noise: 8.0, motion: 28.0, turned: true, ..BASE },
    Condition {
        name: "photo_screen",
        ppm: 12.0,
        noise: 6.0,
        screen: (0.6, 4.3),
        blur: 1.0,
        skew: 20.0,
        turned: true,
        ..BASE
    },
    Condition {
        name: "photo_dark",
        ppm: 10.0,
        noise: 9.0,
        tones: (8.0, 40.0),
        shadow: 0.5,
        ..BASE
    },
];

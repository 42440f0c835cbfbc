//! What can be done to a picture: one file an operation, in the folder of its family, and the list.
//!
//! An operation is plain data ([`Op`], which crosses to the workers), a role ([`Operation`], what it does) and an
//! entry for people ([`OpInfo`]). Flags, recipe syntax, `--help` and the README's table come from [`ALL`].
//! To add one: write its file, then its lines below and in its family's `mod.rs`.

mod asset;
mod composition;
mod detail;
mod geometry;
mod info;
mod params;
#[cfg(test)]
mod tests;
mod tone;

use std::str::FromStr;
use std::{fmt, iter, slice};

use serde::{Deserialize, Serialize};

use super::linear::{self, Linear};
use super::planar::{Plan, Scaling};
use super::point::{self, Point};
use crate::image::{Channels, Image, Layout, LimitError, Orientation, Planes, Size};
use crate::suggest;

pub use super::compose::Blend;
pub use crate::params::{ParamError, ValueError};
pub use asset::{Asset, AssetError};
pub use composition::{Font, FontError, Offset, Picture, PictureError, Words};
pub use info::{Cost, Family, OpDefaults, OpInfo, Value};

/// Makes [`Op`], [`ALL`] and [`FAMILIES`] from one list of `module::Type` for each family.
macro_rules! operations {
    ($($family:ident in $folder:ident { $($module:ident::$kind:ident),* $(,)? })*) => {
        $($(pub use $folder::$module::$kind;)*)*

        /// One operation with its parameters.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Op {
            $($(#[doc = concat!("See [`", stringify!($kind), "`].")] $kind($kind)),*),*
        }

        /// Every operation, in the order of the documentation.
        pub const ALL: &[&OpInfo] = &[$($(&$folder::$module::INFO),*),*];

        /// The operations of each family, in the order of the documentation.
        pub const FAMILIES: &[(Family, &[&OpInfo])] = &[
            $((Family::$family, &[$(&$folder::$module::INFO),*])),*
        ];

        impl Op {
            fn as_operation(&self) -> &dyn Operation {
                match self { $($(Self::$kind(op) => op),*),* }
            }
        }

        $($(impl From<$kind> for Op {
            fn from(op: $kind) -> Self {
                Self::$kind(op)
            }
        })*)*
    };
}

operations! {
    Geometry in geometry {
        auto_orient::AutoOrient,
        resize::Resize,
        crop::Crop,
        shave::Shave,
        extend::Extend,
        border::Border,
        round::Round,
        rotate::Rotate,
        straighten::Straighten,
        deskew::Deskew,
        shear::Shear,
        affine::Affine,
        trim::Trim,
        flip::Flip,
        flop::Flop,
    }
    Tone in tone {
        brightness::Brightness,
        contrast::Contrast,
        exposure::Exposure,
        gamma::Gamma,
        levels::Levels,
        curves::Curves,
        auto_level::AutoLevel,
        normalize::Normalize,
        equalize::Equalize,
        clahe::Clahe,
        white_balance::WhiteBalance,
        saturation::Saturation,
        vibrance::Vibrance,
        hue::Hue,
        modulate::Modulate,
        color_matrix::ColorMatrix,
        channel_mix::ChannelMix,
        grayscale::Grayscale,
        negate::Negate,
        sepia::Sepia,
        tint::Tint,
        duotone::Duotone,
        posterize::Posterize,
        quantize::Quantize,
        threshold::Threshold,
        lut::Lut,
    }
    Detail in detail {
        blur::Blur,
        box_blur::BoxBlur,
        sharpen::Sharpen,
        median::Median,
        erode::Erode,
        dilate::Dilate,
        bilateral::Bilateral,
        smooth::Smooth,
        denoise::Denoise,
        motion_blur::MotionBlur,
        high_pass::HighPass,
        convolve::Convolve,
        sobel::Sobel,
        canny::Canny,
        emboss::Emboss,
        pixelate::Pixelate,
        vignette::Vignette,
        grain::Grain,
    }
    Composition in composition {
        overlay::Overlay,
        flatten::Flatten,
        text::Text,
        frame::Frame,
    }
}

/// What an operation does. Everything it needs is in the picture and in its own parameters.
pub trait Operation {
    /// Its entry in [`ALL`].
    fn info(&self) -> &'static OpInfo;

    /// Its parameters as [`OpInfo::parse`] reads them; empty where it has none.
    fn arguments(&self) -> String {
        String::new()
    }

    /// What becomes of a layout: geometry before pixels. Most operations leave it as it is.
    ///
    /// # Errors
    /// The operation cannot be applied to such a picture.
    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        Ok(layout)
    }

    /// How the picture is turned, where that is all that is done to it.
    fn turn(&self, _layout: &Layout) -> Option<Orientation> {
        None
    }

    /// How the picture is scaled, where that is all that is done to it.
    fn scaling(&self, _size: Size) -> Option<Scaling> {
        None
    }

    /// How the picture may be scaled before it, where it does the same to what comes of that, and with less work.
    fn prescaling(&self, _size: Size) -> Option<Scaling> {
        None
    }

    /// The size that it brings the picture to before it cuts or fills up, where there is nothing else that it does.
    fn scaled(&self, _size: Size) -> Option<Size> {
        None
    }

    /// The rectangle that it cuts out of a picture of this size, by its left and top, where that is all it does.
    fn cut(&self, _size: Size) -> Option<(u32, u32, Size)> {
        None
    }

    /// Whether it only moves what is there, so that something that lies beneath a picture can be moved with it.
    fn moves(&self, layout: &Layout) -> bool {
        self.turn(layout).is_some()
    }

    /// What it does to each sample, where luma and chroma will do as well as colours: the result may differ by rounding, and
    /// where colours would be cut off at the end of their scale.
    fn linear(&self) -> Option<Linear> {
        None
    }

    /// What it does to each pixel by itself, where that is all it does: neighbours of the kind are done in one pass. Its
    /// [`Self::layout`] may turn gray into colours, and nothing else.
    fn point(&self) -> Option<Point> {
        None
    }

    /// Whether the size of its result depends on what the picture shows. Then [`Self::layout`] announces the largest.
    fn looks(&self) -> bool {
        false
    }

    /// Bytes of memory that it takes at the most, beside the picture that comes in and the one that goes out.
    fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        if self.point().is_some() {
            return point::SCRATCH;
        }
        before.bytes().max(after.bytes()).saturating_mul(2)
    }

    /// Bytes of memory that it keeps for as long as a run lasts: the files that it needs, and what it makes of them.
    fn held(&self) -> u64 {
        0
    }

    /// What becomes of a picture; its layout is the one [`Self::layout`] announced. The result depends on the picture
    /// and the parameters alone, never on the number of threads. Where [`Self::point`] says it all it is not asked.
    ///
    /// # Errors
    /// Those of [`Self::layout`].
    fn apply(&self, image: Image) -> Result<Image, OpError> {
        Ok(image)
    }
}

/// A text that is no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseOpError {
    /// No operation has that name.
    #[error("there is no operation `{name}`{}", suggest::hint(name, names()))]
    Unknown {
        /// What was written.
        name: String,
    },
    /// The operation is known, its value is wrong.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// Why an operation cannot be applied to a picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The result would be too large, or empty.
    #[error("the result is not within the limits")]
    Limit(#[from] LimitError),
    /// The rectangle lies outside.
    #[error("`{arguments}` lies outside of a picture of {size}")]
    Outside {
        /// What was asked for.
        arguments: String,
        /// The picture's size.
        size: Size,
    },
    /// Nothing would be left.
    #[error("`{arguments}` leaves nothing of a picture of {size}")]
    Nothing {
        /// What was asked for.
        arguments: String,
        /// The picture's size.
        size: Size,
    },
    /// A library refused.
    #[error("{0}")]
    Library(String),
}

/// Every name that an operation goes by.
fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter()
        .flat_map(|info| iter::once(info.name).chain(info.aliases.iter().copied()))
}

impl Op {
    /// Reads the value of the operation called `name`.
    pub fn parse(name: &str, value: &str, defaults: &OpDefaults) -> Result<Self, ParseOpError> {
        let info = OpInfo::find(name).ok_or_else(|| ParseOpError::Unknown {
            name: name.to_owned(),
        })?;
        (info.parse)(value, defaults)
    }

    /// Its entry in [`ALL`].
    pub fn info(&self) -> &'static OpInfo {
        self.as_operation().info()
    }

    /// What becomes of a layout. See [`Operation::layout`].
    pub fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        self.as_operation().layout(layout)
    }

    /// How it turns a picture. See [`Operation::turn`].
    pub(super) fn turn(&self, layout: &Layout) -> Option<Orientation> {
        self.as_operation().turn(layout)
    }

    /// The rectangle that it cuts out. See [`Operation::cut`].
    pub(super) fn cut(&self, size: Size) -> Option<(u32, u32, Size)> {
        self.as_operation().cut(size)
    }

    /// Whether it only moves what is there. See [`Operation::moves`].
    pub(super) fn moves(&self, layout: &Layout) -> bool {
        self.as_operation().moves(layout)
    }

    /// How it scales a picture. See [`Operation::scaling`].
    pub(super) fn scaling(&self, size: Size) -> Option<Scaling> {
        self.as_operation().scaling(size)
    }

    /// How a picture may be scaled before it. See [`Operation::prescaling`].
    pub(super) fn prescaling(&self, size: Size) -> Option<Scaling> {
        self.as_operation().prescaling(size)
    }

    /// The size that it brings a picture to first. See [`Operation::scaled`].
    pub(super) fn scaled(&self, size: Size) -> Option<Size> {
        self.as_operation().scaled(size)
    }

    /// What it does to each pixel by itself. See [`Operation::point`].
    pub(super) fn point(&self) -> Option<Point> {
        self.as_operation().point()
    }

    /// Whether its size depends on what the picture shows. See [`Operation::looks`].
    pub(super) fn looks(&self) -> bool {
        self.as_operation().looks()
    }

    /// Bytes of memory that it takes. See [`Operation::scratch`].
    pub(super) fn scratch(&self, before: &Layout, after: &Layout) -> u64 {
        self.as_operation().scratch(before, after)
    }

    /// Bytes of memory that it keeps. See [`Operation::held`].
    pub(super) fn held(&self) -> u64 {
        self.as_operation().held()
    }

    /// What it does to each sample. See [`Operation::linear`].
    pub(super) fn linear(&self) -> Option<Linear> {
        self.as_operation().linear()
    }

    /// What becomes of a picture. See [`Operation::apply`].
    pub fn apply(&self, image: Image) -> Result<Image, OpError> {
        match self.point() {
            Some(point) => {
                let channels = self.layout(image.layout())?.channels;
                Ok(point::apply(&[point], with_channels(image, channels)))
            }
            None => self.as_operation().apply(image),
        }
    }

    /// What becomes of an upright picture as planes, whose chroma has one sample for `coarseness` pixels across and down in
    /// the end. Where nothing is turned or scaled it must have that before. `None` where the operation has to see pixels, or
    /// where [`Self::apply`] would fail.
    pub fn apply_to_planes(&self, planes: Planes, coarseness: (u32, u32)) -> Option<Planes> {
        self.layout(planes.layout()).ok()?;
        let ops = slice::from_ref(self);
        let plan = Plan::new(ops, planes.layout());
        if plan.ops == ops.len() {
            let is_possible = plan.is_possible();
            return is_possible.then(|| plan.apply(&planes, coarseness));
        }
        let (across, down) = coarseness;
        let steps = linear::steps(ops).filter(|_| across == down)?;
        let done = |planes, step: &Linear| step.apply(planes, across);
        Some(steps.iter().fold(planes, done))
    }
}

/// What becomes of a picture by all of these, one after the other. Neighbours that look at one pixel at a time look at it
/// together; between them nothing is rounded.
///
/// # Errors
/// The operation that could not be applied, and why.
pub(super) fn apply_all(mut ops: &[Op], mut image: Image) -> Result<Image, (&Op, OpError)> {
    while let Some(op) = ops.first() {
        let points = fusible(ops, image.layout());
        let done = if points.is_empty() {
            image = op.apply(image).map_err(|error| (op, error))?;
            1
        } else {
            let layout = op.layout(image.layout()).map_err(|error| (op, error))?;
            image = point::apply(&points, with_channels(image, layout.channels));
            points.len()
        };
        ops = &ops[done..];
    }
    Ok(image)
}

/// What the operations at the beginning do to each pixel by itself, as many as can be done together: the first may turn gray
/// into colours.
fn fusible(ops: &[Op], before: Layout) -> Vec<Point> {
    let mut layout = None;
    let together = ops.iter().map_while(|op| {
        let point = op.point()?;
        let after = op.layout(layout.unwrap_or(before)).ok()?;
        let changes = layout.is_some_and(|layout| layout != after);
        layout = Some(after);
        (!changes).then_some(point)
    });
    together.collect()
}

fn with_channels(image: Image, channels: Channels) -> Image {
    Image {
        raster: image.raster.to_channels(channels),
        ..image
    }
}

impl fmt::Display for Op {
    /// `resize 800x600`: reads back as the same operation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, arguments) = (self.info().name, self.as_operation().arguments());
        if arguments.is_empty() {
            f.write_str(name)
        } else {
            write!(f, "{name} {arguments}")
        }
    }
}

impl FromStr for Op {
    type Err = ParseOpError;

    /// `NAME` or `NAME VALUE`, with nothing from flag twins.
    fn from_str(text: &str) -> Result<Self, ParseOpError> {
        let (name, value) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Self::parse(name, value.trim(), &OpDefaults::default())
    }
}

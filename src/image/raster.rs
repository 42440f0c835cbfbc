use super::color::{linear_to_srgb, srgb_to_linear};
use super::{Channels, Color, Depth, Size, Transfer};

/// One sample of a pixel: `u8`, `u16` or `f32`.
pub trait Sample: Copy + Default + PartialEq + PartialOrd + Send + Sync + 'static {
    /// The depth that stores it.
    const DEPTH: Depth;
    /// The value of full intensity: 255, 65535 or 1.0.
    const MAX: f32;
    /// Full intensity as a sample.
    const FULL: Self;

    /// The value on this depth's own scale, 0 to [`Self::MAX`].
    fn to_f32(self) -> f32;

    /// The sum of two values on that scale.
    fn sum(self, other: Self) -> f32;

    /// The nearest sample to a value on this depth's own scale, ties to even. Integers saturate; floats keep what lies outside.
    fn from_f32(value: f32) -> Self;
}

/// The whole number nearest to a value between 0 and `max`, in the low 16 bits.
///
/// From 2^23 on a float has no bits for fractions: adding that much rounds, and leaves the number at the end of the
/// mantissa. Unlike a cast, all of this is done on whole vectors.
fn nearest(value: f32, max: f32) -> u32 {
    const FRACTIONLESS: f32 = 8_388_608.0;
    (value.clamp(0.0, max) + FRACTIONLESS).to_bits()
}

/// Integers hold every value on their scale, and nothing else.
macro_rules! integer_sample {
    ($integer:ty, $depth:expr, $max:expr) => {
        impl Sample for $integer {
            const DEPTH: Depth = $depth;
            const MAX: f32 = $max;
            const FULL: Self = Self::MAX;

            fn to_f32(self) -> f32 {
                f32::from(self)
            }

            fn sum(self, other: Self) -> f32 {
                // Cheaper than to convert both, and as exact.
                #[expect(clippy::cast_precision_loss, reason = "17 bits at the most")]
                let sum = (i32::from(self) + i32::from(other)) as f32;
                sum
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "the upper bits are not part of the number"
            )]
            fn from_f32(value: f32) -> Self {
                nearest(value, <Self as Sample>::MAX) as Self
            }
        }
    };
}

integer_sample!(u8, Depth::U8, 255.0);
integer_sample!(u16, Depth::U16, 65535.0);

impl Sample for f32 {
    const DEPTH: Depth = Depth::F32;
    const MAX: f32 = 1.0;
    const FULL: Self = 1.0;

    fn to_f32(self) -> f32 {
        self
    }

    fn sum(self, other: Self) -> f32 {
        self + other
    }

    fn from_f32(value: f32) -> Self {
        value
    }
}

/// The samples of a picture, row after row without padding, channels interleaved.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// 8 bits each.
    U8(Vec<u8>),
    /// 16 bits each, native byte order.
    U16(Vec<u16>),
    /// 32-bit floats.
    F32(Vec<f32>),
}

/// Runs one generic expression on whichever samples there are.
///
/// `with_samples!(&raster.samples, |samples| samples.len())`
macro_rules! with_samples {
    ($samples:expr, |$name:ident| $body:expr) => {
        match $samples {
            $crate::image::Samples::U8($name) => $body,
            $crate::image::Samples::U16($name) => $body,
            $crate::image::Samples::F32($name) => $body,
        }
    };
}
pub(crate) use with_samples;

impl Samples {
    /// How many samples.
    pub fn len(&self) -> usize {
        with_samples!(self, |samples| samples.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How they are stored.
    pub fn depth(&self) -> Depth {
        match self {
            Self::U8(_) => Depth::U8,
            Self::U16(_) => Depth::U16,
            Self::F32(_) => Depth::F32,
        }
    }
}

impl From<Vec<u8>> for Samples {
    fn from(samples: Vec<u8>) -> Self {
        Self::U8(samples)
    }
}

impl From<Vec<u16>> for Samples {
    fn from(samples: Vec<u16>) -> Self {
        Self::U16(samples)
    }
}

impl From<Vec<f32>> for Samples {
    fn from(samples: Vec<f32>) -> Self {
        Self::F32(samples)
    }
}

/// Samples that do not fill the size they come with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{samples} samples do not make a picture of {size} with {} channels", channels.count())]
pub struct RasterError {
    samples: usize,
    size: Size,
    channels: Channels,
}

/// A rectangle of pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    size: Size,
    channels: Channels,
    samples: Samples,
}

impl Raster {
    /// A raster of the given samples.
    ///
    /// # Errors
    /// Their number is not width x height x channels, or is zero.
    pub fn new(
        size: Size,
        channels: Channels,
        samples: impl Into<Samples>,
    ) -> Result<Self, RasterError> {
        let samples = samples.into();
        let wanted = size.pixels().checked_mul(channels.count() as u64);
        if wanted != Some(samples.len() as u64) || samples.is_empty() {
            return Err(RasterError {
                samples: samples.len(),
                size,
                channels,
            });
        }
        Ok(Self {
            size,
            channels,
            samples,
        })
    }

    /// A raster of one colour. `color` is converted to the transfer and channels asked for.
    pub fn filled(
        size: Size,
        channels: Channels,
        depth: Depth,
        transfer: Transfer,
        color: Color,
    ) -> Self {
        fn fill<S: Sample>(size: Size, pixel: &[f32]) -> Vec<S> {
            let pixel: Vec<S> = pixel
                .iter()
                .map(|part| S::from_f32(part * S::MAX))
                .collect();
            pixel.repeat(usize::try_from(size.pixels()).unwrap_or(usize::MAX))
        }
        let color = color.in_transfer(transfer);
        let pixel = pixel_of(color, channels);
        let samples = match depth {
            Depth::U8 => Samples::U8(fill(size, &pixel)),
            Depth::U16 => Samples::U16(fill(size, &pixel)),
            Depth::F32 => Samples::F32(fill(size, &pixel)),
        };
        Self {
            size,
            channels,
            samples,
        }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Width as an index.
    pub fn width(&self) -> usize {
        self.size.width as usize
    }

    /// Height as an index.
    pub fn height(&self) -> usize {
        self.size.height as usize
    }

    /// Samples of a pixel.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Storage of a sample.
    pub fn depth(&self) -> Depth {
        self.samples.depth()
    }

    /// Samples in a row.
    pub fn row_len(&self) -> usize {
        self.width() * self.channels.count()
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples, to be changed in place.
    pub fn samples_mut(&mut self) -> &mut Samples {
        &mut self.samples
    }

    /// Takes the samples out.
    pub fn into_samples(self) -> Samples {
        self.samples
    }

    /// The same picture with other channels. Gray is Rec. 709 luma of the encoded values; added alpha is opaque;
    /// removed alpha is simply dropped (see [`Self::flatten`] for what people expect).
    #[must_use]
    pub fn to_channels(self, channels: Channels) -> Self {
        if channels == self.channels {
            return self;
        }
        let from = self.channels;
        let samples = with_samples!(&self.samples, |samples| Samples::from(rechannel(
            samples, from, channels
        )));
        Self {
            channels,
            samples,
            ..self
        }
    }

    /// The same picture at another depth, values scaled from full range to full range. Floats from integers keep the
    /// transfer they have: turning sRGB into linear light is [`Self::to_transfer`]'s work.
    #[must_use]
    pub fn to_depth(self, depth: Depth) -> Self {
        fn convert<A: Sample, B: Sample>(samples: &[A]) -> Vec<B> {
            let scale = B::MAX / A::MAX;
            samples
                .iter()
                .map(|s| B::from_f32(s.to_f32() * scale))
                .collect()
        }
        if depth == self.depth() {
            return self;
        }
        let samples = with_samples!(&self.samples, |samples| match depth {
            Depth::U8 => Samples::U8(convert(samples)),
            Depth::U16 => Samples::U16(convert(samples)),
            Depth::F32 => Samples::F32(convert(samples)),
        });
        Self { samples, ..self }
    }

    /// Turns colour samples from one transfer into another; alpha is left alone. Meant for float rasters: integers
    /// lose shades.
    #[must_use]
    pub fn to_transfer(mut self, from: Transfer, to: Transfer) -> Self {
        fn convert<S: Sample>(samples: &mut [S], channels: Channels, curve: fn(f32) -> f32) {
            for pixel in samples.chunks_exact_mut(channels.count()) {
                for sample in &mut pixel[..channels.colors()] {
                    *sample = S::from_f32(curve(sample.to_f32() / S::MAX) * S::MAX);
                }
            }
        }
        let curve = match (from, to) {
            (Transfer::Srgb, Transfer::Srgb) | (Transfer::Linear, Transfer::Linear) => return self,
            (Transfer::Srgb, Transfer::Linear) => srgb_to_linear,
            (Transfer::Linear, Transfer::Srgb) => linear_to_srgb,
        };
        let channels = self.channels;
        with_samples!(&mut self.samples, |samples| convert(
            samples, channels, curve
        ));
        self
    }

    /// Removes alpha by laying the picture over an opaque background.
    #[must_use]
    pub fn flatten(mut self, background: Color, transfer: Transfer) -> Self {
        /// Where the samples are: what is left of a pixel never ends behind what it was made of.
        fn blend<S: Sample, const N: usize>(samples: &mut Vec<S>, background: &[f32]) {
            let (pixels, colors) = (samples.len() / N, N - 1);
            for at in 0..pixels {
                let Some(mut pixel) = samples[at * N..].first_chunk::<N>().copied() else {
                    break;
                };
                let alpha = pixel[colors].to_f32() / S::MAX;
                for (sample, back) in pixel[..colors].iter_mut().zip(background) {
                    *sample = S::from_f32(sample.to_f32() * alpha + back * S::MAX * (1.0 - alpha));
                }
                samples[at * colors..][..colors].copy_from_slice(&pixel[..colors]);
            }
            samples.truncate(pixels * colors);
            samples.shrink_to_fit();
        }
        let background = pixel_of(background.in_transfer(transfer), self.channels);
        with_samples!(&mut self.samples, |samples| match self.channels {
            Channels::Gray | Channels::Rgb => return self,
            Channels::GrayAlpha => blend::<_, 2>(samples, &background),
            Channels::Rgba => blend::<_, 4>(samples, &background),
        });
        self.channels = self.channels.with_alpha(false);
        self
    }
}

/// The parts of a colour in the order in which a pixel holds them.
pub(crate) fn pixel_of(color: Color, channels: Channels) -> Vec<f32> {
    match channels {
        Channels::Gray => vec![color.luma()],
        Channels::GrayAlpha => vec![color.luma(), color.alpha],
        Channels::Rgb => vec![color.red, color.green, color.blue],
        Channels::Rgba => vec![color.red, color.green, color.blue, color.alpha],
    }
}

fn rechannel<S: Sample>(samples: &[S], from: Channels, to: Channels) -> Vec<S> {
    let pixels = samples.len() / from.count();
    let mut out = Vec::with_capacity(pixels * to.count());
    for pixel in samples.chunks_exact(from.count()) {
        match (from.is_gray(), to.is_gray()) {
            (true, true) => out.push(pixel[0]),
            (true, false) => out.extend([pixel[0]; 3]),
            (false, false) => out.extend_from_slice(&pixel[..3]),
            (false, true) => out.push(luma(pixel)),
        }
        if to.has_alpha() {
            out.push(if from.has_alpha() {
                pixel[from.colors()]
            } else {
                S::FULL
            });
        }
    }
    out
}

/// Rec. 709 luma of one RGB pixel; exact where the three are equal.
fn luma<S: Sample>(pixel: &[S]) -> S {
    if pixel[0] == pixel[1] && pixel[1] == pixel[2] {
        return pixel[0];
    }
    let color = Color {
        red: pixel[0].to_f32(),
        green: pixel[1].to_f32(),
        blue: pixel[2].to_f32(),
        alpha: 1.0,
    };
    S::from_f32(color.luma())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(channels: Channels, samples: Vec<u8>) -> Raster {
        let pixels = u32::try_from(samples.len() / channels.count()).unwrap();
        Raster::new(Size::new(pixels, 1), channels, samples).unwrap()
    }

    #[test]
    fn samples_must_fill_the_size() {
        assert!(Raster::new(Size::new(2, 2), Channels::Rgb, vec![0_u8; 11]).is_err());
        assert!(Raster::new(Size::new(0, 2), Channels::Rgb, Vec::<u8>::new()).is_err());
    }

    #[test]
    fn samples_are_the_nearest_and_saturate() {
        let values = [-3.0, f32::NAN, 0.4, 0.6, 254.4, 254.6, 300.0, f32::INFINITY];
        assert_eq!(values.map(u8::from_f32), [0, 0, 0, 1, 254, 255, 255, 255]);
        let values = [-3.0, f32::NAN, 0.6, 65534.4, 65534.6, 7e4];
        assert_eq!(values.map(u16::from_f32), [0, 0, 1, 65534, 65535, 65535]);
        for value in 0..=u16::MAX {
            assert_eq!(u16::from_f32(value.into()), value);
        }
    }

    #[test]
    fn deepening_and_back_changes_nothing() {
        let before = raster(Channels::Gray, (0..=255).collect());
        for depth in Depth::ALL {
            assert_eq!(before.clone().to_depth(depth).to_depth(Depth::U8), before);
        }
    }

    #[test]
    fn gray_made_rgb_and_back_is_the_same_gray() {
        let before = raster(Channels::GrayAlpha, vec![7, 9, 200, 0]);
        assert_eq!(
            before
                .clone()
                .to_channels(Channels::Rgba)
                .to_channels(Channels::GrayAlpha),
            before
        );
    }

    #[test]
    fn flatten_shows_the_background_where_the_picture_is_clear() {
        let flat = raster(Channels::Rgba, vec![1, 2, 3, 0, 9, 9, 9, 255])
            .flatten(Color::WHITE, Transfer::Srgb);
        assert_eq!(flat, raster(Channels::Rgb, vec![255, 255, 255, 9, 9, 9]));
    }

    #[test]
    fn filled_takes_its_color_apart() {
        let red: Color = "#ff0000".parse().unwrap();
        let one = Raster::filled(
            Size::new(1, 1),
            Channels::Rgba,
            Depth::U16,
            Transfer::Srgb,
            red,
        );
        assert_eq!(one.samples(), &Samples::U16(vec![65535, 0, 0, 65535]));
    }
}

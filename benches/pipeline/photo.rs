//! A photo to measure with: one of the project's own samples, enlarged in memory, with the noise of a camera.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use lightmill::codecs::{self, Codec, EncodeOptions, Format};
use lightmill::image::{Image, Limits, Planes, Raster, Sample, Samples, Size};
use lightmill::pipeline::ops::Op;

/// What cameras make: 12 megapixels.
const MEASURED: Size = Size::new(4000, 3000);

/// What there is time for where each benchmark is only tried, once, without optimisation.
const TRIED: Size = Size::new(400, 300);

/// The noise of a sample: its standard deviation in the 255 steps of 8 bits. With it the file has 2.6 bits for a pixel; the
/// photos of phones and cameras that the project is compared on have 2.5.
const NOISE: f32 = 5.0;

/// Chroma as nearly all cameras sample it, and as it is written below quality 90.
pub(crate) const COARSENESS: (u32, u32) = (2, 2);

/// A picture, and the file that our encoder makes of it.
pub(crate) struct Photo {
    pub(crate) picture: Image,
    pub(crate) file: Vec<u8>,
}

/// The one that all benchmarks take.
pub(crate) static PHOTO: LazyLock<Photo> = LazyLock::new(|| {
    // Cargo says `--bench` where time is to be taken.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let picture = noisy(resized(&sample(), if measured { MEASURED } else { TRIED }));
    let file = encode(Format::Jpeg, picture.clone(), None);
    Photo { picture, file }
});

impl Photo {
    pub(crate) fn size(&self) -> Size {
        self.picture.raster.size()
    }

    /// Luma and chroma in full.
    pub(crate) fn planes(&self) -> Planes {
        planes(&self.file, self.size())
    }
}

/// The file read as planes, for a picture that is going to be of the size `whole`.
pub(crate) fn planes(file: &[u8], whole: Size) -> Planes {
    let codec = Format::Jpeg.codec();
    let layout = codec.header(file).unwrap();
    let decoded = codec.planes(file, &layout, whole, COARSENESS).unwrap();
    decoded.picture.0
}

pub(crate) fn resized(picture: &Image, size: Size) -> Image {
    let op: Op = format!("resize {}x{}!", size.width, size.height)
        .parse()
        .unwrap();
    op.apply(picture.clone()).unwrap()
}

pub(crate) fn options(quality: Option<u8>) -> EncodeOptions {
    EncodeOptions {
        quality,
        ..EncodeOptions::default()
    }
}

fn encode(format: Format, picture: Image, quality: Option<u8>) -> Vec<u8> {
    format.codec().encode(picture, &options(quality)).unwrap()
}

fn sample() -> Image {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_images/landscape.jpg");
    let codec: &dyn Codec = Format::Jpeg.codec();
    let decoded = codecs::decode(codec, &fs::read(path).unwrap(), &Limits::default());
    Image::new(decoded.unwrap().picture.raster)
}

fn noisy(picture: Image) -> Image {
    let (size, channels) = (picture.raster.size(), picture.raster.channels());
    let Samples::U8(mut samples) = picture.raster.into_samples() else {
        unreachable!("a JPEG file has 8 bits");
    };
    let mut noise = Noise(0x9E37_79B9);
    for pixel in samples.chunks_exact_mut(channels.count()) {
        // What light does is the same to all colours, mostly.
        let shared = noise.next();
        for sample in pixel {
            let own = noise.next();
            *sample = u8::from_f32(sample.to_f32() + NOISE * (0.9 * shared + 0.4 * own));
        }
    }
    Image::new(Raster::new(size, channels, samples).unwrap())
}

/// Numbers around 0 with a variance of 1, the same each time.
struct Noise(u32);

impl Noise {
    /// The sum of four bytes of a xorshift (G. Marsaglia, Journal of Statistical Software 8/14, 2003) is nearly normal.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        let sum: u16 = self.0.to_le_bytes().map(u16::from).iter().sum();
        (f32::from(sum) - 510.0) / 147.8
    }
}

//! Pictures without their tables, which stand elsewhere (ITU-T T.81, B.4 and B.5): what TIFF files are made of that hold JPEG.

use super::encode::push_segment;
use super::segments::marker;
use super::{CODEC, reader};
use crate::codecs::{Codec, DecodeError};
use crate::image::{Gathered, Layout, Raster};
use crate::warning::Damage;

/// A file of the picture, with the tables, and without anything that is said of it but what Adobe's segment says of its colours: 1, that
/// three components are luma and chroma, 0, that they are not.
pub(in crate::codecs) fn whole(tables: &[u8], picture: &[u8], transform: Option<u8>) -> Vec<u8> {
    let mut file = vec![0xff, marker::SOI];
    if let Some(transform) = transform {
        let segment = [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat();
        push_segment(&mut file, marker::APP14, &segment);
    }
    let _no_picture = push_plain(&mut file, tables);
    if let Some(data) = push_plain(&mut file, picture) {
        file.extend_from_slice(data);
    }
    file
}

/// Appends the segments that say how a picture is coded. What follows on them, from its first scan on, is what comes back; it
/// is that which cannot be understood, too.
fn push_plain<'a>(file: &mut Vec<u8>, part: &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = part.strip_prefix(&[0xff, marker::SOI])?;
    loop {
        let [0xff, kind, high, low, ..] = *rest else {
            return Some(rest);
        };
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        match kind {
            marker::EOI => return None,
            marker::SOS => return Some(rest),
            // Filling.
            0xff => rest = &rest[1..],
            marker::APP0..=marker::APP15 | marker::COM => rest = rest.get(length..)?,
            _ => {
                file.extend_from_slice(rest.get(..length)?);
                rest = &rest[length..];
            }
        }
    }
}

/// What such a file announces.
pub(in crate::codecs) fn header(file: &[u8]) -> Result<Layout, DecodeError> {
    CODEC.header(file)
}

/// The picture, and how it is damaged.
pub(in crate::codecs) fn read(
    file: &[u8],
    layout: &Layout,
) -> Result<(Raster, Option<Damage>), DecodeError> {
    let mut rows = Gathered::default();
    if let Ok(told) = reader::rows(file, layout, layout.size, (1, 1), &mut rows)
        && let Ok(raster) = rows.planes(layout.size).to_raster()
    {
        return Ok((raster, told.damage));
    }
    let read = CODEC.library.decode(file, layout)?;
    // All that the library can tell.
    let damage = read.warnings.damage().map(|_| Damage::Truncated);
    Ok((read.picture.raster, damage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::EncodeOptions;
    use crate::image::{Channels, Image, Size};

    #[test]
    fn a_picture_and_its_tables_are_the_file_that_they_were() {
        let samples: Vec<u8> = (0..3 * 40 * 24_u32)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let raster = Raster::new(Size::new(40, 24), Channels::Rgb, samples).unwrap();
        let file = CODEC.encode(Image::new(raster), &EncodeOptions::default());
        let file = file.unwrap();
        let (mut tables, mut picture) = (vec![0xff, marker::SOI], vec![0xff, marker::SOI]);
        let mut rest = &file[2..];
        while rest[1] != marker::SOS {
            let (segment, more) =
                rest.split_at(2 + usize::from(u16::from_be_bytes([rest[2], rest[3]])));
            let is_table = matches!(segment[1], marker::DQT | marker::DHT);
            let part = if is_table { &mut tables } else { &mut picture };
            part.extend_from_slice(segment);
            rest = more;
        }
        tables.extend([0xff, marker::EOI]);
        picture.extend_from_slice(rest);
        let layout = header(&file).unwrap();
        let read_of = |transform| read(&whole(&tables, &picture, transform), &layout).unwrap();
        let wanted = read(&file, &layout).unwrap();
        assert_eq!(read_of(Some(1)), wanted);
        assert_ne!(read_of(Some(0)).0, wanted.0);
        assert!(header(&whole(&[], &picture, None)).is_ok());
        for length in 0..picture.len() {
            let cut = whole(&tables, &picture[..length], Some(1));
            if let Ok(layout) = header(&cut) {
                let read = read(&cut, &layout);
                assert!(read.is_err() || read.is_ok_and(|(_, damage)| damage.is_some()));
            }
        }
    }
}

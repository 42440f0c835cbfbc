use super::*;
use crate::image::Raster;

/// Gray, with a patch of something at `left`, `top`.
fn scene(size: Size, (left, top): (u32, u32), patch: impl Fn(u32, u32) -> [u8; 3]) -> Image {
    let mut samples = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            let inside = (left..left + 60).contains(&x) && (top..top + 60).contains(&y);
            samples.extend(if inside { patch(x, y) } else { [110; 3] });
        }
    }
    Image::new(Raster::new(size, Channels::Rgb, samples).unwrap())
}

fn checks(x: u32, y: u32) -> [u8; 3] {
    [if (x / 6 + y / 6).is_multiple_of(2) {
        20
    } else {
        220
    }; 3]
}

const SIZE: Size = Size::new(500, 300);

#[test]
fn what_draws_the_eye_is_kept() {
    let skin = |_, _| [200, 146, 113];
    for place in [(0, 0), (400, 20), (250, 230), (20, 200)] {
        let inner = Size::new(160, 120);
        for anchor in [Anchor::Attention, Anchor::Entropy] {
            let image = scene(SIZE, place, checks);
            let (left, top) = anchor.find(&image, inner).unwrap();
            let holds = left <= place.0
                && place.0 + 60 <= left + inner.width
                && top <= place.1
                && place.1 + 60 <= top + inner.height;
            assert!(holds, "{anchor} {place:?}: {left} {top}");
        }
        let image = scene(SIZE, place, skin);
        let (left, top) = Anchor::Attention.find(&image, inner).unwrap();
        let (x, y) = (left + 80, top + 60);
        let near = |middle: u32, wanted: u32, half: u32, most: u32| {
            middle.abs_diff((wanted + 30).clamp(half, most - half)) < 12
        };
        assert!(near(x, place.0, 80, 500), "{place:?}: {left} {top}");
        assert!(near(y, place.1, 60, 300), "{place:?}: {left} {top}");
    }
}

#[test]
fn where_there_is_nothing_to_see_it_is_the_middle() {
    let plain = scene(SIZE, (0, 0), |_, _| [110; 3]);
    for anchor in [Anchor::Attention, Anchor::Entropy] {
        let (left, top) = anchor.find(&plain, Size::new(100, 100)).unwrap();
        assert!(
            left.abs_diff(200) <= 4 && top.abs_diff(100) <= 4,
            "{anchor}: {left} {top}"
        );
        assert_eq!(anchor.find(&plain, SIZE).unwrap(), (0, 0));
    }
}

#[test]
fn any_window_of_any_picture_lies_inside() {
    for (width, height) in [(1, 1), (1, 700), (700, 1), (3, 5), (161, 159), (1000, 7)] {
        let size = Size::new(width, height);
        let samples: Vec<u8> = (0..width * height)
            .map(|at| u8::try_from(at * 7 % 251).unwrap())
            .collect();
        let image = Image::new(Raster::new(size, Channels::Gray, samples).unwrap());
        for anchor in ["attention", "entropy", "0.9:0.1", "southeast"] {
            let anchor: Anchor = anchor.parse().unwrap();
            for part in [1, 2, 3, 7] {
                let inner = Size::new(width.div_ceil(part), height.div_ceil(part));
                let (left, top) = anchor.find(&image, inner).unwrap();
                assert!(left + inner.width <= width && top + inner.height <= height);
            }
        }
    }
}

#[test]
fn a_focus_comes_as_near_to_the_middle_as_it_can() {
    let place = |text: &str| {
        let anchor: Anchor = text.parse().unwrap();
        anchor.place(Size::new(100, 100), Size::new(500, 300))
    };
    assert_eq!(place("0.5:0.5"), (200, 100));
    assert_eq!(place("40%:50%"), (150, 100));
    assert_eq!(place("0:1"), (0, 200));
    assert_eq!(place("0.95:0.9"), (400, 200));
    for wrong in ["1.2:0", "a:b", ":", "0.5", "50:50", "-1%:0", "centre"] {
        assert!(wrong.parse::<Anchor>().is_err(), "{wrong}");
    }
}

#[test]
fn anchors_read_back() {
    for word in Anchor::words() {
        assert_eq!(word.parse::<Anchor>().unwrap().to_string(), word);
    }
    assert_eq!(
        "25%:0.75".parse::<Anchor>().unwrap().to_string(),
        "0.25:0.75"
    );
    let slip = "atention".parse::<Anchor>().unwrap_err().to_string();
    assert!(slip.contains("did you mean `attention`?"), "{slip}");
}

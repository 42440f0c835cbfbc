use super::*;

/// A slope of colours, with a noisy part.
fn slope(width: usize, height: usize) -> Vec<Rgba> {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let noise = (x * 31 + y * 17) % 23;
            let part = |value: usize| u8::try_from(value.min(255)).unwrap();
            let red = 255 * x / width;
            let green = 255 * y / height;
            pixels.push([part(red), part(green), part(128 + noise), 255]);
        }
    }
    pixels
}

/// The mean square of what pixels are off.
fn error(pixels: &[Rgba], palette: &[Rgba], places: &[u8]) -> f64 {
    let mut sum = 0;
    for (pixel, place) in pixels.iter().zip(places) {
        let color = palette[usize::from(*place)];
        for part in 0..4 {
            let off = i32::from(pixel[part]) - i32::from(color[part]);
            sum += off * off;
        }
    }
    f64::from(sum) / f64::from(u32::try_from(pixels.len()).unwrap())
}

#[test]
fn few_colours_are_told_as_they_are() {
    let pixels: Vec<Rgba> = (0..=255)
        .rev()
        .map(|shade| [shade, 7, 255 - shade, 255])
        .collect();
    let exact = Exact::of(pixels.iter().copied().cycle().take(1000), 256).unwrap();
    assert_eq!(exact.colors(), pixels);
    for (pixel, place) in pixels.iter().zip(0..=255) {
        assert_eq!(exact.index(*pixel), Some(place));
    }
    assert_eq!(exact.index([1, 2, 3, 4]), None);
    assert!(Exact::of(pixels.iter().copied(), 255).is_none());
}

#[test]
fn colours_that_are_few_enough_are_kept() {
    let few: Vec<Rgba> = (0..40_u8)
        .map(|at| [at * 6, 255 - at * 3, at, 255])
        .collect();
    let palette = quantize(few.iter().copied().cycle().take(4000), 64);
    let places = map(&few, 8, (0, 0), &palette, None, Dither::Diffusion);
    assert!(error(&few, &palette, &places) < 0.01);
}

#[test]
fn more_colours_are_nearer_and_dithering_keeps_the_mean() {
    let pixels = slope(96, 64);
    let mut last = f64::INFINITY;
    for most in [2, 8, 32, 128, 256] {
        let palette = quantize(pixels.iter().copied(), most);
        assert!(palette.len() <= most);
        let places = map(&pixels, 96, (0, 0), &palette, None, Dither::None);
        let now = error(&pixels, &palette, &places);
        assert!(now < last, "{most}: {now}");
        last = now;
    }
    let palette = quantize(pixels.iter().copied(), 12);
    let mean_off = |dither| {
        let places = map(&pixels, 96, (0, 0), &palette, None, dither);
        // Over squares of 16 pixels a side; what is near an edge is beyond what can be mixed.
        let mut total = 0.0_f64;
        for (x, y) in (1..5).flat_map(|x| (1..3).map(move |y| (x, y))) {
            let mut sum = 0;
            for at in 0..256 {
                let place = (y * 16 + at / 16) * 96 + x * 16 + at % 16;
                let color = palette[usize::from(places[place])];
                sum += i32::from(pixels[place][0]) - i32::from(color[0]);
            }
            total += (f64::from(sum) / 256.0).abs();
        }
        total
    };
    let [none, ordered, diffused] =
        [Dither::None, Dither::Ordered, Dither::Diffusion].map(mean_off);
    assert!(
        diffused < none / 2.0 && ordered < none,
        "{none} {ordered} {diffused}"
    );
}

#[test]
fn what_is_nearest_is_what_a_look_at_all_finds() {
    let palette = quantize(slope(50, 50).into_iter(), 100);
    let mut search = nearest::Nearest::new(&palette);
    for pixel in slope(37, 41) {
        let color = nearest::weighed(pixel);
        let distance = |entry: &Rgba| nearest::distance(color, nearest::weighed(*entry));
        let least = palette.iter().map(distance).min().unwrap();
        let found = search.find(color);
        assert_eq!(distance(&palette[usize::from(found)]), least);
        assert_eq!(search.find(color), found);
    }
}

#[test]
fn what_is_not_seen_has_a_place_of_its_own() {
    let mut pixels = slope(16, 16);
    for pixel in pixels.iter_mut().step_by(3) {
        *pixel = CLEAR;
    }
    let palette = quantize(pixels.iter().copied().filter(|pixel| pixel[3] > 0), 15);
    for dither in Dither::ALL {
        let places = map(&pixels, 16, (0, 0), &palette, Some(200), dither);
        for (pixel, place) in pixels.iter().zip(places) {
            assert_eq!(place == 200, pixel[3] == 0, "{dither}");
        }
    }
}

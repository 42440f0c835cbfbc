use super::*;

fn turned(image: &Image) -> Image {
    Image { raster: image.raster.clone().turned(Orientation::Turn90), ..image.clone() }
}

#[test]
fn explore() {
    for op in every_op() {
        let mut constant = String::new();
        let mut turn = String::new();
        for depth in Depth::ALL {
            let (mut same, mut even, mut far) = (true, true, 0.0_f32);
            for channels in Channels::ALL {
                for size in [Size::new(1, 1), Size::new(5, 3), Size::new(37, 41)] {
                    for value in [0_u8, 1, 77, 254, 255] {
                        for alpha in [255_u8, 77] {
                            let pixel = [value, value / 2 + 3, value / 3, alpha];
                            let mut pixel = pixel[..channels.colors()].to_vec();
                            if channels.has_alpha() { pixel.push(alpha) }
                            let samples = pixel.repeat(usize::try_from(size.pixels()).unwrap());
                            let image = Image::new(Raster::new(size, channels, samples).unwrap().to_depth(depth));
                            let Ok(made) = op.apply(image.clone()) else { continue };
                            if made.layout() == image.layout() {
                                let d = difference(&made.raster, &image.raster);
                                far = far.max(d);
                                same &= made == image;
                            } else { same = false; far = 9.0; }
                            let v = values(&made.raster);
                            let n = made.raster.channels().count();
                            even &= v.chunks(n).all(|p| p == &v[..n]);
                        }
                    }
                }
            }
            constant += &format!(" {}{}({:.3})", if same {"S"} else {"-"}, if even {"E"} else {"-"}, far * 255.0);
            let (mut exact, mut far) = (true, 0.0_f32);
            for channels in Channels::ALL {
                for size in [Size::new(1, 9), Size::new(36, 44)] {
                    let image = noise(size, channels, depth);
                    let (Ok(a), Ok(b)) = (op.apply(image.clone()), op.apply(turned(&image))) else { continue };
                    let a = turned(&a);
                    if a.layout() != b.layout() { exact = false; far = 9.0; continue }
                    exact &= a.raster == b.raster;
                    far = far.max(difference(&a.raster, &b.raster));
                }
            }
            turn += &format!(" {}({:.4})", if exact {"X"} else {"-"}, far * 255.0);
        }
        println!("EXP {op:60} |{constant} |{turn}");
    }
}

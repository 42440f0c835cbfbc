//! Bring the picture to another size.

use serde::{Deserialize, Serialize};

use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::color::Light;
use crate::image::{Color, Image, Layout, Raster, Size};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::canvas;
use crate::pipeline::geometry::{Extent, Fit, Geometry, Gravity, Kernel};
use crate::pipeline::planar::Scaling;
use crate::pipeline::resample::{Stretch, resample};

/// Resizes, with the geometries of `ImageMagick` and the fits of sharp.
///
/// A side that is not given follows from the proportions, rounded to the nearest pixel, at least 1; only `fill` leaves
/// it as it is. Where something keeps the picture from growing or shrinking, `cover` still cuts it to the box and
/// `contain` still fills the box up, as sharp does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Resize {
    /// The box, or one side of it; percentages are of the picture's own sides.
    pub extent: Extent,
    /// How the picture is brought to the box.
    pub fit: Fit,
    /// What stays when `cover` cuts, and where the picture stands when `contain` fills up.
    pub gravity: Gravity,
    /// What samples are weighed with.
    pub kernel: Kernel,
    /// What `contain` fills up with.
    pub background: Color,
    /// Whether light is mixed, not what samples encode it as.
    pub linear: bool,
    /// `>`: nothing is enlarged.
    pub only_shrink: bool,
    /// `<`: nothing is reduced.
    pub only_enlarge: bool,
}

pub(crate) static INFO: OpInfo = OpInfo {
    name: "resize",
    aliases: &[],
    value: Value::Needed("GEOMETRY"),
    summary: "bring to another size",
    details: "GEOMETRY is WxH (a box in pixels), W, xH, or percentages such as `50%` or `50x25%`.\n\
              Behind it: `>` never enlarges, `<` never reduces, `^` covers the box, `!` fills it exactly.\n\
              fit=FIT: inside (default), outside (as `^`), cover (and cut), contain (and fill up),\n\
              fill (as `!`; default for percentages).\n\
              gravity=SIDE: what cover keeps and where contain puts the picture; default center.\n\
              kernel=KERNEL: lanczos3 (default), catmull-rom, mitchell, gaussian, triangle, box, nearest.\n\
              linear: mixes light, not samples; slower, and right for fine bright detail.\n\
              background=COLOR: what contain fills up with; default transparent, which adds alpha.",
    example: "800x600>",
    cost: Cost::Medium,
    elsewhere: "ImageMagick `-resize`, sharp `resize()`, libvips `thumbnail` and `resize`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("resize", text);
    let geometry: Geometry = params.need("geometry", "a geometry such as `800x600`")?;
    let fit: Option<Fit> = params.take_named("fit")?;
    let gravity = params.take_named("gravity")?.or(defaults.gravity);
    let kernel = params.take_named("kernel")?.or(defaults.kernel);
    let background = params.take_named("background")?.or(defaults.background);
    let linear = params.take_flag("linear") || defaults.linear;
    let malformed = |message: String| Err(params.error(ParamError::Malformed(message)).into());
    if geometry.offset.is_some() {
        return malformed("an offset says where to crop, and nothing about a size".to_owned());
    }
    let marked = match (geometry.at_least, geometry.exact) {
        (true, _) => Some(('^', Fit::Outside)),
        (_, true) => Some(('!', Fit::Fill)),
        (false, false) => None,
    };
    if let (Some((mark, meant)), Some(fit)) = (marked, fit)
        && meant != fit
    {
        return malformed(format!(
            "`{mark}` means fit={meant}, which contradicts fit={fit}"
        ));
    }
    let mut conditions = (geometry.only_shrink, geometry.only_enlarge);
    if conditions == (false, false) {
        conditions = (defaults.no_upscale, defaults.no_downscale);
    }
    if conditions == (true, true) {
        return malformed("neither enlarging nor reducing leaves nothing to do".to_owned());
    }
    let usual = match geometry.extent {
        Extent::Percent(..) => None,
        Extent::Width(_) | Extent::Height(_) | Extent::Box(..) => defaults.fit,
    };
    params.finish()?;
    Ok(Op::Resize(Resize {
        extent: geometry.extent,
        fit: fit
            .or(marked.map(|(_, fit)| fit))
            .or(usual)
            .unwrap_or(usual_fit(geometry.extent)),
        gravity: gravity.unwrap_or(Gravity::Center),
        kernel: kernel.unwrap_or(Kernel::Lanczos3),
        background: background.unwrap_or(Color::TRANSPARENT),
        linear,
        only_shrink: conditions.0,
        only_enlarge: conditions.1,
    }))
}

/// The fit of a geometry that says nothing of it. Percentages are of each side, so each side gets its own.
const fn usual_fit(extent: Extent) -> Fit {
    match extent {
        Extent::Percent(..) => Fit::Fill,
        Extent::Width(_) | Extent::Height(_) | Extent::Box(..) => Fit::Inside,
    }
}

/// By how much a side is multiplied, exactly.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    to: u32,
    from: u32,
}

impl Ratio {
    const ONE: Self = Self { to: 1, from: 1 };

    const fn is_below(self, other: Self) -> bool {
        (self.to as u64) * (other.from as u64) < (other.to as u64) * (self.from as u64)
    }

    const fn min(self, other: Self) -> Self {
        if other.is_below(self) { other } else { self }
    }

    const fn max(self, other: Self) -> Self {
        if self.is_below(other) { other } else { self }
    }

    /// A length multiplied, to the nearest pixel, at least one.
    fn of(self, length: u32) -> u32 {
        let (to, from) = (u128::from(self.to), u128::from(self.from));
        let scaled = (2 * to * u128::from(length) + from) / (2 * from);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    }
}

/// What is to be done to a picture of a known size.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plan {
    /// The size of the whole picture once scaled.
    scaled: Size,
    /// What remains of it: smaller where `cover` cuts.
    kept: Size,
    /// The result: larger where `contain` fills up.
    result: Size,
}

impl Resize {
    fn plan(&self, size: Size) -> Plan {
        let x = |to| Ratio {
            to,
            from: size.width,
        };
        let y = |to| Ratio {
            to,
            from: size.height,
        };
        let (across, down, boxed) = match self.extent {
            Extent::Width(width) if self.fit == Fit::Fill => (x(width), Ratio::ONE, None),
            Extent::Height(height) if self.fit == Fit::Fill => (Ratio::ONE, y(height), None),
            Extent::Width(width) => (x(width), x(width), None),
            Extent::Height(height) => (y(height), y(height), None),
            Extent::Box(..) | Extent::Percent(..) => {
                let boxed = self.extent.of(size);
                let (x, y) = (x(boxed.width), y(boxed.height));
                match self.fit {
                    Fit::Inside | Fit::Contain => (x.min(y), x.min(y), Some(boxed)),
                    Fit::Outside | Fit::Cover => (x.max(y), x.max(y), Some(boxed)),
                    Fit::Fill => (x, y, Some(boxed)),
                }
            }
        };
        let conditioned = |ratio: Ratio| match (self.only_shrink, self.only_enlarge) {
            (true, _) => ratio.min(Ratio::ONE),
            (_, true) => ratio.max(Ratio::ONE),
            (false, false) => ratio,
        };
        let scaled = Size::new(
            conditioned(across).of(size.width),
            conditioned(down).of(size.height),
        );
        let boxed = boxed.unwrap_or(scaled);
        let (mut kept, mut result) = (scaled, scaled);
        match self.fit {
            Fit::Cover => {
                kept = Size::new(
                    scaled.width.min(boxed.width),
                    scaled.height.min(boxed.height),
                );
                result = kept;
            }
            Fit::Contain => {
                result = Size::new(
                    scaled.width.max(boxed.width),
                    scaled.height.max(boxed.height),
                );
            }
            Fit::Inside | Fit::Outside | Fit::Fill => {}
        }
        Plan {
            scaled,
            kept,
            result,
        }
    }

    /// The part of a picture that becomes what is kept.
    fn stretches(&self, plan: Plan, size: Size) -> (Stretch, Stretch) {
        let (x, y) = self.gravity.direction();
        (
            stretch(size.width, plan.scaled.width, plan.kept.width, x),
            stretch(size.height, plan.scaled.height, plan.kept.height, y),
        )
    }

    /// Scales, and cuts what is not kept.
    fn scale(&self, image: Image, plan: Plan) -> Result<Image, OpError> {
        let size = image.raster.size();
        if plan.kept == size {
            return Ok(image);
        }
        let raster = if plan.scaled == size {
            let (left, top) = self.gravity.place(plan.kept, size);
            canvas::cut(&image.raster, inside(left), inside(top), plan.kept)
        } else {
            let (across, down) = self.stretches(plan, size);
            let resample = |raster: &Raster| resample(raster, across, down, plan.kept, self.kernel);
            let light = self.linear.then(|| Light::of(&image.metadata)).flatten();
            match light {
                None => resample(&image.raster)?,
                Some(light) => {
                    let resampled = resample(&light.shed(&image.raster))?;
                    light.catch(&resampled, image.raster.depth())
                }
            }
        };
        Ok(Image { raster, ..image })
    }
}

/// The part of `length` source pixels that becomes `kept` of the `scaled` pixels which all of them would make.
fn stretch(length: u32, scaled: u32, kept: u32, direction: i8) -> Stretch {
    if kept == scaled {
        return Stretch::whole(length);
    }
    let whole = f64::from(length);
    let part = whole * f64::from(kept) / f64::from(scaled);
    let start = (whole - part) * f64::from(direction + 1) / 2.0;
    // Rounding must not lead over the edge.
    let mut part = part;
    while start + part > whole {
        part = part.next_down();
    }
    Stretch {
        start,
        length: part,
    }
}

/// A place that is known to lie inside.
fn inside(place: i64) -> u32 {
    u32::try_from(place).unwrap_or(0)
}

impl Operation for Resize {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = Geometry {
            extent: self.extent,
            only_shrink: self.only_shrink,
            only_enlarge: self.only_enlarge,
            ..Geometry::boxed(0, 0)
        }
        .to_string();
        push_unless(&mut parts, "fit", self.fit, usual_fit(self.extent));
        push_unless(&mut parts, "gravity", self.gravity, Gravity::Center);
        push_unless(&mut parts, "kernel", self.kernel, Kernel::Lanczos3);
        push_unless(
            &mut parts,
            "background",
            self.background,
            Color::TRANSPARENT,
        );
        if self.linear {
            parts.push_str(",linear");
        }
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let plan = self.plan(layout.size);
        let channels = if plan.result == plan.kept {
            layout.channels
        } else {
            canvas::channels_over(layout.channels, self.background)
        };
        Ok(Layout {
            size: plan.result,
            channels,
            ..layout
        })
    }

    fn moves(&self, layout: &Layout) -> bool {
        let plan = self.plan(layout.size);
        plan.result == plan.kept
    }

    fn scaling(&self, size: Size) -> Option<Scaling> {
        let plan = self.plan(size);
        let cut_only = plan.scaled == size && plan.kept != size;
        if plan.result != plan.kept || cut_only || self.linear {
            return None;
        }
        let (across, down) = self.stretches(plan, size);
        Some(Scaling {
            across,
            down,
            size: plan.kept,
            whole: plan.scaled,
            kernel: self.kernel,
        })
    }

    fn scaled(&self, size: Size) -> Option<Size> {
        Some(self.plan(size).scaled)
    }

    fn apply(&self, image: Image) -> Result<Image, OpError> {
        let plan = self.plan(image.raster.size());
        let image = self.scale(image, plan)?;
        if plan.result == plan.kept {
            return Ok(image);
        }
        let (left, top) = self.gravity.place(plan.kept, plan.result);
        Ok(canvas::pad(
            image,
            plan.result,
            inside(left),
            inside(top),
            self.background,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(value: &str) -> Resize {
        let Op::Resize(resize) = format!("resize {value}").parse().unwrap() else {
            panic!("`{value}` is no resize");
        };
        resize
    }

    #[test]
    fn sizes_are_those_of_imagemagick_and_sharp() {
        // value, picture, result
        let cases = [
            ("800x600", (1600, 1000), (800, 500)),
            ("800x600", (400, 100), (800, 200)),
            ("800x600>", (400, 100), (400, 100)),
            ("800x600>", (1000, 100), (800, 80)),
            ("800x600<", (1000, 100), (1000, 100)),
            ("800x600<", (400, 100), (800, 200)),
            ("800", (1600, 1001), (800, 501)),
            ("x600", (1600, 1000), (960, 600)),
            ("50%", (101, 1), (51, 1)),
            ("50x25%", (100, 100), (50, 25)),
            ("800x600^", (1600, 1000), (960, 600)),
            ("800x600!", (1600, 1000), (800, 600)),
            ("800x600!>", (1600, 100), (800, 100)),
            ("800,fit=fill", (1600, 1000), (800, 1000)),
            ("x600!", (1600, 1000), (1600, 600)),
            ("1x1", (10_000, 10), (1, 1)),
            ("800x600,fit=cover", (1600, 1000), (800, 600)),
            ("800x600>,fit=cover", (1600, 400), (800, 400)),
            ("800x600,fit=contain", (1600, 1000), (800, 600)),
            ("800x600>,fit=contain", (100, 50), (800, 600)),
            ("800x600<,fit=contain", (1000, 50), (1000, 600)),
            ("50x25%,fit=cover", (100, 100), (50, 25)),
            ("4294967295", (1, 4), (u32::MAX, u32::MAX)),
        ];
        for (value, from, to) in cases {
            let plan = resize(value).plan(Size::new(from.0, from.1));
            assert_eq!(plan.result, Size::new(to.0, to.1), "{value} of {from:?}");
        }
    }

    #[test]
    fn flag_twins_fill_in_what_the_value_leaves_open() {
        let defaults = OpDefaults {
            fit: Some(Fit::Cover),
            gravity: Some(Gravity::North),
            kernel: Some(Kernel::Box),
            background: Some(Color::WHITE),
            linear: true,
            no_upscale: true,
            no_downscale: false,
        };
        let parse = |value| match Op::parse("resize", value, &defaults) {
            Ok(Op::Resize(resize)) => resize,
            other => panic!("{other:?}"),
        };
        let plain = parse("8x6");
        assert_eq!((plain.fit, plain.gravity), (Fit::Cover, Gravity::North));
        assert_eq!(
            (plain.kernel, plain.background),
            (Kernel::Box, Color::WHITE)
        );
        assert!(plain.only_shrink);
        assert_eq!(parse("8x6^").fit, Fit::Outside);
        assert_eq!(parse("50%").fit, Fit::Fill);
        assert_eq!(parse("8x6,kernel=mitchell").kernel, Kernel::Mitchell);
        assert!(!parse("8x6<").only_shrink);
    }

    #[test]
    fn contradictions_are_refused() {
        for value in [
            "",
            "8x6^,fit=cover",
            "8x6!,fit=inside",
            "8x6+1+2",
            "8x6,fit=best",
            "8x6,kernel=cubical",
            "8x6,6",
            "><8x6",
        ] {
            assert!(format!("resize {value}").parse::<Op>().is_err(), "{value}");
        }
        let both = OpDefaults {
            no_upscale: true,
            no_downscale: true,
            ..OpDefaults::default()
        };
        assert!(Op::parse("resize", "8x6", &both).is_err());
        assert_eq!(resize("8x6^,fit=outside").fit, Fit::Outside);
    }

    #[test]
    fn cover_takes_only_what_it_keeps() {
        // 1600 x 1000 covering 400 x 400 is scaled by 0.4; a square of 1000 is kept.
        let whole = Stretch::whole(1000);
        assert_eq!(stretch(1000, 400, 400, 0), whole);
        let (start, length) = (300.0, 1000.0);
        assert_eq!(stretch(1600, 640, 400, 0), Stretch { start, length });
        let start = 600.0;
        assert_eq!(stretch(1600, 640, 400, 1), Stretch { start, length });
        for length in 1..200 {
            for kept in 1..length {
                for scaled in kept + 1..kept + 9 {
                    let part = stretch(length, scaled, kept, 1);
                    assert!(part.start + part.length <= f64::from(length));
                    assert!(part.length > 0.0);
                }
            }
        }
    }
}

//! Bring the picture to another size.

mod plan;

use serde::{Deserialize, Serialize};

use super::background;
use super::{Cost, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value};
use crate::color::Light;
use crate::image::{Color, Image, Layout, Raster, Size};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::anchor::Anchor;
use crate::pipeline::canvas;
use crate::pipeline::geometry::{Extent, Fit, Geometry, Gravity, Kernel};
use crate::pipeline::planar::Scaling;
use crate::pipeline::resample::{Stretch, resample};
use plan::Plan;

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
    pub gravity: Anchor,
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
              gravity=SIDE: what cover keeps and where contain puts the picture; default center. For cover it may be a point\n\
              such as 0.3:0.6, which comes as near to the middle as it can, or what is looked for in the picture: attention\n\
              (edges, strong colours, skin) or entropy (where there is most to see).\n\
              kernel=KERNEL: lanczos3 (default), catmull-rom, mitchell, gaussian, triangle, box, nearest.\n\
              linear: mixes light, not samples; slower, and right for fine bright detail.\n\
              background=COLOR: what contain fills up with; default transparent, which adds alpha.",
    example: "800x600>",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-resize`, sharp `resize()`, libvips `thumbnail` and `resize`",
    parse,
};

fn parse(text: &str, defaults: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("resize", text);
    let geometry: Geometry = params.need("geometry", "a geometry such as `800x600`")?;
    let fit: Option<Fit> = params.take_named("fit")?;
    let gravity = params.take_named("gravity")?.or(defaults.gravity);
    let kernel = params.take_named("kernel")?.or(defaults.kernel);
    let background = background::take(&mut params, defaults, Color::TRANSPARENT)?;
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
        gravity: gravity.unwrap_or(Anchor::Side(Gravity::Center)),
        kernel: kernel.unwrap_or(Kernel::Lanczos3),
        background,
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

impl Resize {
    /// The part of a picture that becomes what is kept.
    fn stretches(&self, plan: Plan, size: Size) -> (Stretch, Stretch) {
        let part = |kept: u32, scaled: u32| f64::from(kept) / f64::from(scaled);
        let (x, y) = self.gravity.shares((
            part(plan.kept.width, plan.scaled.width),
            part(plan.kept.height, plan.scaled.height),
        ));
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
        if plan.scaled != plan.kept && plan.scaled != size && self.gravity.looks() {
            let whole = Plan {
                kept: plan.scaled,
                ..plan
            };
            return self.cut(self.scale(image, whole)?, plan.kept);
        }
        if plan.scaled == size {
            return self.cut(image, plan.kept);
        }
        let (across, down) = self.stretches(plan, size);
        let resample = |raster: &Raster| resample(raster, across, down, plan.kept, self.kernel);
        let light = self.linear.then(|| Light::of(&image.metadata)).flatten();
        let raster = match light {
            None => resample(&image.raster)?,
            Some(light) => {
                let resampled = resample(&light.shed(&image.raster))?;
                light.catch(&resampled, image.raster.depth())
            }
        };
        Ok(Image { raster, ..image })
    }
}

impl Resize {
    /// Cuts what is not kept of a picture that is scaled already.
    fn cut(&self, image: Image, kept: Size) -> Result<Image, OpError> {
        let (left, top) = self.gravity.find(&image, kept)?;
        Ok(Image {
            raster: canvas::cut(&image.raster, left, top, kept),
            ..image
        })
    }
}

/// The part of `length` source pixels that becomes `kept` of the `scaled` pixels which all of them would make.
fn stretch(length: u32, scaled: u32, kept: u32, share: f64) -> Stretch {
    if kept == scaled {
        return Stretch::whole(length);
    }
    let whole = f64::from(length);
    let part = whole * f64::from(kept) / f64::from(scaled);
    let start = (whole - part) * share;
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
        push_unless(&mut parts, "gravity", self.gravity, Gravity::Center.into());
        push_unless(&mut parts, "kernel", self.kernel, Kernel::Lanczos3);
        background::push(&mut parts, self.background, Color::TRANSPARENT);
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
        // What lies beneath the picture would be looked at by itself.
        let looks = self.gravity.looks() && plan.scaled != plan.kept;
        plan.result == plan.kept && !looks
    }

    fn prescaling(&self, size: Size) -> Option<Scaling> {
        let plan = self.plan(size);
        let again = self.plan(plan.scaled);
        let only_cuts = again.scaled == plan.scaled && again.result == plan.result;
        let looks = self.gravity.looks() && plan.scaled != plan.kept;
        (looks && only_cuts && plan.result == plan.kept && !self.linear).then(|| Scaling {
            across: Stretch::whole(size.width),
            down: Stretch::whole(size.height),
            size: plan.scaled,
            whole: plan.scaled,
            kernel: self.kernel,
        })
    }

    fn scaling(&self, size: Size) -> Option<Scaling> {
        let plan = self.plan(size);
        let cut_only = plan.scaled == size && plan.kept != size;
        let looks = self.gravity.looks() && plan.scaled != plan.kept;
        if plan.result != plan.kept || cut_only || looks || self.linear {
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
    fn flag_twins_fill_in_what_the_value_leaves_open() {
        let defaults = OpDefaults {
            fit: Some(Fit::Cover),
            gravity: Some(Gravity::North.into()),
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
        assert_eq!(
            (plain.fit, plain.gravity),
            (Fit::Cover, Gravity::North.into())
        );
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
        assert_eq!(stretch(1000, 400, 400, 0.5), whole);
        let (start, length) = (300.0, 1000.0);
        assert_eq!(stretch(1600, 640, 400, 0.5), Stretch { start, length });
        let start = 600.0;
        assert_eq!(stretch(1600, 640, 400, 1.0), Stretch { start, length });
        for length in 1..200 {
            for kept in 1..length {
                for scaled in kept + 1..kept + 9 {
                    let part = stretch(length, scaled, kept, 1.0);
                    assert!(part.start + part.length <= f64::from(length));
                    assert!(part.length > 0.0);
                }
            }
        }
    }
}

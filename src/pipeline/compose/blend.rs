use crate::pipeline::geometry::words;

words! {
    /// How the colours of a layer are mixed with those beneath: the separable blend modes of W3C, "Compositing and Blending
    /// Level 1", 10.1.
    Blend, "blend mode" {
        /// The layer's own colours.
        Normal = "normal",
        /// The product: darkens.
        Multiply = "multiply",
        /// The product of the complements: lightens.
        Screen = "screen",
        /// Multiplies or screens, as the colour beneath is dark or light.
        Overlay = "overlay",
        /// The darker of the two.
        Darken = "darken",
        /// The lighter of the two.
        Lighten = "lighten",
        /// Brightens what is beneath by the layer.
        ColorDodge = "color-dodge",
        /// Darkens what is beneath by the layer.
        ColorBurn = "color-burn",
        /// Multiplies or screens, as the layer is dark or light.
        HardLight = "hard-light",
        /// As hard light, and softer.
        SoftLight = "soft-light",
        /// How far they are apart.
        Difference = "difference",
        /// As the difference, with less contrast.
        Exclusion = "exclusion",
    }
}

impl Blend {
    /// The colour that comes of `below` and `above`, each from 0 to 1.
    #[inline]
    pub(in crate::pipeline) fn mix(self, below: f32, above: f32) -> f32 {
        match self {
            Self::Normal => above,
            Self::Multiply => below * above,
            Self::Screen => screen(below, above),
            Self::Overlay => hard_light(above, below),
            Self::Darken => below.min(above),
            Self::Lighten => below.max(above),
            Self::ColorDodge if below <= 0.0 => 0.0,
            Self::ColorDodge if above >= 1.0 => 1.0,
            Self::ColorDodge => (below / (1.0 - above)).min(1.0),
            Self::ColorBurn if below >= 1.0 => 1.0,
            Self::ColorBurn if above <= 0.0 => 0.0,
            Self::ColorBurn => 1.0 - ((1.0 - below) / above).min(1.0),
            Self::HardLight => hard_light(below, above),
            Self::SoftLight => soft_light(below, above),
            Self::Difference => (below - above).abs(),
            Self::Exclusion => below + above - 2.0 * below * above,
        }
    }
}

fn screen(below: f32, above: f32) -> f32 {
    below + above - below * above
}

fn hard_light(below: f32, above: f32) -> f32 {
    if above <= 0.5 {
        below * 2.0 * above
    } else {
        screen(below, 2.0 * above - 1.0)
    }
}

fn soft_light(below: f32, above: f32) -> f32 {
    if above <= 0.5 {
        return below - (1.0 - 2.0 * above) * below * (1.0 - below);
    }
    let bright = if below <= 0.25 {
        ((16.0 * below - 12.0) * below + 4.0) * below
    } else {
        below.sqrt()
    };
    below + (2.0 * above - 1.0) * (bright - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_do_what_their_names_say() {
        let mixed = |blend: Blend| blend.mix(0.25, 0.75);
        let close = |blend, wanted: f32| {
            let value: f32 = mixed(blend);
            assert!((value - wanted).abs() < 1e-6, "{blend}: {value}");
        };
        close(Blend::Normal, 0.75);
        close(Blend::Multiply, 0.1875);
        close(Blend::Screen, 0.8125);
        close(Blend::Overlay, 0.375);
        close(Blend::Darken, 0.25);
        close(Blend::Lighten, 0.75);
        close(Blend::ColorDodge, 1.0);
        close(Blend::ColorBurn, 0.0);
        close(Blend::HardLight, 0.625);
        close(Blend::SoftLight, 0.375);
        close(Blend::Difference, 0.5);
        close(Blend::Exclusion, 0.625);
    }

    #[test]
    fn nothing_leaves_the_scale_and_some_layers_change_nothing() {
        let steps = || (0..=20_u16).map(|step| f32::from(step) / 20.0);
        for blend in Blend::ALL {
            for (below, above) in steps().flat_map(|a| steps().map(move |b| (a, b))) {
                let value = blend.mix(below, above);
                assert!(
                    (-1e-6..=1.000_001).contains(&value),
                    "{blend} {below} {above}"
                );
            }
        }
        for below in steps() {
            for (blend, neutral) in [
                (Blend::Multiply, 1.0),
                (Blend::Screen, 0.0),
                (Blend::Overlay, 0.5),
                (Blend::Darken, 1.0),
                (Blend::Lighten, 0.0),
                (Blend::ColorDodge, 0.0),
                (Blend::ColorBurn, 1.0),
                (Blend::HardLight, 0.5),
                (Blend::SoftLight, 0.5),
                (Blend::Difference, 0.0),
                (Blend::Exclusion, 0.0),
            ] {
                assert!(
                    (blend.mix(below, neutral) - below).abs() < 1e-6,
                    "{blend} {below}"
                );
            }
        }
    }
}

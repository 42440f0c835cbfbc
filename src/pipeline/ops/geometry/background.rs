//! What new area is filled with: the same word in every operation that makes some.

use crate::image::Color;
use crate::params::{Params, ValueError, push_unless};

use super::OpDefaults;

/// `background=COLOR`, else that of `--background`, else what is usual.
pub(super) fn take(
    params: &mut Params<'_>,
    defaults: &OpDefaults,
    usual: Color,
) -> Result<Color, ValueError> {
    let own = params.take_named("background")?;
    Ok(own.or(defaults.background).unwrap_or(usual))
}

/// Writes it, unless it is the usual one.
pub(super) fn push(parts: &mut String, background: Color, usual: Color) {
    push_unless(parts, "background", background, usual);
}

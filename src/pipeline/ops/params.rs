use super::{Op, ParseOpError};
use crate::params::Params;

/// The parser of an operation without parameters.
pub(super) fn parse_bare(
    op: impl Into<Op>,
    name: &'static str,
    text: &str,
) -> Result<Op, ParseOpError> {
    Params::new(name, text).finish()?;
    Ok(op.into())
}

/// The parser of an operation whose only parameter is a factor from 0 to 100, 1 being no change.
pub(super) fn parse_factor(name: &'static str, text: &str) -> Result<f64, ParseOpError> {
    let mut params = Params::new(name, text);
    let factor = params.need_number("factor", "a factor such as `1.2`", 0.0..=100.0)?;
    params.finish()?;
    Ok(factor)
}

/// The parser of an operation whose only parameter is how far its window reaches, in whole pixels.
pub(super) fn parse_radius(
    name: &'static str,
    text: &str,
    usual: u32,
    most: u32,
) -> Result<u32, ParseOpError> {
    let mut params = Params::new(name, text);
    let radius = params.whole("radius", usual, 0..=most)?;
    params.finish()?;
    Ok(radius)
}

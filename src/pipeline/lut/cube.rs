//! `.cube` files, 1-D and 3-D (Adobe, "Cube LUT Specification", version 1.0, 2013).

use super::{Curves, Domain, Grid, MOST_POINTS, Table};

/// The most points of a 1-D table, as the specification has it.
const MOST_IN_CURVES: usize = 1 << 16;

/// A text that is no such table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(in crate::pipeline) struct ParseCubeError {
    /// Counted from 1.
    line: usize,
    what: String,
}

/// What stands before the numbers.
#[derive(Default)]
struct Head {
    curves: Option<usize>,
    grid: Option<usize>,
    low: Option<[f32; 3]>,
    high: Option<[f32; 3]>,
}

/// Reads a text.
pub(super) fn parse(bytes: &[u8]) -> Result<Table, ParseCubeError> {
    // Titles may be in any encoding; all else is ASCII.
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut head = Head::default();
    let mut points: Vec<[f32; 3]> = Vec::new();
    let mut last = 1;
    for (number, line) in text.lines().enumerate() {
        let failed = |what: String| ParseCubeError {
            line: number + 1,
            what,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        last = number + 1;
        let is_number = line.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if is_number {
            if points.len() >= head.rows().map_err(failed)? {
                return Err(failed(
                    "there are more rows of numbers than its size says".to_owned(),
                ));
            }
            points.push(triple(line).map_err(failed)?);
        } else if points.is_empty() {
            head.take(line).map_err(failed)?;
        } else {
            return Err(failed(format!("`{line}` stands behind numbers")));
        }
    }
    let failed = |what: String| ParseCubeError { line: last, what };
    let rows = head.rows().map_err(failed)?;
    if points.len() < rows {
        let found = points.len();
        let what = format!("it ends after {found} rows of numbers, and should have {rows}");
        return Err(failed(what));
    }
    Ok(head.table(points))
}

impl Head {
    /// A line with a word and what belongs to it.
    fn take(&mut self, line: &str) -> Result<(), String> {
        let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        match word {
            "TITLE" => {}
            "LUT_1D_SIZE" => self.curves = Some(size(value, MOST_IN_CURVES)?),
            "LUT_3D_SIZE" => self.grid = Some(size(value, MOST_POINTS)?),
            "DOMAIN_MIN" => self.low = Some(triple(value)?),
            "DOMAIN_MAX" => self.high = Some(triple(value)?),
            // As DaVinci Resolve writes it: the same for all three.
            "LUT_1D_INPUT_RANGE" | "LUT_3D_INPUT_RANGE" => {
                let [low, high] = numbers(value)?;
                (self.low, self.high) = (Some([low; 3]), Some([high; 3]));
            }
            _ => return Err(format!("`{word}` is no word of a .cube file")),
        }
        if self.curves.is_some() && self.grid.is_some() {
            return Err(
                "it has a 1-D table and a 3-D one; only one of them can be read".to_owned(),
            );
        }
        let domain = self.domain();
        let is_range = domain
            .low
            .iter()
            .zip(domain.high)
            .all(|(low, high)| *low < high);
        if (self.low.is_some() && self.high.is_some() || domain.low[0] >= 1.0) && !is_range {
            return Err("its domain ends before it begins".to_owned());
        }
        Ok(())
    }

    /// How many rows of numbers there must be.
    fn rows(&self) -> Result<usize, String> {
        match (self.curves, self.grid) {
            (Some(points), _) => Ok(points),
            (None, Some(points)) => Ok(points * points * points),
            (None, None) => {
                Err("there is neither LUT_1D_SIZE nor LUT_3D_SIZE before it".to_owned())
            }
        }
    }

    fn domain(&self) -> Domain {
        Domain {
            low: self.low.unwrap_or(Domain::USUAL.low),
            high: self.high.unwrap_or(Domain::USUAL.high),
        }
    }

    fn table(&self, points: Vec<[f32; 3]>) -> Table {
        let domain = self.domain();
        match self.grid {
            None => Table::Curves(Curves { points, domain }),
            Some(size) => {
                let points = points.into_iter();
                let points = points.map(|[red, green, blue]| [red, green, blue, 0.0]);
                Table::Grid(Grid {
                    size,
                    points: points.collect(),
                    domain,
                })
            }
        }
    }
}

fn size(text: &str, most: usize) -> Result<usize, String> {
    let size = text.parse().ok();
    let size = size.filter(|size| (2..=most).contains(size));
    size.ok_or_else(|| format!("its size is `{text}`, and must be from 2 to {most}"))
}

fn triple(text: &str) -> Result<[f32; 3], String> {
    numbers(text)
}

fn numbers<const COUNT: usize>(text: &str) -> Result<[f32; COUNT], String> {
    let failed = || format!("`{text}` is not {COUNT} numbers");
    let mut numbers = [0.0; COUNT];
    let mut words = text.split_ascii_whitespace();
    for number in &mut numbers {
        let parsed = words.next().and_then(|word| word.parse().ok());
        *number = parsed
            .filter(|number: &f32| number.is_finite())
            .ok_or_else(failed)?;
    }
    if words.next().is_some() {
        return Err(failed());
    }
    Ok(numbers)
}

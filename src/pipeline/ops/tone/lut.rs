//! Look colours up in a table that a file holds: `.cube` (Adobe, "Cube LUT Specification", version 1.0, 2013) or `HaldCLUT`
//! (E. Bastien). Between the points of a 3-D table colours are interpolated in tetrahedra
//! (J. M. Kasson, W. Plouffe and S. I. Nin, 1993), between those of a 1-D table along lines.
//!
//! Tables are made for sRGB-encoded values here; pictures in linear light are encoded for them and decoded again. What lies
//! outside of a table's domain is brought to its ends, in floats as well. Alpha is left alone. Gray pictures become coloured.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::{
    Asset, Cost, Image, Layout, Op, OpDefaults, OpError, OpInfo, Operation, ParseOpError, Value,
};
use crate::params::{ParamError, Params, push_unless};
use crate::pipeline::lut::{self, Table};
use crate::pipeline::point::{Point, narrow};

/// Looks colours up in a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lut {
    /// The file that holds it.
    pub file: Asset,
    /// How much of what it does: 0 to 1; 0 changes nothing.
    pub amount: f64,
    /// What is in the file, read once by each worker; or why it cannot be read.
    #[serde(skip)]
    table: OnceLock<Result<Arc<Table>, String>>,
}

/// What is in the file is the same where the file is.
impl PartialEq for Lut {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            file,
            amount,
            table: _,
        } = self;
        *file == other.file && amount.total_cmp(&other.amount).is_eq()
    }
}

const AMOUNT: f64 = 1.0;

pub(crate) static INFO: OpInfo = OpInfo {
    name: "lut",
    aliases: &[],
    value: Value::Needed("FILE"),
    summary: "look colours up in a table: a .cube file or a HaldCLUT",
    details: "FILE: a `.cube` file, 1-D or 3-D with 2 to 144 points along an edge, or a HaldCLUT in a PNG file.\n\
              amount=A, 0 to 1: how much of what it does; default 1. 0 changes nothing.",
    example: "sample_images/evening.cube,amount=0.8",
    cost: Cost::Light,
    elsewhere: "ImageMagick `-hald-clut`, ffmpeg `lut3d` and `haldclut`, Pillow `Color3DLUT` (trilinear)",
    parse,
};

fn parse(text: &str, _: &OpDefaults) -> Result<Op, ParseOpError> {
    let mut params = Params::new("lut", text);
    let file: Asset = params.need("file", "a .cube file or a HaldCLUT")?;
    let amount = params.number("amount", AMOUNT, 0.0..=1.0)?;
    params.finish()?;
    let table = OnceLock::new();
    let lut = Lut {
        file,
        amount,
        table,
    };
    let wrong = |error: lut::TableError| ParamError::Malformed(format!("{}: {error}", lut.file));
    lut::check(lut.file.bytes()).map_err(|error| Params::new("lut", text).error(wrong(error)))?;
    Ok(Op::Lut(lut))
}

impl Lut {
    fn table(&self) -> Result<&Arc<Table>, OpError> {
        let read = || {
            let table = lut::read(self.file.bytes(), narrow(self.amount));
            table
                .map(Arc::new)
                .map_err(|error| format!("{}: {error}", self.file))
        };
        let table = self.table.get_or_init(read);
        table.as_ref().map_err(|why| OpError::Library(why.clone()))
    }
}

impl Operation for Lut {
    fn info(&self) -> &'static OpInfo {
        &INFO
    }

    fn arguments(&self) -> String {
        let mut parts = self.file.to_string();
        push_unless(&mut parts, "amount", self.amount, AMOUNT);
        parts
    }

    fn layout(&self, layout: Layout) -> Result<Layout, OpError> {
        let channels = layout
            .channels
            .with_gray(layout.channels.is_gray() && self.amount <= 0.0);
        Ok(Layout { channels, ..layout })
    }

    fn point(&self) -> Option<Point> {
        if self.amount <= 0.0 {
            return Some(Point::nothing());
        }
        let table = self.table().ok()?;
        Some(Point::encoded(vec![Table::stage(table)]))
    }

    /// The table, and the picture that it is made of.
    fn scratch(&self, _: &Layout, _: &Layout) -> u64 {
        self.table().map_or(0, |table| 2 * table.bytes())
    }

    /// Where there is no table.
    fn apply(&self, image: Image) -> Result<Image, OpError> {
        self.table().map(|_| image)
    }
}

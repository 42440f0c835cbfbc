//! From file to file without pixels: by luma and chroma as they are stored, or even by their coefficients.

use super::kept::Remarks;
use super::linear::{self, Linear};
use super::{Recipe, planar, unencodable};
use crate::codecs::{Codec, Format};
use crate::failure::{Failure, Stage};
use crate::image::{Image, Layout, Metadata};
use crate::warning::Warnings;

/// A way from planes to a file.
pub(super) struct Route {
    /// The picture as it is announced.
    before: Layout,
    pub(super) plan: planar::Plan,
    /// The pixels across and down that share a sample of chroma.
    coarseness: (u32, u32),
    /// What is done to planes behind the plan; none where pixels must be made of them.
    steps: Option<Vec<Linear>>,
    /// The profile that explains samples which stay what they are.
    icc: Option<Vec<u8>>,
    /// Bytes of memory that decoding takes; none where the file is recoded, if it can be.
    pub(super) memory: Option<u64>,
}

impl Recipe {
    /// The way by planes, where something is gained by it and the source has some.
    pub(super) fn route(
        &self,
        bytes: &[u8],
        before: Layout,
        source: Format,
        writer: &dyn Codec,
    ) -> Option<Route> {
        let metadata = self.reader(source).metadata(bytes)?;
        let plan = planar::Plan::new(&self.ops, before);
        // What there is to say is said by whoever converts.
        let mut unsaid = Warnings::none();
        let channels = (before.channels, before.channels);
        let conversion = self.conversion(&metadata, channels, writer.info(), &mut unsaid);
        let linear = linear::steps(&self.ops[plan.ops..]);
        // Qualities that are tried need not have the same grid of chroma.
        let linear =
            linear.filter(|_| conversion.is_none() && unsaid.is_empty() && self.goal.is_none());
        let is_same = linear.as_ref().is_some_and(Vec::is_empty);
        let recodes = plan.changes_nothing() && is_same && source == writer.info().format;
        // A Gaussian is round, and so must be the grid.
        let direct = writer.coarseness(&self.encode).zip(linear);
        let direct = direct.filter(|((x, y), steps)| x == y || steps.is_empty());
        if !plan.is_possible() || direct.is_none() && !plan.reduces() {
            return None;
        }
        let coarseness = direct
            .as_ref()
            .map_or((1, 1), |(coarseness, _)| *coarseness);
        let plan = match direct {
            Some(_) => plan,
            None => plan.with_cuts(&self.ops),
        };
        let memory = self
            .reader(source)
            .rows_memory(bytes, &before, plan.whole, coarseness)?;
        Some(Route {
            before,
            plan,
            coarseness,
            steps: direct.map(|(_, steps)| steps),
            icc: conversion.icc(),
            memory: (!recodes).then_some(memory),
        })
    }

    /// As [`Self::by_pixels`], with as much as possible done to luma and chroma as they are stored. `None` where the file
    /// turns out to be none for that.
    pub(super) fn by_planes(
        &self,
        bytes: &[u8],
        route: Route,
        source: Format,
        writer: &dyn Codec,
        remarks: &mut Remarks,
        enter: &mut dyn FnMut(Stage),
    ) -> Option<Result<Vec<u8>, Failure>> {
        let Route {
            before,
            plan,
            coarseness,
            ..
        } = route;
        let target = writer.info().format;
        if route.memory.is_none() {
            let recoded = self.by_coefficients(bytes, writer, &route, remarks);
            if let Some(recoded) = recoded {
                enter(Stage::Encode);
                return Some(recoded);
            }
        }
        let mut taker = plan.taker(coarseness);
        let decoded = self
            .reader(source)
            .rows(bytes, &before, plan.whole, coarseness, &mut taker)?;
        let metadata = match self.accept(decoded, remarks) {
            Ok(metadata) => metadata,
            Err(failure) => return Some(Err(failure)),
        };
        if !self.ops.is_empty() {
            enter(Stage::Operate);
        }
        let planes = taker.finish();
        let metadata = Metadata {
            orientation: plan.orientation,
            ..metadata
        };
        let Some(steps) = route.steps else {
            let raster = planes.to_raster().ok()?;
            let image = Image { raster, metadata };
            let rest = &self.ops[plan.ops..];
            return Some(self.finish(image, rest, target, remarks, enter));
        };
        let planes = steps
            .iter()
            .fold(planes, |planes, step| step.apply(planes, coarseness.0));
        enter(Stage::Encode);
        let metadata = Metadata {
            icc: route.icc,
            ..metadata
        };
        let metadata = self.kept(metadata, planes.size, target, remarks);
        let encoded = writer.encode_planes(&planes, &metadata, &self.encode);
        Some(encoded.map_err(|error| unencodable(&error)))
    }

    /// A file of the same picture, turned at most in its metadata, without any samples in between; `None` where there is no
    /// such way.
    fn by_coefficients(
        &self,
        bytes: &[u8],
        codec: &dyn Codec,
        route: &Route,
        remarks: &mut Remarks,
    ) -> Option<Result<Vec<u8>, Failure>> {
        let mut kept = Remarks::default();
        let mut keep = |metadata| {
            let metadata = Metadata {
                orientation: route.plan.orientation,
                icc: route.icc.clone(),
                ..metadata
            };
            let size = route.before.size;
            self.kept(metadata, size, codec.info().format, &mut kept)
        };
        let recoded = codec.recode(bytes, &route.before, &self.encode, &mut keep)?;
        let recoded = self.accept(recoded, remarks);
        remarks.warnings.extend(kept.warnings);
        remarks.dropped.extend(kept.dropped);
        Some(recoded)
    }
}

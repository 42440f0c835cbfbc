//! A run from its inputs to its summary.

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::crew::{Crew, Purpose};
use super::discover::{Found, Sighting, discover};
use super::plan::{self, Plan, homes};
use super::publish::Publisher;
use super::settings::{Destination, Settings};
use super::tally::Tally;
use super::{Observer, RunError, Stopper};
use crate::event::{Event, StopCause, Summary};
use crate::image::Size;
use crate::job::{Job, Outcome};
use crate::store::{Home, HomeError, Journal, Past};
use crate::worker;

/// Does what the settings ask for. Everything that happens goes to `observe`; the summary says what came of it.
///
/// # Errors
/// The run did not begin, or could not go on. Images that fail are no error.
pub fn run(
    settings: &Settings,
    stopper: &Stopper,
    observe: Observer<'_>,
) -> Result<Summary, RunError> {
    if env::var_os(worker::MARKER).is_some() {
        return Err(RunError::InWorker);
    }
    let start = Instant::now();
    let mut tally = Tally {
        observe,
        summary: Summary::default(),
        next_worker: 0,
    };
    let result = prepared(settings, stopper, &mut tally);
    if result.is_err() {
        tally.summary.stopped = Some(StopCause::CannotGoOn);
    }
    tally.summary.elapsed = start.elapsed();
    let summary = tally.summary.clone();
    if result
        .as_ref()
        .err()
        .is_none_or(|error| !error.is_request())
    {
        tally.tell(Event::RunEnded {
            summary: summary.clone(),
        });
    }
    result.map(|()| summary)
}

fn prepared(settings: &Settings, stopper: &Stopper, tally: &mut Tally<'_>) -> Result<(), RunError> {
    let mut found = look(settings, tally)?;
    let sizes = if settings.template.needs_size() {
        survey(settings, stopper, &mut found, tally)?
    } else {
        HashMap::new()
    };
    let journal_root = journal_root(settings, &found);
    let request = request_of(settings);
    let here = Past::read(&journal_root);
    let past = everywhere(settings, &found, here.clone());
    if settings.resume && past.as_ref().is_some_and(|past| !past.is_of(&request)) {
        return Err(RunError::OtherRequest {
            folder: journal_root,
        });
    }
    let past = past.filter(|past| past.is_of(&request));
    let here = here.filter(|here| here.is_of(&request));
    let plan = plan::plan(found, settings, past.as_ref(), &sizes)?;
    for (source, reason) in &plan.skipped {
        tally.skip(source, reason.clone());
    }
    tally.summary.resumed = plan.resumed;
    tally.tell(Event::RunStarted {
        lightmill: env!("CARGO_PKG_VERSION"),
        jobs: plan.jobs.len(),
        resumed: plan.resumed,
        bytes: plan.jobs.iter().map(|job| job.source_bytes).sum(),
        workers: settings.limit(),
        isolation: settings.isolation,
    });
    if settings.dry_run {
        for Job { source, output, .. } in plan.jobs {
            tally.tell(Event::Planned { source, output });
        }
        return Ok(());
    }
    if plan.jobs.is_empty() && here.is_none() {
        return Ok(());
    }
    // What an unfinished run has changed in place is remembered until `--resume` has finished it.
    let in_place = matches!(settings.destination, Destination::InPlace { .. });
    let kept = here.as_ref().filter(|_| settings.resume || in_place);
    work(
        settings,
        stopper,
        plan,
        (&journal_root, &request, kept),
        tally,
    )
}

/// Finds the images; whatever else is found is told at once.
fn look(settings: &Settings, tally: &mut Tally<'_>) -> Result<Vec<Found>, RunError> {
    let output = match &settings.destination {
        Destination::Folder(folder) => Some(folder.as_path()),
        Destination::InPlace { .. } => None,
    };
    let mut found = Vec::new();
    discover(
        &settings.inputs,
        &settings.filter,
        output,
        &mut |sighting| match sighting {
            Sighting::Image(image) => found.push(image),
            Sighting::Skipped(path, reason) => tally.skip(&path, reason),
            Sighting::Failed(path, failure) => tally.fail(None, &path, failure),
        },
    )?;
    Ok(found)
}

/// Where the journal is kept: the output folder, or the folder of the first image.
fn journal_root(settings: &Settings, found: &[Found]) -> PathBuf {
    match &settings.destination {
        Destination::Folder(folder) => folder.clone(),
        Destination::InPlace { .. } => {
            let root = found.first().map_or(Path::new("."), |image| &image.root);
            // As the outputs' folders are written: taken twice, it would be taken by another run.
            fs::canonicalize(root).unwrap_or_else(|_| root.to_owned())
        }
    }
}

/// All of a request that decides what its outputs are, as text.
fn request_of(settings: &Settings) -> String {
    let recipe = serde_json::to_string(&settings.recipe).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    let place = match &settings.destination {
        // The journal lies in it, whatever it is called.
        Destination::Folder(_) => "folder".to_owned(),
        Destination::InPlace { backup } => format!("in place {backup:?}"),
    };
    format!(
        "{version} {recipe} {:?} {} {place}",
        settings.format, settings.template
    )
}

/// What all journals of in-place runs over these images say: each lies where the first image of its run was.
fn everywhere(settings: &Settings, found: &[Found], here: Option<Past>) -> Option<Past> {
    if matches!(settings.destination, Destination::Folder(_)) {
        return here;
    }
    let roots: BTreeSet<&PathBuf> = found.iter().map(|image| &image.root).collect();
    let others = roots.into_iter().filter_map(|root| Past::read(root));
    others.fold(here, |past, other| match past {
        Some(mut past) => {
            past.join(other);
            Some(past)
        }
        None => Some(other),
    })
}

/// Reads the headers in workers, and says how large each output will be. Images whose header cannot be read, or that
/// the recipe cannot be applied to, end here.
fn survey(
    settings: &Settings,
    stopper: &Stopper,
    found: &mut Vec<Found>,
    tally: &mut Tally<'_>,
) -> Result<HashMap<PathBuf, Size>, RunError> {
    let plan = plan::survey(found);
    let mut sizes = HashMap::new();
    let mut failed = Vec::new();
    let mut crew = Crew::new(settings, stopper, &plan, Purpose::Survey)?;
    crew.run(tally, &mut |job, ended, tally| {
        match ended.outcome {
            Outcome::Surveyed(_, after) => {
                sizes.insert(job.source.clone(), after);
            }
            Outcome::Failed(failure) => {
                failed.push(job.source.clone());
                // The jobs of the run are numbered later.
                tally.fail(None, &job.source, failure);
            }
            Outcome::Rendered(_) => {}
        }
        Ok(())
    })?;
    // What a stopped survey did not come to cannot be named, and is left.
    let before = found.len();
    found.retain(|image| sizes.contains_key(&image.path));
    tally.summary.left += before - found.len() - failed.len();
    Ok(sizes)
}

/// All of the folders, or none.
fn take_possession(roots: &[PathBuf]) -> Result<Vec<Home>, HomeError> {
    let mut homes = Vec::new();
    for root in roots {
        match Home::open(root) {
            Ok(home) => homes.push(home),
            Err(error) => {
                // What stands in the way of one folder is told, not what remains in the others.
                let _left_behind = homes.into_iter().try_for_each(Home::close);
                return Err(error);
            }
        }
    }
    Ok(homes)
}

fn work(
    settings: &Settings,
    stopper: &Stopper,
    plan: Plan,
    (journal_root, request, past): (&Path, &str, Option<&Past>),
    tally: &mut Tally<'_>,
) -> Result<(), RunError> {
    let mut roots = homes(&plan);
    if !roots.iter().any(|root| root == journal_root) {
        roots.push(journal_root.to_owned());
    }
    let homes = take_possession(&roots).inspect_err(|_| tally.summary.left += plan.jobs.len())?;
    let mut publisher = Publisher::new(settings, Journal::open(journal_root, request, past)?);
    let mut settled = 0;
    let mut crew = Crew::new(settings, stopper, &plan, Purpose::Render)?;
    let result = crew.run(tally, &mut |job, ended, tally| {
        settled += 1;
        publisher.settle(job, ended, tally)
    });
    drop(crew);
    tally.summary.left += plan.jobs.len() - settled;
    let complete = result.is_ok() && tally.summary.left == 0 && tally.summary.failed == 0;
    let over = settings.resume || past.is_none_or(Past::is_empty);
    publisher.close(complete && over)?;
    for (home, root) in homes.into_iter().zip(roots) {
        home.close().map_err(|source| RunError::Tidy {
            folder: root,
            source,
        })?;
    }
    result
}

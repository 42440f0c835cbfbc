//! What isolation costs: the same work in worker processes with and without a sandbox, in threads, and on the calling
//! thread; and how long a worker takes from its start to its readiness.
//!
//! `cargo bench --bench isolation [-- FOLDER_OF_PHOTOS]`
//!
//! Whole runs of the command are measured, the kinds in turn, so that whatever else the machine does meets all of
//! them alike; the table shows medians, and the ratios are medians of the rounds' own ratios.
#![expect(clippy::print_stdout, reason = "its table is the point")]
#![expect(unsafe_code, reason = "getrusage has no safe form in std")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, mem};

use image::RgbImage;
use lightmill::job::WorkerId;
use lightmill::pool::{Notice, Processes, Workers};
use lightmill::protocol::Setup;
use lightmill::sandbox::Policy;
use lightmill::{Batch, worker};

/// A kind's name, and the flags that make it.
const KINDS: [(&str, &[&str]); 4] = [
    ("none", &["--isolation", "none"]),
    ("thread", &["--isolation", "thread"]),
    ("process, no sandbox", &["--sandbox", "off"]),
    ("process", &[]),
];

/// Workers that are started one after the other.
const STARTS: u32 = 60;
const ROUNDS: usize = 7;
const TINY: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    // The workers that are started here are this program.
    worker::init();
    let scratch = tempfile::tempdir()?;
    let (one, tiny) = (scratch.path().join("one"), scratch.path().join("tiny"));
    make_tiny(&one, 1)?;
    make_tiny(&tiny, TINY)?;
    // Cargo passes `--bench`.
    let photos = env::args()
        .skip(1)
        .find(|arg| !arg.starts_with('-'))
        .map(PathBuf::from);
    println!(
        "| work | isolation | wall ms | CPU ms | wall, us an image | CPU, us an image | wall / none | CPU / none |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    // With one job, they differ by isolation and by nothing else.
    measure("start-up: 1 tiny image, -j 1", &one, "1", scratch.path())?;
    measure("1,000 tiny images, -j 1", &tiny, "1", scratch.path())?;
    measure("1,000 tiny images, -j 2", &tiny, "2", scratch.path())?;
    let photos = photos
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_images/orientation"));
    measure("photos, -j 1", &photos, "1", scratch.path())?;
    measure("photos, -j 2", &photos, "2", scratch.path())?;
    println!("\n| from start to ready | median ms | fastest ms |\n|---|---|---|");
    for (name, policy) in [("no sandbox", Policy::Off), ("sandbox", Policy::Auto)] {
        start_workers(name, policy, scratch.path())?;
    }
    Ok(())
}

/// How long workers take from their start until they can be given work.
fn start_workers(name: &str, policy: Policy, scratch: &Path) -> Result<(), Box<dyn Error>> {
    let batch = Batch::new().input(scratch).output(scratch.join("out"));
    let settings = batch.sandbox(policy).settings()?;
    let setup = Setup {
        recipe: settings.recipe,
        durable: false,
    };
    let mut workers = Processes::new(settings.launch, &setup, None, policy)?;
    let mut times = Vec::new();
    for number in 0..STARTS {
        let (worker, start) = (WorkerId(number), Instant::now());
        workers.spawn(worker, 1 << 30);
        let Some(Notice::Ready { .. }) = workers.wait(Duration::from_secs(10)) else {
            return Err("a worker did not become ready".into());
        };
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        workers.retire(worker);
        workers.wait(Duration::from_secs(10));
    }
    let fastest = times.iter().copied().fold(f64::MAX, f64::min);
    let middle = median(times.into_iter());
    println!("| {name} | {middle:.2} | {fastest:.2} |");
    Ok(())
}

fn make_tiny(folder: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    fs::create_dir(folder)?;
    for index in 0..count {
        let [_, _, green, blue] = index.to_be_bytes();
        let picture = RgbImage::from_fn(32, 32, |x, y| {
            image::Rgb([u8::try_from(x ^ y).unwrap_or(0), green, blue])
        });
        picture.save(folder.join(format!("{index:04}.bmp")))?;
    }
    Ok(())
}

/// Wall and CPU time of one run, in milliseconds, and how many images it did.
struct Run {
    wall: f64,
    cpu: f64,
    images: f64,
}

fn measure(title: &str, input: &Path, jobs: &str, scratch: &Path) -> Result<(), Box<dyn Error>> {
    let mut runs: [Vec<Run>; KINDS.len()] = Default::default();
    for round in 0..=ROUNDS {
        for ((_, flags), runs) in KINDS.iter().zip(&mut runs) {
            let run = once(input, jobs, flags, &scratch.join("out"))?;
            // The first round warms the caches.
            if round > 0 {
                runs.push(run);
            }
        }
    }
    for ((kind, _), these) in KINDS.iter().zip(&runs) {
        let against = |pick: fn(&Run) -> f64| {
            median(
                these
                    .iter()
                    .zip(&runs[0])
                    .map(|(run, none)| pick(run) / pick(none)),
            )
        };
        let (wall, cpu) = (
            median(these.iter().map(|run| run.wall)),
            median(these.iter().map(|run| run.cpu)),
        );
        let each = 1000.0 / these[0].images;
        println!(
            "| {title} | {kind} | {wall:.1} | {cpu:.1} | {:.0} | {:.0} | {:.2} | {:.2} |",
            wall * each,
            cpu * each,
            against(|run| run.wall),
            against(|run| run.cpu)
        );
    }
    Ok(())
}

fn once(input: &Path, jobs: &str, flags: &[&str], out: &Path) -> Result<Run, Box<dyn Error>> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let (cpu, start) = (cpu_of_children(), Instant::now());
    let status = Command::new(env!("CARGO_BIN_EXE_lightmill"))
        .args(["thumbnail", "--quiet", "-j", jobs])
        .args(flags)
        .arg("-o")
        .args([out, input])
        .stderr(Stdio::inherit())
        .status()?;
    let run = Run {
        wall: start.elapsed().as_secs_f64() * 1000.0,
        cpu: cpu_of_children() - cpu,
        images: f64::from(u32::try_from(fs::read_dir(out)?.count())?),
    };
    if status.success() {
        Ok(run)
    } else {
        Err(format!("{flags:?}: {status}").into())
    }
}

/// User and system time of all children that have ended, and of theirs, in milliseconds.
fn cpu_of_children() -> f64 {
    // SAFETY: all of its fields are integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: `usage` is a valid place for a rusage.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    let milliseconds = |time: libc::timeval| {
        let whole = i32::try_from(time.tv_sec).unwrap_or(i32::MAX);
        let part = i32::try_from(time.tv_usec).unwrap_or(0);
        f64::from(whole) * 1000.0 + f64::from(part) / 1000.0
    };
    milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

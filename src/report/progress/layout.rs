//! What stands in the lines, for a window of a given size. Pure.

use std::time::{Duration, Instant};

use super::super::stats::Stats;
use super::super::text;
use super::window::Size;
use super::workers::{InHand, Workers};
use crate::event::StopCause;

/// The longest bar: beyond that it says nothing more.
const LONGEST_BAR: usize = 40;

/// The shortest bar that says something.
const SHORTEST_BAR: usize = 6;

/// The most workers that are shown one by one.
const MOST_WORKERS: usize = 16;

/// Rows of the window that are left to what was there before, and to the line of the run.
const OTHER_ROWS: usize = 3;

/// A stage that lasts longer shows its seconds.
const LONG: Duration = Duration::from_secs(2);

/// A name that is cut to less is no name.
const SHORTEST_NAME: usize = 12;

const GAP: &str = "  ";

/// The line of the run. The narrower the window, the less it says: first the speed goes, then the bar, the time that
/// is left, and the failures; the count stays to the end.
pub(super) fn run_line(stats: &Stats, columns: usize, now: Instant) -> String {
    let count = Some(format!("{}/{}", stats.settled(), stats.jobs));
    let failed = (stats.failed > 0).then(|| format!("{} failed", stats.failed));
    let rate = Some(text::rate(stats.recent_rate(now)));
    let eta = stats
        .eta(now)
        .map(|eta| format!("eta {}", text::clock(eta)));
    let room = columns.saturating_sub(1);

    let full = joined([&count, &failed, &rate, &eta]);
    let without_rate = joined([&count, &failed, &eta]);
    for words in [full, without_rate.clone()] {
        let left = room.saturating_sub(text::columns(&words) + "[] ".len());
        if left >= SHORTEST_BAR {
            return format!("{} {words}", bar(stats.work(), left.min(LONGEST_BAR)));
        }
    }
    let shorter = [without_rate, joined([&count, &failed]), joined([&count])];
    let [.., last] = &shorter;
    let fitting = shorter.iter().find(|words| text::columns(words) <= room);
    text::cut_end(fitting.unwrap_or(last), room)
}

fn joined<const N: usize>(parts: [&Option<String>; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(GAP)
}

fn bar((done, total): (u64, u64), width: usize) -> String {
    let filled = u128::from(done) * width as u128 / u128::from(total.max(1));
    let filled = usize::try_from(filled).unwrap_or(width).min(width);
    let tip = if filled < width { ">" } else { "" };
    let rest = width - filled - tip.len();
    format!("[{}{tip}{}]", "=".repeat(filled), " ".repeat(rest))
}

/// What is shown from the order to stop until the end.
pub(super) fn stopping_line(cause: StopCause, columns: usize) -> String {
    text::cut_end(stopping(cause), columns.saturating_sub(1))
}

/// What a run that is told to stop does now.
pub(in crate::report) const fn stopping(cause: StopCause) -> &'static str {
    match cause {
        StopCause::Interrupted => "stopping: finishing what is in hand, Ctrl-C again to kill",
        StopCause::TooManyFailures => "stopping: too many images failed, finishing what is in hand",
        StopCause::CannotGoOn => "stopping: the run cannot go on",
    }
}

/// A line for each worker that has an image in hand, as many as there is room for.
pub(super) fn worker_lines(
    workers: &Workers,
    window: Size,
    shows_pids: bool,
    now: Instant,
) -> Vec<String> {
    let room = window.rows.saturating_sub(OTHER_ROWS).min(MOST_WORKERS);
    let busy = workers.busy().count();
    // The line that says how many more there are takes the place of one of them.
    let shown = if busy > room {
        room.saturating_sub(1)
    } else {
        busy
    };
    let mut lines: Vec<String> = workers
        .busy()
        .take(shown)
        .map(|(number, in_hand)| worker_line(number, in_hand, window.columns, shows_pids, now))
        .collect();
    if busy > shown && room > 0 {
        let more = text::counted(busy - shown, "more worker", "more workers");
        let more = format!("+{more}");
        lines.push(text::cut_end(&more, window.columns.saturating_sub(1)));
    }
    lines
}

/// ` 2 pid 4711  photos/a.jpg  decode 12 s`. The name gives way first, to a point; then the process id goes, the time,
/// and the stage.
fn worker_line(
    number: usize,
    in_hand: &InHand,
    columns: usize,
    shows_pids: bool,
    now: Instant,
) -> String {
    let room = columns.saturating_sub(1);
    let slim = format!("{number:>2}");
    let stage = in_hand.stage.word();
    let with_pid = shows_pids.then(|| format!("{slim} pid {}", in_hand.pid));
    let time = now.saturating_duration_since(in_hand.since);
    let with_time = (time > LONG).then(|| format!("{stage} {} s", time.as_secs()));
    let long_head = with_pid.as_deref().unwrap_or(&slim);
    let long_tail = with_time.as_deref().unwrap_or(stage);

    let needed = text::columns(&in_hand.file).min(SHORTEST_NAME);
    let around = [(long_head, long_tail), (&slim, long_tail), (&slim, stage)];
    for (head, tail) in around {
        let taken = text::columns(head) + text::columns(tail) + 2 * GAP.len();
        let left = room.saturating_sub(taken);
        if left >= needed {
            let name = text::cut_middle(&in_hand.file, left);
            return [head, &name, tail].join(GAP);
        }
    }
    let left = room.saturating_sub(slim.len() + GAP.len());
    let name = text::cut_middle(&in_hand.file, left);
    text::cut_end(&format!("{slim}{GAP}{name}"), room)
}

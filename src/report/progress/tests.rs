use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use indicatif::{InMemoryTerm, TermLike};

use super::super::samples;
use super::super::text;
use super::painter::Painter;
use super::window::{Measure, Output, Size};
use super::*;
use crate::failure::Stage;
use crate::job::{JobId, WorkerId};

/// A terminal in memory that understands what is written to it, with a size that can be told wrong, as after a resize.
#[derive(Clone)]
struct Terminal {
    emulator: InMemoryTerm,
    size: Arc<Mutex<Size>>,
    written: Arc<Mutex<usize>>,
}

impl Terminal {
    fn new(columns: u16, rows: u16) -> Self {
        let size = Size {
            columns: columns.into(),
            rows: rows.into(),
        };
        Self {
            emulator: InMemoryTerm::new(rows, columns),
            size: Arc::new(Mutex::new(size)),
            written: Arc::default(),
        }
    }

    fn screen(&self) -> Screen {
        let output: Output = Arc::new(Mutex::new(self.clone()));
        let size = Arc::clone(&self.size);
        let measure: Measure = Arc::new(move || *size.lock().unwrap());
        let target = Painter::target(Arc::clone(&output), Arc::clone(&measure));
        Screen::with_bar(output, target, measure)
    }

    fn shows(&self) -> String {
        self.emulator.contents()
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.written.lock().unwrap() += bytes.len();
        let text = std::str::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        self.emulator.write_str(&text).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A bar on a terminal, and a clock to move by hand.
struct Scene {
    terminal: Terminal,
    screen: Screen,
    progress: Progress,
    now: Instant,
}

impl Scene {
    fn new(columns: u16, rows: u16) -> Self {
        let terminal = Terminal::new(columns, rows);
        let screen = terminal.screen();
        Self {
            terminal,
            progress: Progress::new(screen.clone()),
            screen,
            now: Instant::now(),
        }
    }

    fn tell(&mut self, event: &Event) {
        self.progress.observe_at(event, self.now);
    }

    fn pass(&mut self, millis: u64) -> String {
        self.now += Duration::from_millis(millis);
        self.tell(&Event::Tick);
        self.terminal.shows()
    }

    /// A run with twelve of twenty-nine images settled after four seconds, and three in hand.
    fn underway(columns: u16, rows: u16) -> Self {
        let mut scene = Self::new(columns, rows);
        scene.tell(&samples::run_started(29, 29_000));
        scene.now += Duration::from_secs(4);
        for job in 0..10 {
            scene.tell(&samples::job_done(job, 1_000));
        }
        for job in 10..12 {
            scene.tell(&samples::job_failed(job));
        }
        scene.tell(&samples::job_started(12, 0));
        scene.tell(&samples::job_entered(12, 0, Stage::Decode));
        scene.tell(&Event::JobStarted {
            job: JobId(13),
            worker: WorkerId(2),
            pid: 4002,
            source: "photos/2024/summer/写真\u{1b}[2J/a long way to the beach.tiff".into(),
        });
        scene.tell(&samples::job_entered(13, 2, Stage::Encode));
        scene.pass(3_200);
        scene.tell(&samples::job_started(14, 1));
        scene.tell(&samples::job_entered(14, 1, Stage::Operate));
        scene.pass(100);
        scene
    }
}

#[test]
fn lines_at_a_width_of_200() {
    insta::assert_snapshot!(Scene::underway(200, 24).terminal.shows(), @r"
    [================>                       ] 12/29  2 failed  10.4 MP/s  eta 0:10
     1 pid 4000  photos/12.jpg  decode 3 s
     2 pid 4002  photos/2024/summer/写真\u{1b}[2J/a long way to the beach.tiff  encode 3 s
     3 pid 4001  photos/14.jpg  operate
    ");
}

#[test]
fn lines_at_a_width_of_80() {
    insta::assert_snapshot!(Scene::underway(80, 24).terminal.shows(), @"
    [================>                       ] 12/29  2 failed  10.4 MP/s  eta 0:10
     1 pid 4000  photos/12.jpg  decode 3 s
     2 pid 4002  photos/2024/summe…{1b}[2J/a long way to the beach.tiff  encode 3 s
     3 pid 4001  photos/14.jpg  operate
    ");
}

#[test]
fn lines_at_a_width_of_40() {
    insta::assert_snapshot!(Scene::underway(40, 24).terminal.shows(), @"
    [====>      ] 12/29  2 failed  eta 0:10
     1 pid 4000  photos/12.jpg  decode 3 s
     2 pid 4002  phot…each.tiff  encode 3 s
     3 pid 4001  photos/14.jpg  operate
    ");
}

#[test]
fn lines_at_a_width_of_20() {
    insta::assert_snapshot!(Scene::underway(20, 24).terminal.shows(), @"
    12/29  2 failed
     1  photos/12.jpg
     2  phot…beach.tiff
     3  photos/14.jpg
    ");
}

#[test]
fn lines_never_reach_the_edge_at_any_width() {
    for columns in 1..130 {
        let mut scene = Scene::underway(columns, 24);
        let cause = StopCause::Interrupted;
        scene.tell(&Event::Stopping { cause });
        for line in scene.pass(100).lines() {
            assert!(
                text::columns(line) < usize::from(columns).max(2),
                "{columns}: {line}"
            );
        }
    }
}

#[test]
fn a_resize_changes_the_next_paint() {
    let mut scene = Scene::underway(80, 24);
    scene.terminal.size.lock().unwrap().columns = 40;
    let narrow = scene.pass(100);
    assert_eq!(narrow.lines().count(), 4);
    assert!(
        narrow.lines().all(|line| text::columns(line) < 40),
        "{narrow}"
    );
    scene.terminal.size.lock().unwrap().columns = 80;
    assert!(scene.pass(100).lines().any(|line| text::columns(line) > 40));
    scene.terminal.size.lock().unwrap().rows = 5;
    let low = scene.pass(100);
    assert!(low.ends_with("+2 more workers"), "{low}");
    assert_eq!(low.lines().count(), 3);
}

#[test]
fn nothing_is_painted_at_first_and_seldom_later() {
    let mut scene = Scene::new(80, 24);
    let written = Arc::clone(&scene.terminal.written);
    let paints = move || std::mem::take(&mut *written.lock().unwrap()) > 0;
    scene.tell(&samples::run_started(1_000, 1_000));
    for job in 0..39 {
        scene.tell(&samples::job_done(job, 1));
        scene.pass(10);
    }
    assert!(!paints(), "painted before 400 ms");
    let times: Vec<usize> = (0..100)
        .filter(|_| {
            scene.pass(10);
            paints()
        })
        .collect();
    assert_eq!(times.len(), 13, "{times:?}");
    assert!(times.is_sorted_by(|a, b| b - a >= 8), "{times:?}");
}

#[test]
fn the_run_over_soon_leaves_the_terminal_untouched() {
    let mut scene = Scene::new(80, 24);
    scene.tell(&samples::run_started(1, 1));
    scene.pass(300);
    scene.tell(&samples::run_ended(samples::summary()));
    scene.pass(300);
    assert_eq!(*scene.terminal.written.lock().unwrap(), 0);
}

#[test]
fn messages_stand_above_and_the_bar_leaves_nothing_behind() {
    let mut scene = Scene::underway(40, 24);
    scene
        .screen
        .line("a message that is longer than the window is wide");
    let shown = scene.pass(100);
    assert!(
        shown.starts_with("a message that is longer than the window\n is wide\n["),
        "{shown}"
    );
    assert_eq!(shown.matches("12/29").count(), 1, "{shown}");
    scene.tell(&samples::run_ended(samples::summary()));
    scene.screen.line("29 done");
    scene.pass(1_000);
    assert_eq!(
        scene.terminal.shows(),
        "a message that is longer than the window\n is wide\n29 done"
    );
}

#[test]
fn messages_before_the_first_paint_bring_no_bar() {
    let mut scene = Scene::new(40, 24);
    scene.tell(&samples::run_started(2, 2));
    scene.screen.line("first");
    scene.screen.line("second");
    assert_eq!(scene.terminal.shows(), "first\nsecond");
    let shown = scene.pass(500);
    assert!(shown.starts_with("first\nsecond\n["), "{shown}");
}

#[test]
fn a_bar_that_is_dropped_in_mid_run_is_taken_away() {
    let scene = Scene::underway(80, 24);
    let Scene {
        terminal,
        screen,
        progress,
        ..
    } = scene;
    drop((screen, progress));
    assert_eq!(terminal.shows(), "");
}

#[test]
fn a_screen_serves_one_run_after_the_other() {
    let mut scene = Scene::underway(80, 24);
    scene.tell(&samples::run_ended(samples::summary()));
    scene.progress = Progress::new(scene.screen.clone());
    scene.tell(&samples::run_started(5, 5_000));
    let shown = scene.pass(500);
    assert!(shown.starts_with('[') && shown.contains("0/5"), "{shown}");
    scene.tell(&samples::run_ended(samples::summary()));
    assert_eq!(scene.terminal.shows(), "");
}

#[test]
fn each_line_has_an_end_of_its_own() {
    let sink = samples::Sink::default();
    let output: Output = Arc::new(Mutex::new(sink.clone()));
    let measure: Measure = Arc::new(|| Size {
        columns: 80,
        rows: 24,
    });
    let target = Painter::target(Arc::clone(&output), Arc::clone(&measure));
    let screen = Screen::with_bar(output, target, measure);
    for _ in 0..2 {
        screen.paint(&["one".to_owned(), "two".to_owned()]);
        let painted = sink.take();
        assert!(painted.ends_with("one\r\ntwo"), "{painted:?}");
    }
}

#[test]
fn an_order_to_stop_is_shown() {
    let mut scene = Scene::underway(80, 24);
    let cause = StopCause::Interrupted;
    scene.tell(&Event::Stopping { cause });
    let shown = scene.pass(100);
    let second = shown.lines().nth(1);
    assert_eq!(
        second,
        Some("stopping: finishing what is in hand, Ctrl-C again to kill")
    );
}

#[test]
fn as_many_workers_are_shown_as_there_are_rows() {
    for (rows, lines, more) in [
        (24, 17, "+5 more workers"),
        (10, 8, "+14 more workers"),
        (4, 2, "+20 more workers"),
        (3, 1, ""),
        (1, 1, ""),
    ] {
        let mut scene = Scene::new(80, rows);
        scene.tell(&samples::run_started(29, 29_000));
        for worker in 0..20 {
            scene.tell(&samples::job_started(worker, worker));
        }
        let shown = scene.pass(500);
        assert_eq!(shown.lines().count(), lines, "{rows} rows: {shown}");
        assert!(shown.ends_with(more), "{rows} rows: {shown}");
    }
}

#[test]
fn threads_have_no_process_id_worth_showing() {
    let mut scene = Scene::new(80, 24);
    let mut started = samples::run_started(2, 2);
    if let Event::RunStarted { isolation, .. } = &mut started {
        *isolation = Isolation::Thread;
    }
    scene.tell(&started);
    scene.tell(&samples::job_started(0, 0));
    assert!(!scene.pass(500).contains("pid"));
}

#[test]
fn a_hundred_thousand_jobs_leave_nothing_in_memory() {
    let mut scene = Scene::new(80, 24);
    scene.tell(&samples::run_started(100_000, 100_000_000));
    for job in 0..100_000 {
        scene.tell(&samples::job_started(job, job % 4));
        scene.tell(&samples::job_done(job, 1_000));
        scene.now += Duration::from_micros(500);
    }
    assert_eq!(scene.progress.workers.busy().count(), 0);
    let shown = scene.pass(100);
    assert!(shown.contains("100000/100000"), "{shown}");
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

//! Words and numbers as people read them. Pure: no clock, no terminal.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// A path that can be shown: control characters, and those that reorder what follows, are escaped, for a file name
/// may hold whole terminal commands.
pub(super) fn shown(path: &Path) -> String {
    harmless(&path.to_string_lossy())
}

/// A text of unknown origin that can be shown. Line breaks are escaped too.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, c| {
            if is_harmful(c) {
                safe.extend(c.escape_default());
            } else {
                safe.push(c);
            }
            safe
        })
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// How many columns of a terminal a text takes. Errs on the wide side, so that nothing wraps.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// East Asian wide characters and pictures take two columns. Characters without width are counted as one: an unused
/// column does no harm.
const fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{2329}'..='\u{232a}'
        | '\u{23e9}'..='\u{23f3}'
        | '\u{25fd}'..='\u{25fe}'
        | '\u{2614}'..='\u{27bf}'
        | '\u{2b1b}'..='\u{2b55}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe10}'..='\u{fe6b}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{16fe0}'..='\u{18cff}'
        | '\u{1aff0}'..='\u{1b2ff}'
        | '\u{1f004}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// The text, or its beginning and an ellipsis.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let mut kept: String = fitting(text.chars(), room).collect();
    kept.push('…');
    kept
}

/// The text, or its two ends and an ellipsis. The end keeps more: of a path it says most.
pub(super) fn cut_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let mut kept: String = fitting(text.chars(), room / 3).collect();
    let tail: Vec<char> = fitting(text.chars().rev(), room - columns(&kept)).collect();
    kept.push('…');
    kept.extend(tail.iter().rev());
    kept
}

fn fitting(chars: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    chars.scan(0, move |used, c| {
        *used += columns_of(c);
        (*used <= room).then_some(c)
    })
}

/// `1 image`, `2 images`.
pub(super) fn images(count: usize) -> String {
    counted(count, "image", "images")
}

/// Behind how many images are done: how many of them there are warnings about.
pub(super) fn warned(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " (1 with a warning)".to_owned(),
        _ => format!(" ({count} with warnings)"),
    }
}

/// A number and what it counts, in the form for one or for any other number.
pub(super) fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// `999 B`, `14 kB`, `1.2 MB`.
pub(super) fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    scaled(count, 1_000, &["kB", "MB", "GB", "TB", "PB", "EB"])
}

/// `0.3 MP`, `246 MP`, `1.2 GP`.
pub(super) fn pixels(count: u64) -> String {
    scaled(count, 1_000_000, &["MP", "GP", "TP", "PP"])
}

/// In the first of the units, each a thousand of the one before, that keeps the number under a thousand; one decimal
/// below a hundred, unless that is zero.
fn scaled(count: u64, first: u64, units: &[&str]) -> String {
    let count = u128::from(count);
    let mut one = u128::from(first);
    let mut units = units.iter().peekable();
    while let Some(unit) = units.next() {
        let tenths = (count * 10 + one / 2) / one;
        let whole = (count + one / 2) / one;
        if whole < 1000 || units.peek().is_none() {
            return if tenths < 1000 && !tenths.is_multiple_of(10) {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            } else {
                format!("{whole} {unit}")
            };
        }
        one *= 1000;
    }
    count.to_string()
}

/// Pixels per second, always with one decimal so that it does not dance.
pub(super) fn rate(pixels_per_second: f64) -> String {
    format!("{:.1} MP/s", pixels_per_second / 1e6)
}

/// `38 ms`, `3.2 s`, `38 s`, `5 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match time.as_millis() {
        millis @ 0..950 => format!("{millis} ms"),
        950..9_950 => format!("{:.1} s", time.as_secs_f64()),
        9_950..10_000 => "10 s".to_owned(),
        10_000..60_000 => format!("{seconds} s"),
        60_000..3_600_000 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600_000..86_400_000 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    let mut text = format!("{large} {large_unit}");
    if small > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, " {small} {small_unit}");
    }
    text
}

/// As on a clock: `0:03`, `12:40`, `1:02:03`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_shown() {
        let name = "a\u{1b}[2Jb\nc\u{9b}d\u{202e}gpj.exe\u{7f}";
        let text = shown(Path::new(name));
        assert_eq!(text, r"a\u{1b}[2Jb\nc\u{9b}d\u{202e}gpj.exe\u{7f}");
        assert_eq!(shown(Path::new("ünïcode 写真.jpg")), "ünïcode 写真.jpg");
    }

    #[test]
    fn cut_texts_fit_and_keep_their_ends() {
        assert_eq!(cut_middle("photos/holiday/beach.jpg", 14), "phot…beach.jpg");
        assert_eq!(cut_end("stopping: finishing", 9), "stopping…");
        for text in [
            "photos/holiday/beach.jpg",
            "写真/夏休み/海岸の写真.jpg",
            "",
            "a",
        ] {
            for width in 0..40 {
                assert!(
                    columns(&cut_middle(text, width)) <= width,
                    "{text} in {width}"
                );
                assert!(columns(&cut_end(text, width)) <= width, "{text} in {width}");
            }
        }
    }

    #[test]
    fn numbers_are_readable_at_every_magnitude() {
        let sizes = [
            0, 999, 1_000, 14_000, 14_049, 99_949, 99_951, 999_499, 999_500, 1_234_567,
        ]
        .map(bytes)
        .join(", ");
        assert_eq!(
            sizes,
            "0 B, 999 B, 1 kB, 14 kB, 14 kB, 99.9 kB, 100 kB, 999 kB, 1 MB, 1.2 MB"
        );
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(pixels(76_800), "0.1 MP");
        assert_eq!(pixels(246_400_000), "246 MP");
        assert_eq!(pixels(246_600_000), "247 MP");
        assert_eq!(rate(41e6), "41.0 MP/s");
    }

    #[test]
    fn times_are_readable_at_every_magnitude() {
        let text = |millis| duration(Duration::from_millis(millis));
        let times = [
            0,
            38,
            949,
            950,
            3_240,
            9_949,
            9_950,
            38_999,
            60_000,
            320_000,
            7_500_000,
            273_600_000,
        ];
        assert_eq!(
            times.map(text).join(", "),
            "0 ms, 38 ms, 949 ms, 0.9 s, 3.2 s, 9.9 s, 10 s, 38 s, 1 min, 5 min 20 s, 2 h 5 min, 3 d 4 h"
        );
        assert_eq!(clock(Duration::from_secs(3)), "0:03");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(
            [0, 1, 2].map(images).join(", "),
            "0 images, 1 image, 2 images"
        );
    }
}

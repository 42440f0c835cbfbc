//! Attacks in good form: messages that any worker might send, and that are not true.

use std::io::{Read, Write};

use lightmill::codecs::Format;
use lightmill::failure::{FailureKind, Stage};
use lightmill::image::Size;
use lightmill::job::{JobId, Rendered};
use lightmill::protocol::{self, MAX_MESSAGE, Reply};
use lightmill::warning::{Warning, WarningKind};

use super::hostile::{Hostile, leave, rendered};

pub(crate) fn silence(_hostile: &mut Hostile) {}

pub(crate) fn silence_at_work(hostile: &mut Hostile) {
    hostile.begin();
}

pub(crate) fn spin(hostile: &mut Hostile) {
    hostile.begin();
    loop {
        std::hint::spin_loop();
    }
}

pub(crate) fn leaves_with_work(_hostile: &mut Hostile) {
    leave();
}

pub(crate) fn leaves_at_work(hostile: &mut Hostile) {
    hostile.begin();
    leave();
}

pub(crate) fn begins_the_job_of_another(hostile: &mut Hostile) {
    hostile.begin();
    hostile.say(&Reply::Started(JobId(hostile.job().0 ^ 1)));
}

pub(crate) fn begins_no_job_at_all(hostile: &mut Hostile) {
    hostile.begin();
    hostile.say(&Reply::Started(JobId(u32::MAX)));
}

pub(crate) fn begins_twice(hostile: &mut Hostile) {
    hostile.begin();
    hostile.begin();
}

pub(crate) fn ends_what_it_has_not_begun(hostile: &mut Hostile) {
    hostile.say(&Reply::Rendered(hostile.job(), rendered(1)));
}

pub(crate) fn ends_twice(hostile: &mut Hostile) {
    hostile.begin();
    hostile.claim(FailureKind::Damaged, "once");
    hostile.claim(FailureKind::Damaged, "twice");
}

pub(crate) fn speaks_without_end(hostile: &mut Hostile) {
    hostile.begin();
    let word = protocol::encode(&Reply::Entered(hostile.job(), Stage::Operate)).unwrap();
    for _ in 0..100_000 {
        hostile.say_bytes(&word);
    }
}

impl Hostile {
    /// Writes this into the staging file, says that, and leaves.
    fn pretend(&self, content: &[u8], said: Rendered) {
        self.begin();
        self.staging().write_all(content).unwrap();
        self.say(&Reply::Rendered(self.job(), said));
        leave();
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

pub(crate) fn says_done_and_wrote_nothing(hostile: &mut Hostile) {
    hostile.pretend(b"", rendered(1000));
}

pub(crate) fn says_done_with_nothing(hostile: &mut Hostile) {
    hostile.pretend(b"", rendered(0));
}

pub(crate) fn says_done_with_garbage(hostile: &mut Hostile) {
    hostile.pretend(&[b'x'; 1000], rendered(1000));
}

pub(crate) fn says_done_with_another_format(hostile: &mut Hostile) {
    hostile.pretend(b"\xff\xd8\xff\xe0\0\x10JFIF", rendered(10));
}

pub(crate) fn lies_about_the_length(hostile: &mut Hostile) {
    hostile.pretend(PNG, rendered(u64::MAX));
}

pub(crate) fn lies_about_the_size(hostile: &mut Hostile) {
    let before = Size::new(u32::MAX, u32::MAX);
    let micros = u64::MAX;
    let said = Rendered {
        before,
        micros,
        ..rendered(PNG.len() as u64)
    };
    hostile.pretend(PNG, said);
}

pub(crate) fn answers_another_question(hostile: &mut Hostile) {
    hostile.begin();
    hostile.say(&Reply::Surveyed(
        hostile.job(),
        Size::new(1, 1),
        Size::new(1, 1),
    ));
    leave();
}

pub(crate) fn needs_all_the_memory_there_is(hostile: &mut Hostile) {
    hostile.begin();
    hostile.say(&Reply::TooBig(hostile.job(), u64::MAX));
    leave();
}

/// The picture is as it should be; what is said of it is not.
fn warns(hostile: &Hostile, warnings: &[Warning]) -> ! {
    hostile.begin();
    let (mut input, mut staging) = hostile.files();
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).unwrap();
    let recipe = &hostile.setup.recipe;
    let made = recipe.process(&bytes, Format::Png, Format::Png, u64::MAX, &mut |_| {});
    let made = made.unwrap().bytes;
    staging.write_all(&made).unwrap();
    let said = Rendered {
        crc: crc32fast::hash(&made),
        ..rendered(made.len() as u64)
    };
    let mut message = protocol::encode(&Reply::Rendered(hostile.job(), said)).unwrap();
    // The last bytes are the numbers of warnings and of dropped parts, both zero.
    assert_eq!(message.split_off(message.len() - 2), [0, 0]);
    message.extend(postcard::to_stdvec(warnings).unwrap());
    message.push(0);
    hostile.say_bytes(&message);
    leave()
}

fn warning(reason: String) -> Warning {
    let kind = WarningKind::Damaged;
    Warning { kind, reason }
}

pub(crate) fn warns_the_terminal(hostile: &mut Hostile) {
    let orders = "\x1b]0;taken\x07\x1b[2J\r\n".repeat(200);
    warns(hostile, &vec![warning(orders); 15]);
}

/// As many as fit into a message.
pub(crate) fn warns_without_end(hostile: &mut Hostile) {
    let warnings: Vec<Warning> = (0..10_000).map(|at| warning(format!("{at:04}"))).collect();
    warns(hostile, &warnings);
}

fn claims(hostile: &Hostile, kind: FailureKind) -> ! {
    hostile.begin();
    hostile.claim(kind, "so it says");
    leave()
}

pub(crate) fn claims_a_full_disk(hostile: &mut Hostile) {
    claims(hostile, FailureKind::DiskFull);
}

pub(crate) fn claims_that_the_folder_is_gone(hostile: &mut Hostile) {
    claims(hostile, FailureKind::OutputGone);
}

pub(crate) fn claims_that_files_cannot_be_opened(hostile: &mut Hostile) {
    claims(hostile, FailureKind::NoDescriptors);
}

pub(crate) fn speaks_to_the_terminal(hostile: &mut Hostile) {
    hostile.begin();
    hostile.claim(
        FailureKind::Damaged,
        &"\x1b]0;taken\x07\x1b[2J\r\n".repeat(3700),
    );
    leave();
}

/// As long as a message may be, and all of it one word.
pub(crate) fn speaks_as_long_as_it_may(hostile: &mut Hostile) {
    hostile.begin();
    let room = MAX_MESSAGE - 16;
    hostile.claim(FailureKind::Damaged, &"x".repeat(room));
    leave();
}

/// As many causes as fit into a message: each would take more memory than its byte.
pub(crate) fn gives_reasons_without_end(hostile: &mut Hostile) {
    hostile.begin();
    let failed = Reply::Failed(hostile.job(), nameless(vec![String::new(); 60_000]));
    hostile.say(&failed);
    leave();
}

/// A list that says it is longer than memory.
pub(crate) fn announces_a_list_without_end(hostile: &mut Hostile) {
    hostile.begin();
    let mut bytes = protocol::encode(&Reply::Failed(hostile.job(), nameless(Vec::new()))).unwrap();
    // The length of the list was the last byte, a zero.
    bytes.pop();
    bytes.extend([0xff; 9]);
    bytes.push(1);
    hostile.say_bytes(&bytes);
}

fn nameless(causes: Vec<String>) -> lightmill::failure::Failure {
    lightmill::failure::Failure {
        stage: Stage::Decode,
        kind: FailureKind::Damaged,
        causes,
    }
}

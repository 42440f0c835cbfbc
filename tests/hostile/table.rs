//! Every attack, what it is called by the coordinator, and what it may cost.

use lightmill::failure::FailureKind;

use super::hostile::Hostile;
use super::{packets, words};

/// One attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) act: Act,
    /// Part of what is reported, as the worker's end or the image's.
    pub(crate) told: &'static str,
    pub(crate) cost: Cost,
}

/// When it is carried out.
pub(crate) enum Act {
    /// In place of a hello, with the server's name.
    Before(fn(&str)),
    /// With a first shard in hand.
    AtWork(fn(&mut Hostile)),
}

/// What it may cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The worker. If every worker does it, each image fails for want of one.
    Worker,
    /// The same, where the worker is ended for taking too long.
    Time,
    /// The worker, with nobody to blame. If every worker does it, the run is given up.
    Run,
    /// Nothing: the image is done, and something is said of it that is not so.
    Nothing,
    /// The image in hand, which fails in this way.
    Image(FailureKind),
}

const fn at_work(
    name: &'static str,
    act: fn(&mut Hostile),
    told: &'static str,
    cost: Cost,
) -> Attack {
    let act = Act::AtWork(act);
    Attack {
        name,
        act,
        told,
        cost,
    }
}

const fn before(name: &'static str, act: fn(&str), told: &'static str) -> Attack {
    let (act, cost) = (Act::Before(act), Cost::Run);
    Attack {
        name,
        act,
        told,
        cost,
    }
}

const FORGED: &str = "sent a packet that is no message";
const LADEN: &str = "attached files to a message";
const NONSENSE: &str = "sent nonsense";
const CLOSED: &str = "closed its channel";
const FLOOD: &str = "said more than it had occasion to";
const LEFT: &str = "exited with status 0";

/// An attack that costs the worker, told in these words.
macro_rules! worker {
    ($module:ident :: $act:ident, $told:expr) => {
        at_work(stringify!($act), $module::$act, $told, Cost::Worker)
    };
}

/// An attack that costs the image.
macro_rules! image {
    ($act:ident, $told:expr, $kind:ident) => {
        at_work(
            stringify!($act),
            words::$act,
            $told,
            Cost::Image(FailureKind::$kind),
        )
    };
}

pub(crate) const ATTACKS: &[Attack] = &[
    worker!(packets::one_byte, FORGED),
    worker!(packets::empty_packet, CLOSED),
    worker!(packets::first_fragment_alone, LADEN),
    worker!(packets::first_fragment_with_both_ends, LADEN),
    worker!(packets::message_of_64_tebibytes, LADEN),
    worker!(packets::message_of_half_the_address_space, LADEN),
    worker!(packets::message_without_its_rest, FORGED),
    worker!(packets::packet_shorter_than_its_header, FORGED),
    worker!(packets::packet_shorter_than_its_header_with_a_socket, LADEN),
    worker!(packets::packet_longer_than_it_is, FORGED),
    worker!(packets::message_that_is_too_long, FORGED),
    worker!(packets::file_attached, LADEN),
    worker!(packets::sockets_in_every_message, LADEN),
    worker!(packets::as_many_files_as_fit, LADEN),
    worker!(packets::channel_hidden_in_the_command_channel, LEFT),
    worker!(packets::channel_hidden_in_standard_input, LEFT),
    worker!(packets::channel_hidden_in_itself, LADEN),
    worker!(packets::upstream_filled, LEFT),
    worker!(packets::garbage_in_good_packets, NONSENSE),
    worker!(packets::garbage_for_packets, FORGED),
    worker!(packets::channel_closed, CLOSED),
    worker!(packets::stderr_flooded, LEFT),
    worker!(words::leaves_at_work, LEFT),
    at_work("leaves_with_work", words::leaves_with_work, LEFT, Cost::Run),
    worker!(words::begins_the_job_of_another, "which was not its next"),
    worker!(words::begins_no_job_at_all, "which was not its next"),
    worker!(words::begins_twice, "which was not its next"),
    worker!(words::speaks_without_end, FLOOD),
    worker!(words::announces_a_list_without_end, NONSENSE),
    at_work(
        "ends_what_it_has_not_begun",
        words::ends_what_it_has_not_begun,
        "which it had not begun",
        Cost::Run,
    ),
    image!(ends_twice, "once", Damaged),
    image!(
        says_done_and_wrote_nothing,
        "and should have 1000",
        Unwritable
    ),
    image!(says_done_with_nothing, "is no png", Internal),
    image!(says_done_with_garbage, "is no png", Internal),
    image!(says_done_with_another_format, "is no png", Internal),
    image!(lies_about_the_length, "and should have", Unwritable),
    image!(lies_about_the_size, "which cannot be", Internal),
    image!(
        answers_another_question,
        "something else than was asked",
        Internal
    ),
    image!(needs_all_the_memory_there_is, "of memory", OutOfMemory),
    image!(claims_a_full_disk, "so it says", DiskFull),
    image!(claims_that_the_folder_is_gone, "so it says", OutputGone),
    image!(
        claims_that_files_cannot_be_opened,
        "so it says",
        NoDescriptors
    ),
    image!(speaks_to_the_terminal, "0;taken", Damaged),
    image!(speaks_as_long_as_it_may, "xxxx", Damaged),
    image!(gives_reasons_without_end, "", Damaged),
    at_work(
        "warns_the_terminal",
        words::warns_the_terminal,
        "0;taken",
        Cost::Nothing,
    ),
    at_work(
        "warns_without_end",
        words::warns_without_end,
        "0007; decoded",
        Cost::Nothing,
    ),
    at_work(
        "silence_at_work",
        words::silence_at_work,
        "was not done after",
        Cost::Time,
    ),
    at_work("spin", words::spin, "of CPU time", Cost::Time),
    at_work("silence", words::silence, "was not done after", Cost::Run),
    before(
        "garbage_for_hello",
        packets::garbage_for_hello,
        "something else than hello",
    ),
    before("endless_hello", packets::endless_hello, "said nothing for"),
    before(
        "hello_of_64_tebibytes",
        packets::hello_of_64_tebibytes,
        "said nothing for",
    ),
    before("no_hello", packets::no_hello, "said nothing for"),
    before(
        "silent_connection",
        packets::silent_connection,
        "said nothing for",
    ),
    before(
        "hello_of_another_version",
        packets::hello_of_another_version,
        "answered in its place",
    ),
    before(
        "hello_of_another_process",
        packets::hello_of_another_process,
        "answered in its place",
    ),
    before("two_hellos", packets::two_hellos, LEFT),
];

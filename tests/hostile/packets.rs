//! Attacks below the protocol: packets and descriptors that no worker sends.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ipc_channel::ipc::IpcSender;
use lightmill::failure::Stage;
use lightmill::protocol::{self, Hello, MAX_MESSAGE, Reply};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    sendmsg, socketpair,
};

use super::hostile::{Hostile, descriptor, hello, leave};

/// The length of the packet, and that of the message.
const HEADER: usize = 2 * size_of::<usize>();

/// The most descriptors that the kernel attaches to one packet.
const MOST_FILES: usize = 253;

fn packet(length: usize, message: usize, body: &[u8]) -> Vec<u8> {
    [&length.to_ne_bytes(), &message.to_ne_bytes(), body].concat()
}

/// A packet as it should be.
fn message(body: &[u8]) -> Vec<u8> {
    packet(HEADER + body.len(), body.len(), body)
}

fn pair() -> (OwnedFd, OwnedFd) {
    let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
    socketpair(AddressFamily::UNIX, kind, flags, None).unwrap()
}

/// Sends a packet with files. It may be that nobody takes it any more.
fn send(over: BorrowedFd<'_>, bytes: &[u8], files: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(files)));
    }
    let parts = [IoSlice::new(bytes)];
    let _taken = sendmsg(over, &parts, &mut control, SendFlags::NOSIGNAL);
}

impl Hostile {
    fn socket(&self) -> BorrowedFd<'_> {
        descriptor(self.replies.as_ref().unwrap())
    }

    /// Begins its job, and sends a packet with files.
    fn strike(&self, bytes: &[u8], files: &[BorrowedFd<'_>]) {
        self.begin();
        send(self.socket(), bytes, files);
    }
}

pub(crate) fn one_byte(hostile: &mut Hostile) {
    hostile.strike(&[1], &[]);
}

pub(crate) fn empty_packet(hostile: &mut Hostile) {
    hostile.strike(&[], &[]);
}

pub(crate) fn first_fragment_alone(hostile: &mut Hostile) {
    let (theirs, _ours) = pair();
    hostile.strike(&packet(HEADER + 4, 1 << 20, b"once"), &[theirs.as_fd()]);
}

/// Both ends of the channel for the rest go to the coordinator: it would wait for itself, even when we are dead.
pub(crate) fn first_fragment_with_both_ends(hostile: &mut Hostile) {
    let (one, other) = pair();
    let files = [one.as_fd(), other.as_fd()];
    hostile.strike(&packet(HEADER + 4, 1 << 20, b"once"), &files);
}

pub(crate) fn message_of_64_tebibytes(hostile: &mut Hostile) {
    let (theirs, _ours) = pair();
    hostile.strike(&packet(HEADER + 4, 1 << 46, b"once"), &[theirs.as_fd()]);
}

pub(crate) fn message_of_half_the_address_space(hostile: &mut Hostile) {
    let (theirs, _ours) = pair();
    let most = usize::MAX / 2;
    hostile.strike(&packet(HEADER + 4, most, b"once"), &[theirs.as_fd()]);
}

pub(crate) fn message_without_its_rest(hostile: &mut Hostile) {
    hostile.strike(&packet(HEADER + 4, 1 << 20, b"once"), &[]);
}

pub(crate) fn packet_shorter_than_its_header(hostile: &mut Hostile) {
    hostile.strike(&8_usize.to_ne_bytes(), &[]);
}

pub(crate) fn packet_shorter_than_its_header_with_a_socket(hostile: &mut Hostile) {
    let (theirs, _ours) = pair();
    hostile.strike(&8_usize.to_ne_bytes(), &[theirs.as_fd()]);
}

pub(crate) fn packet_longer_than_it_is(hostile: &mut Hostile) {
    hostile.strike(&packet(usize::MAX, 4, b"once"), &[]);
}

pub(crate) fn message_that_is_too_long(hostile: &mut Hostile) {
    hostile.strike(&message(&vec![0; MAX_MESSAGE + 1]), &[]);
}

fn honest_words(hostile: &Hostile) -> Vec<u8> {
    let reply = Reply::Entered(hostile.job(), Stage::Operate);
    message(&protocol::encode(&reply).unwrap())
}

pub(crate) fn file_attached(hostile: &mut Hostile) {
    let file = File::open("/proc/self/exe").unwrap();
    hostile.strike(&honest_words(hostile), &[file.as_fd()]);
}

pub(crate) fn sockets_in_every_message(hostile: &mut Hostile) {
    hostile.begin();
    let pairs: Vec<_> = (0..30).map(|_| pair()).collect();
    let sockets = pairs
        .iter()
        .flat_map(|(one, other)| [one.as_fd(), other.as_fd()]);
    let sockets: Vec<_> = sockets.collect();
    for _ in 0..400 {
        send(hostile.socket(), &honest_words(hostile), &sockets);
    }
}

pub(crate) fn as_many_files_as_fit(hostile: &mut Hostile) {
    let (one, _other) = pair();
    let files = [one.as_fd(); MOST_FILES];
    hostile.strike(&honest_words(hostile), &files);
}

/// Its reply channel stays open in a message that nobody takes, when it is dead itself.
pub(crate) fn channel_hidden_in_the_command_channel(hostile: &mut Hostile) {
    hostile.begin();
    send(descriptor(&hostile.commands), b"keep", &[hostile.socket()]);
    leave();
}

pub(crate) fn channel_hidden_in_standard_input(hostile: &mut Hostile) {
    hostile.begin();
    send(hostile.stdin.as_fd(), b"keep", &[hostile.socket()]);
    leave();
}

/// Its reply channel stays open in itself.
pub(crate) fn channel_hidden_in_itself(hostile: &mut Hostile) {
    hostile.strike(&honest_words(hostile), &[hostile.socket()]);
    leave();
}

pub(crate) fn upstream_filled(hostile: &mut Hostile) {
    hostile.begin();
    for over in [descriptor(&hostile.commands), hostile.stdin.as_fd()] {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        while rustix::net::send(over, &[7; 10_000], flags).is_ok() {}
    }
    leave();
}

/// A sequence that is the same in every run.
fn dice() -> impl FnMut() -> u8 {
    let mut state: u64 = 0x5eed;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    }
}

pub(crate) fn garbage_in_good_packets(hostile: &mut Hostile) {
    hostile.begin();
    let mut roll = dice();
    for _ in 0..1000 {
        let body: Vec<u8> = (0..roll()).map(|_| roll()).collect();
        send(hostile.socket(), &message(&body), &[]);
    }
}

pub(crate) fn garbage_for_packets(hostile: &mut Hostile) {
    hostile.begin();
    let mut roll = dice();
    for _ in 0..1000 {
        let bytes: Vec<u8> = (0..=roll()).map(|_| roll()).collect();
        send(hostile.socket(), &bytes, &[]);
    }
}

pub(crate) fn channel_closed(hostile: &mut Hostile) {
    hostile.begin();
    hostile.replies = None;
}

/// More than any file of last words should hold, with words for terminals in it.
pub(crate) fn stderr_flooded(hostile: &mut Hostile) {
    hostile.begin();
    let words = "\x1b]0;taken\x07\x1b[2J".repeat(1 << 16);
    for _ in 0..100 {
        let _heard = io::stderr().write_all(words.as_bytes());
    }
    leave();
}

/// A hello in bad form.
pub(crate) fn garbage_for_hello(server: &str) {
    let line = connect(server);
    send(descriptor(&line), &message(b"good morning"), &[]);
    wait();
}

/// A hello that never ends, and holds its own rest.
pub(crate) fn endless_hello(server: &str) {
    let line = connect(server);
    let (one, other) = pair();
    let files = [one.as_fd(), other.as_fd()];
    send(
        descriptor(&line),
        &packet(HEADER + 4, 1 << 20, b"once"),
        &files,
    );
    wait();
}

pub(crate) fn hello_of_64_tebibytes(server: &str) {
    let line = connect(server);
    let (one, _other) = pair();
    send(
        descriptor(&line),
        &packet(HEADER + 4, 1 << 46, b"once"),
        &[one.as_fd()],
    );
    wait();
}

pub(crate) fn connect(server: &str) -> IpcSender<Hello> {
    IpcSender::connect(server.to_owned()).unwrap()
}

/// Until it is killed.
pub(crate) fn wait() -> ! {
    loop {
        std::thread::park();
    }
}

pub(crate) fn no_hello(_server: &str) {
    wait();
}

pub(crate) fn silent_connection(server: &str) {
    let _line = connect(server);
    wait();
}

pub(crate) fn hello_of_another_version(server: &str) {
    let (mut hello, ..) = hello();
    hello.version += 1;
    connect(server).send(hello).unwrap();
    wait();
}

pub(crate) fn hello_of_another_process(server: &str) {
    let (mut hello, ..) = hello();
    hello.pid = 1;
    connect(server).send(hello).unwrap();
    wait();
}

/// The first one counts; what follows finds nobody.
pub(crate) fn two_hellos(server: &str) {
    let line = connect(server);
    let (first, commands, _replies) = hello();
    let (second, ..) = hello();
    line.send(first).unwrap();
    let _heard = line.send(second);
    // Its first command: it has been let in.
    let _setup = commands.recv();
    let _nobody = IpcSender::<Hello>::connect(server.to_owned());
    leave();
}

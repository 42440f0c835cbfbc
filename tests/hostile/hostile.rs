//! The worker that has been taken over: it joins as any other, and then it is not itself any more.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcSender};
use lightmill::failure::{Failure, FailureKind, Stage};
use lightmill::image::Size;
use lightmill::job::{JobId, Rendered};
use lightmill::metadata::Dropped;
use lightmill::protocol::{self, Assembly, Hello, Reply, Setup, Task, handover};
use lightmill::sandbox::Posture;
use lightmill::warning::Warnings;
use lightmill::worker;

use super::table::{self, Act};

/// What makes this program a worker of the other kind: the attack, where its sign is left if one worker is to try it
/// alone (or a dash), and what every worker is told.
pub(crate) const SUBCOMMAND: &str = "__hostile-worker";

pub(crate) const ALL_OF_THEM: &str = "-";

pub(crate) fn main(arguments: &[String]) {
    let [attack, sign, ordinary @ ..] = arguments else {
        panic!("{arguments:?}");
    };
    if sign != ALL_OF_THEM && File::create_new(sign).is_err() {
        // Another one has tried it: this one behaves.
        let mut itself = Command::new("/proc/self/exe");
        panic!("{}", itself.arg(worker::SUBCOMMAND).args(ordinary).exec());
    }
    // Whatever becomes of the coordinator.
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).unwrap();
    let act = table::ATTACKS.iter().find(|known| known.name == attack);
    match act.unwrap().act {
        Act::Before(act) => act(&ordinary[0]),
        Act::AtWork(act) => {
            let mut hostile = Hostile::join(&ordinary[0]);
            act(&mut hostile);
            hostile.linger();
        }
    }
}

/// A hello that is believed, and what it leaves in our hands.
pub(crate) fn hello() -> (Hello, IpcBytesReceiver, IpcBytesSender) {
    let (command_sender, commands) = ipc::bytes_channel().unwrap();
    let (replies, reply_receiver) = ipc::bytes_channel().unwrap();
    let posture = Posture {
        own_process: true,
        dies_with_parent: true,
        files_by_descriptor: true,
        ..Posture::default()
    };
    let hello = Hello {
        version: protocol::VERSION,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        pid: process::id(),
        posture,
        commands: command_sender,
        replies: reply_receiver,
    };
    (hello, commands, replies)
}

/// The descriptor of one end of a channel, by the only number in its debug form.
pub(crate) fn descriptor(channel: &impl std::fmt::Debug) -> BorrowedFd<'_> {
    #![expect(unsafe_code, reason = "a descriptor known by its number alone")]
    let form = format!("{channel:?}");
    let number = form
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|digits| digits.parse().ok());
    // SAFETY: it belongs to the channel, which is borrowed for as long.
    unsafe { BorrowedFd::borrow_raw(number.unwrap()) }
}

/// A worker that was given work.
pub(crate) struct Hostile {
    pub(crate) commands: IpcBytesReceiver,
    pub(crate) replies: Option<IpcBytesSender>,
    /// Over which the files come.
    pub(crate) stdin: UnixStream,
    /// What it was told to do with every picture.
    pub(crate) setup: Setup,
    /// Its first shard.
    pub(crate) tasks: Vec<Task>,
}

impl Hostile {
    fn join(server: &str) -> Self {
        let (hello, commands, replies) = hello();
        IpcSender::connect(server.to_owned())
            .unwrap()
            .send(hello)
            .unwrap();
        let told = || protocol::decode(&commands.recv().unwrap()).unwrap();
        let (protocol::Command::Setup(part), protocol::Command::Shard(shard)) = (told(), told())
        else {
            panic!("told in another order");
        };
        let setup = Assembly::default().add(&part).unwrap();
        let stdin = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
        Self {
            commands,
            replies: Some(replies),
            stdin,
            setup: setup.expect("a setup of one part"),
            tasks: shard.tasks,
        }
    }

    /// The job it was told to begin with.
    pub(crate) fn job(&self) -> JobId {
        self.tasks[0].job
    }

    /// The files of that job, open.
    pub(crate) fn files(&self) -> (File, File) {
        let handed = handover::receive(&self.stdin).unwrap();
        assert_eq!(handed.job, self.job());
        (handed.input.unwrap().0, handed.staging.unwrap().unwrap())
    }

    /// The staging file of that job, open.
    pub(crate) fn staging(&self) -> File {
        self.files().1
    }

    /// Says something, in good form. It may be that nobody listens any more.
    pub(crate) fn say(&self, reply: &Reply) {
        self.say_bytes(&protocol::encode(reply).unwrap());
    }

    pub(crate) fn say_bytes(&self, bytes: &[u8]) {
        let _heard = self.replies.as_ref().unwrap().send(bytes);
    }

    pub(crate) fn begin(&self) {
        self.say(&Reply::Started(self.job()));
    }

    pub(crate) fn claim(&self, kind: FailureKind, reason: &str) {
        let mut failure = Failure::new(Stage::Write, kind, "");
        failure.causes = vec![reason.to_owned()];
        self.say(&Reply::Failed(self.job(), failure));
    }

    /// Waits to be killed, or dismissed.
    fn linger(&self) {
        while self.commands.recv().is_ok() {}
    }
}

/// Leaves as if all were well.
pub(crate) fn leave() -> ! {
    #![expect(
        clippy::disallowed_methods,
        clippy::exit,
        reason = "a worker's exit status"
    )]
    process::exit(0)
}

/// What a worker says that has made a small picture of so many bytes.
pub(crate) fn rendered(bytes: u64) -> Rendered {
    Rendered {
        bytes,
        crc: 0,
        before: Size::new(8, 8),
        after: Size::new(8, 8),
        micros: 1,
        warnings: Warnings::none(),
        dropped: Dropped::nothing(),
    }
}

//! The child: set limits, connect, give up rights, say hello, serve.

#[cfg(all(feature = "fault-injection", unix))]
mod fault;
mod files;
mod grant;
mod memory;
mod serve;

use std::env;
use std::io;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcSender};

use crate::alloc;
use crate::protocol::{self, Assembly, Command, Hello, Reply};
use crate::sandbox::{self, Confinement, Posture};

pub use files::Files;
pub(crate) use files::{create, open_input};
pub use grant::Grant;
use serve::Order;
pub use serve::{Bench, perform, remember_panics};

/// The hidden subcommand that makes a program a worker.
pub const SUBCOMMAND: &str = "__lightmill-worker";

/// Set in a worker's environment, so that a program that forgot [`init`] cannot start workers of workers.
pub const MARKER: &str = "LIGHTMILL_WORKER";

/// Turns this process into a worker if it was started as one, and does not return then.
///
/// Every program that runs a [`Batch`](crate::Batch) in worker processes calls this first thing in `main`: the
/// workers are the program itself, started again.
pub fn init() {
    let mut args = env::args_os().skip(1);
    if args.next().is_none_or(|first| first != SUBCOMMAND) {
        return;
    }
    let rest: Option<Vec<String>> = args.map(|arg| arg.into_string().ok()).collect();
    let code = match main(&rest.unwrap_or_default()) {
        Ok(()) => 0,
        Err(error) => {
            #[expect(
                clippy::print_stderr,
                reason = "the coordinator reads it and reports it"
            )]
            {
                eprintln!("worker: {error}");
            }
            1
        }
    };
    leave(code);
}

/// Why a worker could not serve.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error(
        "`{SUBCOMMAND}` is for the coordinator to call, with a server's name, its process id, a policy and a limit"
    )]
    Called,
    #[error("the coordinator is gone")]
    Orphaned,
    #[error("cannot connect to the coordinator: {0}")]
    Connect(#[source] io::Error),
    #[error("cannot say hello: {0}")]
    Hello(#[source] IpcError),
}

fn main(args: &[String]) -> Result<(), WorkerError> {
    let [server, parent, policy, memory] = args else {
        return Err(WorkerError::Called);
    };
    let parent = parent.parse().map_err(|_| WorkerError::Called)?;
    let confinement = Confinement::from_arguments(policy, memory).ok_or(WorkerError::Called)?;
    let files = Files::of_stdin();
    let begun = sandbox::begin(parent, &confinement);
    if cfg!(target_os = "linux") && !begun.posture().dies_with_parent {
        return Err(WorkerError::Orphaned);
    }
    memory::keep_freed_pages();
    alloc::exit_when_exhausted();
    remember_panics();
    let line = Line::open(server).map_err(WorkerError::Connect)?;
    let posture = Posture {
        files_by_descriptor: files.are_handed(),
        ..sandbox::lock_down(begun)
    };
    let (commands, replies) = line.say_hello(posture).map_err(WorkerError::Hello)?;
    let inbox = listen(commands);
    let bench = Bench {
        files,
        memory: confinement.memory.unwrap_or(u64::MAX),
    };
    serve::serve(&inbox, &bench, &mut |reply| send(&replies, &reply));
    Ok(())
}

/// The way to the coordinator: the server that it waits at, and both ends of both channels.
struct Line {
    hello: IpcSender<Hello>,
    commands: (IpcBytesSender, IpcBytesReceiver),
    replies: (IpcBytesSender, IpcBytesReceiver),
}

impl Line {
    /// Done while sockets can still be made.
    fn open(server: &str) -> Result<Self, io::Error> {
        let hello = IpcSender::connect(server.to_owned())?;
        warm_up()?;
        Ok(Self {
            hello,
            commands: ipc::bytes_channel()?,
            replies: ipc::bytes_channel()?,
        })
    }

    fn say_hello(self, posture: Posture) -> Result<(IpcBytesReceiver, IpcBytesSender), IpcError> {
        let (command_sender, command_receiver) = self.commands;
        let (reply_sender, reply_receiver) = self.replies;
        self.hello.send(Hello {
            version: protocol::VERSION,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            posture,
            commands: command_sender,
            replies: reply_receiver,
        })?;
        Ok((command_receiver, reply_sender))
    }
}

/// Before its first message `ipc-channel` makes a pair of sockets, to learn how much fits into one.
fn warm_up() -> Result<(), io::Error> {
    let (sender, receiver) = ipc::bytes_channel()?;
    sender.send(&[0])?;
    let _heard = receiver.recv();
    Ok(())
}

/// Takes commands off the channel at once, so that the coordinator never waits to be read, and ends the process when
/// the channel closes: the coordinator has dismissed us, or is dead.
fn listen(commands: IpcBytesReceiver) -> Receiver<Order> {
    let (sender, inbox) = unbounded();
    thread::spawn(move || hear(&commands, &sender));
    inbox
}

fn hear(commands: &IpcBytesReceiver, inbox: &Sender<Order>) {
    let mut assembly = Assembly::default();
    loop {
        let bytes = match commands.recv() {
            Ok(bytes) => bytes,
            Err(IpcError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => leave(0),
        };
        let order = match protocol::decode(&bytes) {
            Ok(Command::Setup(part)) => assembly
                .add(&part)
                .map(|setup| setup.map(|setup| Order::Setup(Box::new(setup)))),
            Ok(Command::Shard(shard)) => Ok(Some(Order::Shard(shard))),
            Err(error) => Err(error),
        };
        match order {
            Ok(None) => {}
            Ok(Some(order)) => {
                if inbox.send(order).is_err() {
                    leave(0);
                }
            }
            Err(_) => leave(1),
        }
    }
}

/// A coordinator that does not hear us any more will not miss us either.
fn send(replies: &IpcBytesSender, reply: &Reply) {
    let sent = protocol::encode(reply)
        .ok()
        .and_then(|bytes| replies.send(&bytes).ok());
    if sent.is_none() {
        leave(0);
    }
}

fn leave(code: i32) -> ! {
    #[expect(
        clippy::disallowed_methods,
        clippy::exit,
        reason = "a worker ends here; its exit status is the pool's to judge"
    )]
    std::process::exit(code)
}

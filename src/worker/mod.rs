//! The child: connect, give up rights, say hello, serve.

mod grant;
mod memory;
mod serve;

use std::env;
use std::ffi::OsStr;
use std::io;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use ipc_channel::IpcError;
use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcSender};

use crate::alloc;
use crate::protocol::{self, Command, Hello, Reply};
use crate::sandbox;

pub use grant::Grant;
pub use serve::{perform, remember_panics};

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
    let (server, parent) = (args.next(), args.next());
    let code = match main(server.as_deref(), parent.as_deref()) {
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
        "`{SUBCOMMAND}` is for the coordinator to call, with a server's name and its process id"
    )]
    Called,
    #[error("the coordinator is gone")]
    Orphaned,
    #[error("cannot connect to the coordinator: {0}")]
    Connect(#[source] io::Error),
    #[error("cannot say hello: {0}")]
    Hello(#[source] IpcError),
}

fn main(server: Option<&OsStr>, parent: Option<&OsStr>) -> Result<(), WorkerError> {
    let server = server.and_then(OsStr::to_str).ok_or(WorkerError::Called)?;
    let parent = parent
        .and_then(OsStr::to_str)
        .and_then(|id| id.parse().ok());
    let parent: u32 = parent.ok_or(WorkerError::Called)?;
    let posture = sandbox::enter(parent);
    if cfg!(target_os = "linux") && !posture.dies_with_parent {
        return Err(WorkerError::Orphaned);
    }
    memory::keep_freed_pages();
    alloc::exit_when_exhausted();
    remember_panics();
    let (commands, replies) = say_hello(server, posture)?;
    let inbox = listen(commands);
    serve::serve(&inbox, &mut |reply| send(&replies, &reply));
    Ok(())
}

fn say_hello(
    server: &str,
    posture: sandbox::Posture,
) -> Result<(IpcBytesReceiver, IpcBytesSender), WorkerError> {
    let hello = IpcSender::connect(server.to_owned()).map_err(WorkerError::Connect)?;
    let (command_sender, command_receiver) = ipc::bytes_channel().map_err(WorkerError::Connect)?;
    let (reply_sender, reply_receiver) = ipc::bytes_channel().map_err(WorkerError::Connect)?;
    let said = hello.send(Hello {
        version: protocol::VERSION,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        posture,
        commands: command_sender,
        replies: reply_receiver,
    });
    said.map_err(WorkerError::Hello)?;
    Ok((command_receiver, reply_sender))
}

/// Takes commands off the channel at once, so that the coordinator never waits to be read, and ends the process when
/// the channel closes: the coordinator has dismissed us, or is dead.
fn listen(commands: IpcBytesReceiver) -> Receiver<Command> {
    let (sender, inbox) = unbounded();
    thread::spawn(move || hear(&commands, &sender));
    inbox
}

fn hear(commands: &IpcBytesReceiver, inbox: &Sender<Command>) {
    loop {
        match commands.recv() {
            Ok(bytes) => match protocol::decode(&bytes) {
                Ok(command) => {
                    if inbox.send(command).is_err() {
                        leave(0);
                    }
                }
                Err(_) => leave(1),
            },
            Err(IpcError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => leave(0),
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

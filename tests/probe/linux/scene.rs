use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio, id};

use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender};
use lightmill::sandbox;
use tempfile::TempDir;

use super::column::{Column, NOBODY, is_root};
use super::outcome::Outcome;

/// The first argument of a process that tries an act.
pub(super) const ACT: &str = "act";

/// The first argument of a process that acts are tried on.
pub(super) const TARGET: &str = "target";

/// Exit statuses that are no errno.
pub(super) const NOT_CONFINED: i32 = 200;
pub(super) const PANICKED: i32 = 201;

/// What the input holds.
pub(super) const INPUT: &[u8] = b"the bytes of a picture";

/// What the acts may try to reach: it is there for all of them.
pub(super) struct World {
    port: TcpListener,
    targets: Vec<Child>,
    _door: UnixListener,
    _abstract: UnixListener,
    folder: TempDir,
}

impl World {
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let door = UnixListener::bind(folder.path().join("door")).unwrap();
        let name = SocketAddr::from_abstract_name(folder.path().as_os_str().as_encoded_bytes());
        Self {
            port: TcpListener::bind("127.0.0.1:0").unwrap(),
            targets: [false, true].map(target).into_iter().flatten().collect(),
            _door: door,
            _abstract: UnixListener::bind_addr(&name.unwrap()).unwrap(),
            folder,
        }
    }

    fn target(&self, column: &Column) -> u32 {
        self.targets[usize::from(column.nobody)].id()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for target in &mut self.targets {
            let _ended = target.kill().and_then(|()| target.wait());
        }
    }
}

fn again(nobody: bool) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.env_clear().stderr(Stdio::null());
    if nobody {
        // Groups are dropped along with root's rights.
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn target(nobody: bool) -> Option<Child> {
    if nobody && !is_root() {
        return None;
    }
    let mut command = again(nobody);
    command
        .arg(TARGET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let ready = child.stdout.as_mut().unwrap().read_exact(&mut [0]);
    ready.unwrap();
    Some(child)
}

/// Waits to be ended by something else than SIGTERM.
pub(super) fn be_a_target() -> ExitCode {
    super::call::ignore(libc::SIGTERM);
    print!(".");
    io::Write::flush(&mut io::stdout()).unwrap();
    let mut rest = Vec::new();
    let _closed = io::stdin().read_to_end(&mut rest);
    ExitCode::SUCCESS
}

/// A folder with an input and a place for the output, for one act in one column.
pub(super) struct Scene<'a> {
    folder: TempDir,
    column: &'a Column,
    world: &'a World,
}

impl<'a> Scene<'a> {
    pub(super) fn new(column: &'a Column, world: &'a World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, bytes) in [("input", INPUT), ("stage", b"")] {
            io::Write::write_all(&mut File::create(at(name)).unwrap(), bytes).unwrap();
        }
        symlink("input", at("link")).unwrap();
        let scene = Self {
            folder,
            column,
            world,
        };
        scene.give_away();
        scene
    }

    /// Whoever tries owns what it is tried on: only the sandbox stands in the way.
    fn give_away(&self) {
        if self.column.nobody {
            for name in [".", "input", "stage"] {
                chown(self.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts another file in the input's place.
    pub(super) fn with_input(self, file: &Path) -> Self {
        fs::copy(file, self.path("input")).unwrap();
        fs::set_permissions(self.path("input"), Permissions::from_mode(0o644)).unwrap();
        self
    }

    pub(super) fn try_out(&self, act: &str) -> Outcome {
        let stage = OpenOptions::new().write(true).open(self.path("stage"));
        let mut command = again(self.column.nobody);
        command
            .args([ACT, act, self.column.name])
            .arg(self.folder.path())
            .arg(self.world.folder.path())
            .arg(self.world.port.local_addr().unwrap().port().to_string())
            .arg(self.world.target(self.column).to_string())
            .arg(id().to_string())
            .stdin(File::open(self.path("input")).unwrap())
            .stdout(stage.unwrap());
        command.status().unwrap().into()
    }
}

/// What an act finds. The input is the standard input, the place for the output is the standard output.
pub(super) struct Stage {
    pub(super) folder: PathBuf,
    /// Where the sockets are.
    pub(super) world: PathBuf,
    pub(super) port: u16,
    /// A process of the same user, which is no relative.
    pub(super) target: i32,
    pub(super) mail: (UnixStream, UnixStream),
    pub(super) channel: (IpcBytesSender, IpcBytesReceiver),
}

impl Stage {
    fn new(args: &[String]) -> Self {
        let channel = ipc::bytes_channel().unwrap();
        channel.0.send(b"warm").unwrap();
        channel.1.recv().unwrap();
        Self {
            folder: args[3].clone().into(),
            world: args[4].clone().into(),
            port: args[5].parse().unwrap(),
            target: args[6].parse().unwrap(),
            mail: UnixStream::pair().unwrap(),
            channel,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Confines this process as its column says, and tries. Its exit status says what came of it.
pub(super) fn act(args: &[String]) -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    let tried = panic::catch_unwind(AssertUnwindSafe(|| confined(args)));
    let status = match tried {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => error.raw_os_error().unwrap_or(PANICKED),
        Err(_) => PANICKED,
    };
    ExitCode::from(u8::try_from(status).unwrap())
}

fn confined(args: &[String]) -> io::Result<()> {
    let (row, column) = (super::row(&args[1]), Column::named(&args[2]));
    let stage = Stage::new(args);
    column.impoverish();
    let begun = sandbox::begin(args[7].parse().unwrap(), &column.confinement());
    let posture = sandbox::lock_down(begun);
    if !column.is(&posture) {
        return Err(io::Error::from_raw_os_error(NOT_CONFINED));
    }
    (row.act)(&stage)
}

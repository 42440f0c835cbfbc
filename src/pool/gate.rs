//! Looks at a packet before `ipc-channel` takes it.
//!
//! On Linux `ipc-channel` believes the header of every packet: how long it is, how long the whole message will be, and
//! that the descriptors attached to it are meant. Whoever has taken over a worker can write any header, and make the
//! reader wait for ever, ask for all memory there is, or fill the table of open files. So each packet is looked at
//! while it still lies in the socket, and only one that is a whole message by itself, within [`MAX_MESSAGE`] and with
//! nothing attached, is let through. Nobody else reads from that socket: what was seen is what will be taken.

/// What lies before the gate.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// A message, which may be taken.
    Message,
    /// Nothing more will come.
    End,
    /// Descriptors are attached to it.
    Laden,
    /// Its header is not that of a message which could have been sent.
    Forged,
}

#[cfg(target_os = "linux")]
pub(super) use linux::Gate;
#[cfg(not(target_os = "linux"))]
pub(super) use open::Gate;

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt;
    use std::io;
    use std::os::fd::{BorrowedFd, OwnedFd};

    use ipc_channel::ipc::IpcBytesReceiver;
    use rustix::io::Errno;
    use rustix::net::{
        AddressFamily, RecvAncillaryBuffer, RecvFlags, ReturnFlags, Shutdown, SocketType, recvmsg,
        shutdown, sockopt,
    };

    use super::Packet;
    use crate::protocol::MAX_MESSAGE;

    /// Two numbers stand before the message: the length of the packet with both, and that of the message.
    const HEADER: usize = 2 * WORD;
    const WORD: usize = size_of::<usize>();

    /// Where packets are looked at.
    #[derive(Debug)]
    pub(in crate::pool) struct Gate {
        /// A second handle to the socket of the channel.
        socket: OwnedFd,
    }

    impl Gate {
        /// Puts a gate before this channel.
        pub(in crate::pool) fn before(replies: &IpcBytesReceiver) -> io::Result<Self> {
            let socket = socket_of(replies)
                .ok_or_else(|| io::Error::other("the socket of its channel cannot be found"))?;
            let kind = (
                sockopt::socket_domain(&socket)?,
                sockopt::socket_type(&socket)?,
            );
            if kind == (AddressFamily::UNIX, SocketType::SEQPACKET) {
                Ok(Self { socket })
            } else {
                Err(io::Error::other("its channel is no socket as it should be"))
            }
        }

        /// Another handle to the same gate.
        pub(in crate::pool) fn try_clone(&self) -> io::Result<Self> {
            let socket = self.socket.try_clone()?;
            Ok(Self { socket })
        }

        /// Waits for a packet, and says what it is.
        pub(in crate::pool) fn next(&self) -> io::Result<Packet> {
            let mut header = [0; HEADER];
            let mut nothing = RecvAncillaryBuffer::default();
            let seen = loop {
                let parts = &mut [io::IoSliceMut::new(&mut header)];
                // `TRUNC`: the length of the packet, however little of it is fetched.
                let flags = RecvFlags::PEEK | RecvFlags::TRUNC;
                match recvmsg(&self.socket, parts, &mut nothing, flags) {
                    Err(Errno::INTR) => {}
                    seen => break seen?,
                }
            };
            Ok(if seen.bytes == 0 {
                Packet::End
            } else if seen.flags.contains(ReturnFlags::CTRUNC) {
                Packet::Laden
            } else if is_honest(&header, seen.bytes) {
                Packet::Message
            } else {
                Packet::Forged
            })
        }

        /// Ends the channel from this side: whoever waits at the gate is told that nothing more will come, whatever
        /// else keeps the other side open.
        pub(in crate::pool) fn close(&self) {
            // Fails if the other side has closed it already.
            let _closed = shutdown(&self.socket, Shutdown::Both);
        }
    }

    /// Whether the header is the one that a message of this length would have.
    fn is_honest(header: &[u8; HEADER], length: usize) -> bool {
        (HEADER..=HEADER + MAX_MESSAGE).contains(&length)
            && header[..] == [length, length - HEADER].map(usize::to_ne_bytes).concat()
    }

    /// `ipc-channel` lends its descriptor to nobody, but its debug form has it, as the only number. Its version is
    /// pinned; if the form changes all the same, no worker joins, and the tests below fail.
    fn socket_of(channel: &impl fmt::Debug) -> Option<OwnedFd> {
        #![expect(unsafe_code, reason = "a descriptor known by its number alone")]
        let form = format!("{channel:?}");
        let mut numbers = form
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty());
        let (Some(number), None) = (numbers.next(), numbers.next()) else {
            return None;
        };
        let number = number.parse().ok()?;
        // SAFETY: the descriptor is that of `channel`, which is borrowed and keeps it open until this returns.
        let socket = unsafe { BorrowedFd::borrow_raw(number) };
        socket.try_clone_to_owned().ok()
    }

    #[cfg(test)]
    mod tests {
        use std::thread;

        use ipc_channel::ipc::{IpcBytesSender, bytes_channel};
        use rustix::io::IoSlice;
        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg};
        use std::mem::MaybeUninit;
        use std::os::fd::AsFd;

        use super::*;

        fn channel() -> (IpcBytesSender, OwnedFd, Gate, IpcBytesReceiver) {
            let (sender, receiver) = bytes_channel().unwrap();
            let raw = socket_of(&sender).unwrap();
            let gate = Gate::before(&receiver).unwrap();
            (sender, raw, gate, receiver)
        }

        fn packet(length: usize, message: usize, body: &[u8]) -> Vec<u8> {
            [&length.to_ne_bytes(), &message.to_ne_bytes(), body].concat()
        }

        #[test]
        fn what_is_sent_properly_is_let_through() {
            let (sender, raw, gate, receiver) = channel();
            for message in [vec![], vec![7; 3], vec![8; MAX_MESSAGE]] {
                sender.send(&message).unwrap();
                assert_eq!(gate.next().unwrap(), Packet::Message);
                assert_eq!(receiver.recv().unwrap(), message);
            }
            drop((sender, raw));
            assert_eq!(gate.next().unwrap(), Packet::End);
        }

        #[test]
        fn a_header_that_lies_is_seen() {
            let mut forged = vec![
                vec![1],
                vec![8; 8],
                packet(HEADER + 1, 0, b"a"),
                packet(HEADER, 1, b"a"),
                packet(HEADER + 9, 9, b"first of several"),
                packet(HEADER, usize::MAX, b""),
                packet(HEADER, 1 << 46, b""),
                packet(usize::MAX, 0, b""),
            ];
            let long = vec![0; MAX_MESSAGE + 1];
            forged.push(packet(HEADER + long.len(), long.len(), &long));
            for packet in forged {
                let (_sender, raw, gate, _receiver) = channel();
                send(&raw, &packet, SendFlags::empty()).unwrap();
                assert_eq!(gate.next().unwrap(), Packet::Forged, "{:?}", packet.first());
            }
        }

        #[test]
        fn descriptors_are_seen_and_not_taken() {
            let (_sender, raw, gate, _receiver) = channel();
            let body = packet(HEADER + 1, 1, b"a");
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            let gift = [raw.as_fd()];
            assert!(control.push(SendAncillaryMessage::ScmRights(&gift)));
            let parts = [IoSlice::new(&body)];
            sendmsg(&raw, &parts, &mut control, SendFlags::empty()).unwrap();
            assert_eq!(gate.next().unwrap(), Packet::Laden);
        }

        #[test]
        fn whoever_waits_is_released() {
            let (_sender, _raw, gate, _receiver) = channel();
            let other = gate.try_clone().unwrap();
            let waiting = thread::spawn(move || other.next().unwrap());
            gate.close();
            assert_eq!(waiting.join().unwrap(), Packet::End);
        }
    }
}

/// Where `ipc-channel` uses other means than sockets.
#[cfg(not(target_os = "linux"))]
mod open {
    use std::io;

    use ipc_channel::ipc::IpcBytesReceiver;

    use super::Packet;

    /// Lets everything through.
    #[derive(Debug)]
    pub(in crate::pool) struct Gate;

    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the other one can fail"
    )]
    impl Gate {
        pub(in crate::pool) fn before(_replies: &IpcBytesReceiver) -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::pool) fn try_clone(&self) -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::pool) fn next(&self) -> io::Result<Packet> {
            Ok(Packet::Message)
        }

        pub(in crate::pool) fn close(&self) {}
    }
}

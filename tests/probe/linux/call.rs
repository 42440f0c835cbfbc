#![expect(
    unsafe_code,
    reason = "attackers do not use safe wrappers, and no crate has one for everything they try"
)]

use std::ffi::CString;
use std::io;
use std::path::Path;

/// Makes a system call; missing arguments are zero.
pub(super) fn value<const N: usize>(number: i64, args: [usize; N]) -> io::Result<i64> {
    let arg = |index: usize| args.get(index).copied().unwrap_or(0);
    // SAFETY: the acts pass numbers, null, and addresses of what outlives the call and is large enough for it.
    let result = unsafe { libc::syscall(number, arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// The same where it only matters whether it works.
pub(super) fn call<const N: usize>(number: i64, args: [usize; N]) -> io::Result<()> {
    value(number, args).map(drop)
}

/// A number as it is passed to the kernel.
pub(super) fn int(number: i32) -> usize {
    usize::try_from(number).unwrap()
}

pub(super) fn text(path: &Path) -> CString {
    CString::new(path.as_os_str().as_encoded_bytes()).unwrap()
}

pub(super) fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

pub(super) fn ignore(signal: i32) {
    // SAFETY: to ignore a signal runs no code when it comes.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// A child that ends at once.
pub(super) fn fork() -> io::Result<()> {
    // SAFETY: this process has a single thread, and the child does nothing but end.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: ends the child without running what the parent would run at its end.
        0 => unsafe { libc::_exit(0) },
        _ => Ok(()),
    }
}

/// `vfork` by its number. The child shares the stack, so it ends before it touches it.
#[cfg(target_arch = "x86_64")]
pub(super) fn vfork() -> io::Result<()> {
    let mut result = libc::SYS_vfork;
    // SAFETY: the child leaves in the next instructions, which use registers only; the parent goes on behind them.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor edi, edi",
            "mov eax, 60",
            "syscall",
            "2:",
            inout("rax") result, out("rdi") _, out("rcx") _, out("r11") _,
        );
    }
    if result < 0 {
        return Err(io::Error::other("there is none"));
    }
    Ok(())
}

/// Asks who it is through the door for programs of 32 bits, where calls have other numbers.
#[cfg(target_arch = "x86_64")]
pub(super) fn old_door() -> io::Result<()> {
    const GETPID: i64 = 20;
    let mut result = GETPID;
    // SAFETY: the call takes no arguments and touches no memory.
    unsafe {
        std::arch::asm!("int 0x80", inout("rax") result, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    if result < 0 {
        return Err(io::Error::other("nobody answers"));
    }
    Ok(())
}

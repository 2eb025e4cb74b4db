//! Which threads run first where there are fewer processors than threads that want one.
//!
//! All of this is asked of the scheduler of Linux, which may not know it (short turns came with 6.12) or forbid it; then everybody
//! is served alike, as elsewhere.

/// How long a thread that answers wants to run at a time, in nanoseconds. The scheduler gives 1.4 ms where nobody asks, and lets
/// those who ask for less begin earlier. An answer takes a few dozen microseconds.
const SHORT_TURN: u64 = 100_000;
/// How far work steps back that nobody waits for: of a processor that is wanted by both, requests get nine tenths.
const NICE: i32 = 10;

/// This thread, and those that it starts from now on, take short turns.
pub(crate) fn take_short_turns() {
    #[cfg(target_os = "linux")]
    linux::take_turns(libc::SCHED_OTHER, own_niceness().unwrap_or_default(), SHORT_TURN);
}

/// This thread gives way to those of requests: it does not interrupt them when it wakes, they interrupt it, and it gets less of a
/// processor. `niceness` is that of [`behind`]. Where this concerns one thread only: on Linux. Elsewhere all threads are as good.
pub(crate) fn give_way(niceness: i32) {
    if cfg!(target_os = "linux") {
        // What follows says it too, but may be forbidden where this is not.
        let _ = rustix::process::setpriority_process(None, niceness);
    }
    #[cfg(target_os = "linux")]
    linux::take_turns(libc::SCHED_BATCH, niceness, 0);
}

/// How nice a thread is that gives way to this one.
pub(crate) fn behind() -> i32 {
    own_niceness().map_or(NICE, |own| (own + NICE).min(19))
}

/// How nice this thread is.
fn own_niceness() -> Option<i32> {
    rustix::process::getpriority_process(None).ok()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::mem;

    /// This thread.
    const SELF: libc::pid_t = 0;

    /// `turn` is in nanoseconds, 0 for the usual one.
    pub(super) fn take_turns(policy: libc::c_int, niceness: i32, turn: u64) {
        let wanted = libc::sched_attr {
            size: size(),
            sched_policy: policy.unsigned_abs(),
            sched_flags: 0,
            sched_nice: niceness,
            sched_priority: 0,
            sched_runtime: turn,
            sched_deadline: 0,
            sched_period: 0,
        };
        // SAFETY: the kernel reads `size` bytes of `wanted`, which are all of it, and keeps no address.
        let _forbidden_or_done = unsafe { libc::syscall(libc::SYS_sched_setattr, SELF, &raw const wanted, 0) };
    }

    fn size() -> u32 {
        mem::size_of::<libc::sched_attr>().try_into().unwrap_or_default()
    }

    /// What holds for this thread: policy, niceness, and the length of its turns in nanoseconds.
    #[cfg(test)]
    pub(super) fn turns() -> (libc::c_int, i32, u64) {
        let mut found = libc::sched_attr {
            size: size(),
            sched_policy: 0,
            sched_flags: 0,
            sched_nice: 0,
            sched_priority: 0,
            sched_runtime: 0,
            sched_deadline: 0,
            sched_period: 0,
        };
        // SAFETY: the kernel writes at most the `size()` bytes that it is told of, which are all of `found`.
        let outcome = unsafe { libc::syscall(libc::SYS_sched_getattr, SELF, &raw mut found, size(), 0) };
        assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
        (found.sched_policy.cast_signed(), found.sched_nice, found.sched_runtime)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_take_turns_as_they_should() {
        // A thread of its own: the others of this process are none of its business.
        let work = || {
            let (_, niceness, usual) = linux::turns();
            take_short_turns();
            let short = linux::turns();
            assert_eq!((short.0, short.1), (libc::SCHED_OTHER, niceness));
            assert_eq!(thread::spawn(linux::turns).join().unwrap(), short, "those that it starts do as well");
            let behind = behind();
            let other = thread::spawn(move || {
                give_way(behind);
                linux::turns()
            });
            // Kernels before 6.12 know no short turns, and say 0.
            assert!(short.2 == SHORT_TURN || usual == 0, "{short:?}, {usual}");
            assert_eq!(other.join().unwrap(), (libc::SCHED_BATCH, behind, usual));
        };
        thread::spawn(work).join().unwrap();
    }
}

//! How freed memory goes back to the system.

/// Larger pieces are asked of the system one by one, and go back to it as soon as they are freed. Buffers of blobs are
/// smaller: they come and go too often for that.
#[cfg(target_env = "gnu")]
const APART_BYTES_MIN: i32 = 4 << 20;

/// What an arena may keep at its end. With the limit above set, glibc no longer learns this one, and its 128 KiB are less than
/// one buffer of a push: every buffer was given back and asked for again, page by page, which took an eighth of the processor
/// time of a large push.
#[cfg(target_env = "gnu")]
const KEPT_BYTES_MAX: i32 = 4 << 20;

/// Sets the limit from which pieces of memory are mapped apart, and what stays. Called once, before the first thread starts.
///
/// glibc raises the limit by itself to the size of what was freed last, up to 32 MiB. The 19 MiB of a password's hash then
/// come from the arena of whichever thread computes it and stay there: 32 sign-ins at once left 300 MiB behind.
pub fn give_back_large_pieces() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes two numbers and touches nothing of ours; no other thread runs yet.
    let is_set = unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, APART_BYTES_MIN) & libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES_MAX)
    };
    #[cfg(target_env = "gnu")]
    debug_assert_eq!(is_set, 1, "the limits are such that glibc takes");
}

#[cfg(test)]
mod tests {
    #[cfg(target_env = "gnu")]
    use super::*;

    /// Bytes that only this process holds.
    #[cfg(target_env = "gnu")]
    fn private_bytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    #[test]
    #[cfg(target_env = "gnu")]
    fn large_pieces_do_not_stay_with_the_threads_that_freed_them() {
        give_back_large_pieces();
        let before = private_bytes();
        let threads: Vec<_> = (0..16)
            .map(|_| {
                // A second piece as large as the first: glibc would have learned from that one.
                std::thread::spawn(|| (0..2).map(|_| vec![1_u8; 19 << 20].len()).sum::<usize>())
            })
            .collect();
        let total: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(total, 16 * 2 * (19 << 20));
        let after = private_bytes();
        assert!(after < before + (64 << 20), "{before} bytes before, {after} after");
    }
}

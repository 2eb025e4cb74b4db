//! Resident memory of a process while something goes on.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const SAMPLE_INTERVAL: Duration = Duration::from_millis(5);

/// Samples a process until it is asked for the peak.
pub struct Watch {
    peak: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Begins with the process of this id.
    pub fn begin(pid: u32) -> Self {
        let (peak, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (thread_peak, thread_done) = (peak.clone(), done.clone());
        let thread = thread::spawn(move || {
            while !thread_done.load(Ordering::Relaxed) {
                thread_peak.fetch_max(resident_bytes(pid), Ordering::Relaxed);
                thread::sleep(SAMPLE_INTERVAL);
            }
        });
        Watch { peak, done, thread }
    }

    /// The most that was resident, in bytes: RssAnon and RssShmem, since file pages belong to the kernel's cache.
    pub fn peak_bytes(self) -> u64 {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        let peak = self.peak.load(Ordering::Relaxed);
        assert!(peak > 0, "the memory of the process could not be read");
        peak
    }
}

fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kibibytes = |line: &str| line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    let counted = status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"));
    counted.filter_map(kibibytes).sum::<u64>() * 1024
}

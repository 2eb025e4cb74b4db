//! What the kernel says of processes and of the machine.

use std::{collections::BTreeMap, fs, io::Write, time::Instant};

use anyhow::Context;
use rustix::thread::CpuSet;

/// Clock ticks a second of `/proc/<pid>/stat` (`sysconf(_SC_CLK_TCK)` is 100 on every Linux that matters).
const TICKS: f64 = 100.0;

/// CPU time of a process so far.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// Nanoseconds by thread, exact.
    threads: BTreeMap<u32, u64>,
    /// Seconds of the whole process, of threads that ended too; exact to 10 ms.
    total: f64,
}

impl Cpu {
    /// Reads it.
    ///
    /// # Errors
    /// Where there is no such process.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).context("the process is gone")? {
            let entry = entry?;
            let Some(thread) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A thread may end while one looks.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
            let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok());
            threads.insert(thread, nanos.context("schedstat has no time")?);
        }
        Ok(Cpu { threads, total: stat_seconds(pid, 2)? })
    }

    /// Seconds since an earlier reading of the same process.
    pub fn since(&self, earlier: &Cpu) -> f64 {
        let nanos: u64 = self
            .threads
            .iter()
            .map(|(thread, now)| now.saturating_sub(earlier.threads.get(thread).copied().unwrap_or(0)))
            .sum();
        let exact = nanos as f64 / 1e9;
        let total = self.total - earlier.total;
        // Threads that ended took their exact figure with them; the process still knows.
        if total > exact * 1.02 + 0.03 { total } else { exact }
    }
}

/// User and system seconds of all children of this process that ended.
///
/// # Errors
/// Where the kernel does not say.
pub fn children_seconds() -> anyhow::Result<f64> {
    let own = std::process::id();
    Ok(stat_seconds(own, 4)? - stat_seconds(own, 2)?)
}

/// User and system seconds; `fields` 2 counts the process, 4 its children that ended as well.
fn stat_seconds(pid: u32, fields: usize) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').context("stat has a name")?;
    let ticks: Vec<f64> =
        rest.split_whitespace().skip(11).take(fields).map(|field| field.parse().unwrap_or_default()).collect();
    Ok(ticks.iter().sum::<f64>() / TICKS)
}

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Resident memory of its own: RssAnon + RssShmem. Mapped files belong to the page cache.
    pub own_kib: u64,
    /// The peak of all resident pages, mapped files included.
    pub peak_kib: u64,
}

impl Memory {
    /// Reads it.
    ///
    /// # Errors
    /// Where there is no such process.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
            number.and_then(|number| number.parse::<u64>().ok()).with_context(|| format!("status has no {key}"))
        };
        Ok(Memory { own_kib: field("RssAnon")? + field("RssShmem")?, peak_kib: field("VmHWM")? })
    }
}

/// Lets the peak of a process begin anew.
pub fn reset_peak(pid: u32) {
    // Only its owner may; without it the peak since its start is reported, which is never less.
    let _ = fs::OpenOptions::new()
        .write(true)
        .open(format!("/proc/{pid}/clear_refs"))
        .and_then(|mut file| file.write_all(b"5"));
}

/// Asks for some processors for this thread and whoever it starts. Nothing happens where there is only one.
pub fn pin(cpus: &[usize]) {
    if processors() < 2 {
        return;
    }
    let mut set = CpuSet::new();
    cpus.iter().for_each(|cpu| set.set(*cpu));
    // A container may forbid some; then the figures are of what it allows.
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

/// Asks for all processors again.
pub fn unpin() {
    pin(&(0..CpuSet::MAX_CPU.min(1024)).collect::<Vec<_>>());
}

/// Processors of the machine.
pub fn processors() -> usize {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines().filter(|line| line.starts_with("processor")).count().max(1)
}

/// What the machine is.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() >> 20;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let (model, kernel) = (model.trim_start_matches([' ', '\t', ':']), kernel.trim());
    let kernel = kernel.split('-').next().unwrap_or_default();
    format!("{} × {model}, {memory} GiB of memory, Linux {kernel}", processors())
}

/// The load average of the last minute.
pub fn load_average() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("?").to_owned()
}

/// Watches what everybody else on the machine uses.
pub struct Others {
    begun: Instant,
    busy: f64,
    ours: f64,
}

impl Others {
    /// Begins, with the servers that run now.
    pub fn watch(servers: &[u32]) -> Self {
        Others { begun: Instant::now(), busy: busy_seconds(), ours: ours_seconds(servers) }
    }

    /// Processors that others kept busy, the kernel's own threads included: 0.1 is a tenth of one.
    /// `servers` run now; those that ended count as ours.
    pub fn used(&self, servers: &[u32]) -> f64 {
        let elapsed = self.begun.elapsed().as_secs_f64();
        let others = (busy_seconds() - self.busy) - (ours_seconds(servers) - self.ours);
        (others / elapsed.max(0.01)).max(0.0)
    }
}

/// Seconds that all processors were busy.
fn busy_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line.split_whitespace().skip(1).map(|field| field.parse().unwrap_or_default()).collect();
    // user, nice, system, idle, iowait, irq, softirq; what a hypervisor takes away is nobody's work.
    [0, 1, 2, 5, 6].iter().filter_map(|index| ticks.get(*index)).sum::<f64>() / TICKS
}

/// Seconds of this process, of its children that ended, and of the servers that run.
fn ours_seconds(servers: &[u32]) -> f64 {
    let own = stat_seconds(std::process::id(), 4).unwrap_or_default();
    own + servers.iter().map(|pid| stat_seconds(*pid, 2).unwrap_or_default()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_a_process_is_seen() {
        let pid = std::process::id();
        let before = Cpu::of(pid).unwrap();
        let mut state = 1_u64;
        for _ in 0..20_000_000 {
            state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005));
        }
        let spent = Cpu::of(pid).unwrap().since(&before);
        assert!(spent > 0.001, "{spent} s of CPU for 20 million steps");
    }

    #[test]
    fn memory_that_is_written_is_resident() {
        let before = Memory::of(std::process::id()).unwrap();
        let held = vec![1_u8; 32 << 20];
        let after = Memory::of(std::process::id()).unwrap();
        assert!(after.own_kib >= before.own_kib + (24 << 10), "{} bytes: {before:?} {after:?}", held.len());
        assert!(after.peak_kib >= after.own_kib);
    }

    #[test]
    fn figures_of_threads_that_ended_come_from_the_process() {
        let earlier = Cpu { threads: BTreeMap::from([(1, 0), (2, 5_000_000_000)]), total: 5.0 };
        let alive = Cpu { threads: BTreeMap::from([(1, 1_000_000_000), (2, 6_000_000_000)]), total: 7.0 };
        let ended = Cpu { threads: BTreeMap::from([(1, 1_000_000_000)]), total: 8.0 };
        assert_eq!(alive.since(&earlier), 2.0);
        assert_eq!(ended.since(&earlier), 3.0);
    }
}

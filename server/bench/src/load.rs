//! Load: as fast as answers come (closed), or at a given rate (open); and what it cost the server.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use anyhow::Context;
use futures_util::future::try_join_all;

use crate::{http::Connection, target::Running};

/// How much load, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Connections, each with one request under way.
    pub connections: usize,
    /// It ends after so long …
    pub time: Duration,
    /// … or after so many requests.
    pub count: usize,
    /// Requests a second in all. Nothing: as fast as answers come.
    pub rate: Option<f64>,
}

impl Shape {
    /// Closed load.
    pub fn closed(connections: usize, time: Duration) -> Self {
        Shape { connections, time, count: usize::MAX, rate: None }
    }

    /// Open load: `rate` requests a second, whatever the server does.
    pub fn open(connections: usize, time: Duration, rate: f64) -> Self {
        Shape { connections, time, count: usize::MAX, rate: Some(rate) }
    }

    /// With an end after so many requests.
    pub fn at_most(self, count: usize) -> Self {
        Shape { count, ..self }
    }
}

/// What a load did and cost.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Answers.
    pub count: usize,
    /// Server CPU an answer, in microseconds.
    pub cpu_micros: f64,
    /// Latencies in microseconds, sorted.
    pub latencies: Vec<f64>,
}

impl Load {
    /// A quantile of the latencies in microseconds: 0.5 is the median.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (self.latencies.len() as f64 * quantile) as usize;
        self.latencies.get(index.min(last)).copied().unwrap_or(f64::NAN)
    }
}

/// Runs `work` on every connection again and again. It gets the number of the request and a connection; what comes
/// before is the caller's: connections are opened before the clock starts.
///
/// # Errors
/// The first error of `work` ends everything.
pub async fn run<F>(server: &Running, shape: Shape, work: F) -> anyhow::Result<Load>
where
    F: AsyncFn(usize, &mut Connection) -> anyhow::Result<()>,
{
    let connections = try_join_all((0..shape.connections).map(|_| server.connect())).await?;
    let cpu = server.cpu()?;
    let mut load = drive(connections, shape, work).await?;
    let spent = server.cpu()?.since(&cpu);
    load.cpu_micros = spent * 1e6 / load.count.max(1) as f64;
    Ok(load)
}

/// As [`run`] on connections that are open, without looking at the server.
///
/// # Errors
/// As [`run`].
pub async fn drive<F>(connections: Vec<Connection>, shape: Shape, work: F) -> anyhow::Result<Load>
where
    F: AsyncFn(usize, &mut Connection) -> anyhow::Result<()>,
{
    let latencies = RefCell::new(Vec::with_capacity(1 << 16));
    let next = Cell::new(0_usize);
    let begun = Instant::now();
    let (work, latencies_of, next_of) = (&work, &latencies, &next);
    try_join_all(connections.into_iter().map(|mut connection| async move {
        loop {
            let number = next_of.get();
            let due = shape.rate.map(|rate| begun + Duration::from_secs_f64(number as f64 / rate));
            if number >= shape.count || due.unwrap_or_else(Instant::now).duration_since(begun) >= shape.time {
                return Ok::<_, anyhow::Error>(());
            }
            next_of.set(number + 1);
            let started = match due {
                // A request that had to wait for a connection has waited; a timer that rang late is not the server's.
                Some(due) if due > Instant::now() => {
                    tokio::time::sleep_until(due.into()).await;
                    Instant::now()
                }
                Some(due) => due,
                None => Instant::now(),
            };
            // An open load that the server cannot follow ends as well.
            if begun.elapsed() >= shape.time * 2 {
                return Ok(());
            }
            work(number, &mut connection).await.with_context(|| format!("request {number}"))?;
            latencies_of.borrow_mut().push(started.elapsed().as_secs_f64() * 1e6);
        }
    }))
    .await?;
    let elapsed = begun.elapsed().as_secs_f64();
    let mut latencies = latencies.into_inner();
    latencies.sort_by(f64::total_cmp);
    let count = latencies.len();
    Ok(Load { rate: count as f64 / elapsed, count, cpu_micros: f64::NAN, latencies })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_measured() {
        let load = Load { latencies: (1..=1000).map(f64::from).collect(), ..Load::default() };
        assert_eq!([0.5, 0.99, 0.999, 1.0].map(|q| load.quantile(q)), [501.0, 991.0, 1000.0, 1000.0]);
        assert!(Load::default().quantile(0.5).is_nan());
    }

    #[tokio::test]
    async fn a_load_ends_after_its_count() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = vec![Connection::open(address).await.unwrap(), Connection::open(address).await.unwrap()];
        let seen = RefCell::new(Vec::new());
        let shape = Shape::closed(2, Duration::from_secs(3600)).at_most(7);
        let work = async |number: usize, _: &mut Connection| {
            seen.borrow_mut().push(number);
            tokio::task::yield_now().await;
            Ok(())
        };
        assert_eq!(drive(connections, shape, work).await.unwrap().count, 7);
        seen.borrow_mut().sort_unstable();
        assert_eq!(*seen.borrow(), (0..7).collect::<Vec<_>>());
    }
}

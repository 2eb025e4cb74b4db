//! The receiving end of a push: frames of any size become batches worth a trip to the disk, within a limit.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::{ByteStream, Error, Result};

/// A batch is handed on when it holds this many bytes. Large enough that the hop to another thread is lost in the
/// noise, small enough that a thousand uploads fit in memory.
pub(crate) const BATCH_BYTES: usize = 512 << 10;

/// Frames below this are copied together: keeping each apart would pin the receive buffer behind it.
const FRAME_COPIED_BYTES_MAX: usize = 16 << 10;

/// Bytes in order, in few pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub parts: Vec<Bytes>,
    pub len: u64,
}

pub(crate) struct Intake {
    source: ByteStream,
    parts: Vec<Bytes>,
    small: BytesMut,
    pending: usize,
    room: u64,
    limit: u64,
    ended: bool,
}

impl Intake {
    /// Takes at most `limit - have` bytes of `source`, where `have` bytes are there already.
    pub fn new(source: ByteStream, have: u64, limit: u64) -> Self {
        let room = limit.saturating_sub(have);
        Intake { source, parts: Vec::new(), small: BytesMut::new(), pending: 0, room, limit, ended: false }
    }

    /// Whether the source has nothing more to give.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Receives until a batch is full or the source ends. After an error, [`Intake::take`] still gives what came before.
    pub async fn fill(&mut self) -> Result<()> {
        while !self.ended && self.pending < BATCH_BYTES {
            match self.source.next().await {
                None => self.ended = true,
                Some(Ok(frame)) => self.push(frame)?,
                Some(Err(error)) => {
                    self.ended = true;
                    return Err(Error::Source(error));
                }
            }
        }
        Ok(())
    }

    /// What was received since the last call.
    pub fn take(&mut self) -> Batch {
        self.seal();
        let len = std::mem::take(&mut self.pending) as u64;
        Batch { parts: std::mem::take(&mut self.parts), len }
    }

    fn push(&mut self, frame: Bytes) -> Result<()> {
        let Some(room) = self.room.checked_sub(frame.len() as u64) else {
            self.ended = true;
            return Err(Error::TooLarge { limit: self.limit });
        };
        self.room = room;
        self.pending += frame.len();
        if frame.len() < FRAME_COPIED_BYTES_MAX {
            self.small.extend_from_slice(&frame);
        } else {
            self.seal();
            self.parts.push(frame);
        }
        Ok(())
    }

    fn seal(&mut self) {
        if !self.small.is_empty() {
            self.parts.push(self.small.split().freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(frames: Vec<Bytes>) -> ByteStream {
        Box::pin(futures_util::stream::iter(frames.into_iter().map(Ok)))
    }

    #[tokio::test]
    async fn small_frames_are_joined_in_order_and_large_ones_kept() {
        let large = Bytes::from(vec![7; FRAME_COPIED_BYTES_MAX]);
        let frames =
            vec![Bytes::from_static(b"ab"), Bytes::from_static(b"cd"), large.clone(), Bytes::from_static(b"ef")];
        let mut intake = Intake::new(source(frames), 0, 1 << 20);
        intake.fill().await.unwrap();
        assert!(intake.ended());
        let batch = intake.take();
        assert_eq!(batch.parts, [Bytes::from_static(b"abcd"), large.clone(), Bytes::from_static(b"ef")]);
        assert_eq!(batch.parts[1].as_ptr(), large.as_ptr());
        assert_eq!(batch.len, 6 + FRAME_COPIED_BYTES_MAX as u64);
        assert_eq!(intake.take().len, 0);
    }

    #[tokio::test]
    async fn the_limit_counts_what_is_there_already() {
        let mut intake = Intake::new(source(vec![Bytes::from_static(b"abc"), Bytes::from_static(b"d")]), 7, 10);
        assert!(matches!(intake.fill().await, Err(Error::TooLarge { limit: 10 })));
        assert_eq!(intake.take().len, 3);
    }
}

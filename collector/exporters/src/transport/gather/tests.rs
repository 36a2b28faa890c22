use std::future::poll_fn;

use super::*;

/// A socket that takes as much as it likes, and makes who writes wait now and then.
struct Socket {
    came: Vec<u8>,
    writes: usize,
    most: usize,
    waits: bool,
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.waits) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waits = self.most < usize::MAX;
        let before = self.came.len();
        let bytes = slices.iter().flat_map(|it| it.iter().copied()).take(self.most);
        self.came.extend(bytes);
        self.writes += 1;
        Poll::Ready(Ok(self.came.len() - before))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const FRAME: usize = 16 << 10;

/// Writes a body in frames, as HTTP/2 does, and returns how many writes it took.
async fn write(body: &Bytes, announced: bool, most: usize) -> usize {
    let outbox = Outbox::default();
    let _announced = announced.then(|| outbox.announce(std::slice::from_ref(body)));
    let mut socket = Socket { came: Vec::new(), writes: 0, most, waits: false };
    let mut expected = Vec::new();
    for (at, frame) in body.chunks(FRAME).enumerate() {
        let head = [u8::try_from(at % 256).unwrap(); 9];
        expected.extend_from_slice(&head);
        expected.extend_from_slice(frame);
        let slices = [IoSlice::new(&head), IoSlice::new(frame)];
        while outbox.take(&slices).is_pending() {
            let emptied = poll_fn(|cx| outbox.poll_empty(cx, &mut socket)).await.unwrap();
            assert!(emptied, "it says that something was refused");
        }
        assert!(outbox.lock().bytes < MOST + FRAME + 9, "what waits is bounded");
        let taken = outbox.lock().pieces.iter().any(|it| it.as_ptr() == frame.as_ptr());
        assert_eq!(taken, announced, "a frame of a known body is taken from where it lies");
    }
    assert!(!poll_fn(|cx| outbox.poll_empty(cx, &mut socket)).await.unwrap());
    assert!(socket.came == expected, "the bytes are others or in another order");
    socket.writes
}

#[tokio::test]
async fn frames_leave_together_and_in_order() {
    let body: Bytes = (0..(1_u32 << 18)).flat_map(u32::to_le_bytes).collect();
    for announced in [true, false] {
        assert!(write(&body, announced, usize::MAX).await <= 5, "1 MiB, 64 frames");
        write(&body, announced, 100_000).await;
        write(&body, announced, 7_777).await;
    }
}

#[test]
fn a_body_is_forgotten_when_it_was_sent() {
    let outbox = Outbox::default();
    let announced = outbox.announce(&[Bytes::from(vec![1; SMALL]), Bytes::from_static(b"small")]);
    let other = outbox.announce(&[Bytes::from(vec![2; SMALL])]);
    assert_eq!(outbox.lock().bodies.len(), 2, "a small piece is copied");
    drop(announced);
    assert_eq!(outbox.lock().bodies.len(), 1);
    drop(other);
    assert!(outbox.lock().bodies.is_empty());
}

//! Connections that can be cut with a TCP reset, and a listener that can refuse.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::lock;

/// Cuts one connection from inside a request handler.
#[derive(Clone, Debug)]
pub(crate) struct Control(Arc<ControlState>);

#[derive(Debug, Default)]
struct ControlState {
    cut: AtomicBool,
    reader: AtomicWaker,
}

impl Control {
    /// Makes the connection fail at its next read or write, with a reset.
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
    }
}

impl Connected<IncomingStream<'_, Gate>> for Control {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.io().control.clone()
    }
}

/// A TCP connection that its [`Control`] can cut.
pub(crate) struct Conn {
    stream: TcpStream,
    control: Control,
}

impl Conn {
    fn check(&self) -> io::Result<()> {
        if self.control.0.cut.load(Ordering::Acquire) {
            // Closing with a zero linger sends RST instead of FIN.
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.control.0.reader.register(cx.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Knows the open connections and whether new ones are let in.
#[derive(Debug, Default)]
pub(crate) struct Door {
    refuse_until: Mutex<Option<Instant>>,
    open: Mutex<Vec<Weak<ControlState>>>,
}

impl Door {
    /// Cuts all connections, and new ones for as long as `duration`.
    pub(crate) fn refuse(&self, duration: Duration) {
        *lock(&self.refuse_until) = Some(Instant::now() + duration);
        self.cut_all();
    }

    /// Lets connections in again.
    pub(crate) fn admit(&self) {
        *lock(&self.refuse_until) = None;
    }

    /// Cuts all connections that are open now.
    pub(crate) fn cut_all(&self) {
        for control in lock(&self.open).drain(..) {
            if let Some(state) = control.upgrade() {
                Control(state).cut();
            }
        }
    }

    /// Tells whether connections are refused at present.
    pub(crate) fn refuses(&self) -> bool {
        lock(&self.refuse_until).is_some_and(|until| Instant::now() < until)
    }

    fn register(&self) -> Control {
        let state = Arc::new(ControlState::default());
        let mut open = lock(&self.open);
        open.retain(|control| control.strong_count() > 0);
        open.push(Arc::downgrade(&state));
        Control(state)
    }
}

/// A listener that resets what it is told to refuse.
pub(crate) struct Gate {
    listener: TcpListener,
    door: Arc<Door>,
}

impl Gate {
    /// Puts `door` in front of `listener`.
    pub(crate) fn new(listener: TcpListener, door: Arc<Door>) -> Self {
        Self { listener, door }
    }
}

impl Listener for Gate {
    type Io = Conn;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) if self.door.refuses() => {
                    let _ = stream.set_zero_linger();
                }
                Ok((stream, addr)) => {
                    let control = self.door.register();
                    return (Conn { stream, control }, addr);
                }
                // Out of descriptors, most likely: give the others time to close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

//! The listener: plain connections and TLS, how many of each, and an orderly end.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;
use tracing::{debug, warn};

use super::tls::{PeerCertificate, RENEWAL_CHECK, Tls};

/// Connections that are open at a time; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 1_024;
/// TLS handshakes that run at a time; more wait, and the wait counts against their time.
const HANDSHAKES_MAX: usize = 64;
/// How long a handshake may take, the wait for its turn included.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, and how long a connection stays open between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long nothing is accepted after the system had no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves until `stop` is cancelled: over TLS, or plainly where there is none.
///
/// # Errors
/// The listener has no address. What goes wrong with one connection ends that connection only.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Tls>>,
    stop: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    match &tls {
        Some(tls) => drop(tokio::spawn(Arc::clone(tls).watch(RENEWAL_CHECK, stop.clone()))),
        None if !address.ip().is_loopback() => warn!(
            %address,
            "requests and their tokens cross the network unencrypted; set [http.tls] in ledger.toml, or listen on 127.0.0.1 behind a proxy that speaks TLS"
        ),
        None => {}
    }
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let door = Door { router, tls, handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)), stop };
    let open = GracefulShutdown::new();
    while let Some((stream, permit)) = next(&listener, &connections, &door.stop).await {
        let (door, watcher) = (door.clone(), open.watcher());
        tokio::spawn(async move {
            door.connection(stream, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    open.shutdown().await;
    Ok(())
}

/// The next connection, once there is room for it; none when it is time to stop.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accept = async {
        let permit = Arc::clone(connections).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, permit)),
                Err(fault) if is_the_clients(&fault) => {}
                Err(fault) => {
                    warn!(%fault, "no connection can be accepted for a moment");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => None,
        accepted = accept => accepted,
    }
}

fn is_the_clients(fault: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(fault.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// What every connection is served with.
#[derive(Clone)]
struct Door {
    router: Router,
    tls: Option<Arc<Tls>>,
    handshakes: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Door {
    async fn connection(self, stream: TcpStream, watcher: Watcher) {
        // A small answer must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.requests(stream, None, watcher).await };
        let shaken = tokio::select! {
            () = self.stop.cancelled() => return,
            shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.handshake(tls, stream)) => shaken,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let peer = peer(&stream);
                self.requests(stream, peer, watcher).await;
            }
            Ok(Err(fault)) => debug!(%fault, "a TLS handshake failed"),
            Err(_) => debug!("a TLS handshake took too long"),
        }
    }

    async fn handshake(&self, tls: &Tls, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        // Whoever connects and says nothing takes no turn from others.
        stream.peek(&mut [0]).await?;
        let _turn = self.handshakes.acquire().await.map_err(io::Error::other)?;
        TlsAcceptor::from(tls.current()).accept(stream).await
    }

    async fn requests(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Option<PeerCertificate>,
        watcher: Watcher,
    ) {
        let answer = hyper::service::service_fn(|mut request: Request<Incoming>| {
            // Nothing but the handshake speaks of certificates.
            if let Some(peer) = peer {
                request.extensions_mut().insert(peer);
            }
            let mut router = self.router.clone();
            async move {
                Ok::<Response<Body>, Infallible>(
                    router.call(request.map(Body::new)).await.unwrap_or_else(|never| match never {}),
                )
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), answer);
        if let Err(fault) = watcher.watch(connection).await {
            debug!(%fault, "a connection ended early");
        }
    }
}

fn peer(stream: &TlsStream<TcpStream>) -> Option<PeerCertificate> {
    let leaf = stream.get_ref().1.peer_certificates()?.first()?;
    Some(PeerCertificate(Sha256::digest(leaf).into()))
}

//! `daybook serve` and `daybook up`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use daybook_event::Catalogue;
use daybook_ledger::access;
use daybook_ledger::bus::NatsBus;
use daybook_ledger::clock::SystemClock;
use daybook_ledger::findings;
use daybook_ledger::http::{self, App, EntriesAccess, SignOn, Tls};
use daybook_ledger::metrics::Metrics;
use daybook_ledger::open::{self, LedgerError, OpenLedger};
use daybook_ledger::private_bus::PrivateBus;
use daybook_ledger::service::{self, BehindCommitter, Handles, Readiness};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::logging::{self, LogFormat};
use crate::{exit, fail, say};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Runs the ledger until it is told to stop (Ctrl-C or SIGTERM).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  daybook serve --dir /var/lib/daybook
  daybook serve --dir /var/lib/daybook --bus nats://bus.city.example:4222

Exit codes: 0 stopped as asked; 1 could not start or failed; the log on standard error says why.")]
pub(crate) struct ServeArgs {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// The bus to use instead of the one in ledger.toml
    #[arg(long, value_name = "URL", env = "DAYBOOK_BUS", hide_env_values = true)]
    bus: Option<String>,
    /// Address to serve HTTP on instead of the one in ledger.toml; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// How log lines look
    #[arg(long, value_enum, default_value = "json")]
    log: LogFormat,
}

/// Runs the ledger on one machine, with everything it needs.
///
/// Where ledger.toml names no bus, a private nats-server is started beside the ledger, on loopback and with a password. Its
/// URL is in DIR/bus/url, readable by you only; give it to producers on this machine.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  daybook init --dir my-ledger --origin ledger.city.example
  daybook up --dir my-ledger

Exit codes: 0 stopped as asked; 1 could not start or failed.")]
pub(crate) struct UpArgs {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Address to serve HTTP on instead of the one in ledger.toml; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// How log lines look
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
}

pub(crate) fn serve(args: &ServeArgs) -> ExitCode {
    start(args.log, async {
        let ledger = open_ledger(&args.dir, args.bus.clone(), args.listen)?;
        run(ledger).await
    })
}

pub(crate) fn up(args: &UpArgs) -> ExitCode {
    start(args.log, async {
        let mut ledger = open_ledger(&args.dir, None, args.listen)?;
        let own = ledger.config.bus.url.is_empty() && ledger.config.bus.url_file.is_none();
        if !own {
            return run(ledger).await;
        }
        let bus = PrivateBus::start(&std::path::absolute(ledger.layout.bus())?).await?;
        ledger.config.bus.url = bus.url().to_owned();
        let result = run(ledger).await;
        bus.stop().await;
        result
    })
}

fn start(format: LogFormat, work: impl Future<Output = Result<(), Fault>>) -> ExitCode {
    logging::start(format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the ledger stopped");
            say(&format!("error: {error}"));
            ExitCode::from(exit::FAILED)
        }
    }
}

fn open_ledger(
    dir: &std::path::Path,
    bus: Option<String>,
    listen: Option<std::net::SocketAddr>,
) -> Result<OpenLedger, Fault> {
    let mut ledger = open::open(dir, &mut |progress| {
        if progress.done % 65_536 == 0 {
            info!(done = progress.done, total = progress.total, "bringing the index up to date");
        }
    })?;
    if let Some(url) = bus {
        ledger.config.bus.url = url;
        ledger.config.bus.url_file = None;
    }
    if let Some(listen) = listen {
        ledger.config.http.listen = listen;
    }
    info!(
        entries = ledger.writer.size(),
        cut_bytes = ledger.recovery.cut_bytes,
        clean = ledger.recovery.was_clean(),
        "the ledger is open"
    );
    Ok(ledger)
}

async fn run(mut ledger: OpenLedger) -> Result<(), Fault> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let clock = Arc::new(SystemClock);
    let bus = NatsBus::open(ledger.config.bus.clone(), ledger.layout.dir().to_owned(), clock.clone()).await?;
    let listener = TcpListener::bind(ledger.config.http.listen).await.map_err(|e| {
        format!("cannot listen on {}: {e}; set http.listen or --listen", ledger.config.http.listen)
    })?;
    let address = listener.local_addr()?;
    let metrics = Arc::new(Metrics::default());
    let readiness = Readiness::default();
    let (findings, inbox) = findings::desk();
    let (desk, backroom) = access::open_desk(&mut ledger, &findings, clock.clone()).unzip();
    let (dir, configured) = (ledger.layout.dir(), &ledger.config.http);
    let tls = configured.tls.as_ref().map(|tls| Tls::open(dir, tls)).transpose()?.map(Arc::new);
    let sign_on = Arc::new(SignOn::open(configured, dir, &ledger.config.origin())?);
    let app = App {
        service: Handles {
            reader: ledger.writer.reader(),
            metrics: Arc::clone(&metrics),
            readiness: readiness.clone(),
            findings: findings.clone(),
        },
        entries: entries_access(&ledger)?,
        publish: ledger.config.http.publish.then(|| bus.client()),
        origin: ledger.config.origin(),
        catalogue: Catalogue::builtin(),
        desk,
        sign_on: Arc::clone(&sign_on),
    };
    info!(%address, tls = tls.is_some(), "serving HTTP");
    tokio::spawn(async move { sign_on.prepare().await });
    let http_stop = CancellationToken::new();
    let http = tokio::spawn(http::serve(listener, app, tls, http_stop.clone()));
    let behind = BehindCommitter { findings, inbox, access: backroom };
    let result = service::run(ledger, bus, metrics, clock, readiness, behind, stop).await;
    http_stop.cancel();
    // An open connection must not keep a stopped ledger alive.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(5), http).await;
    result?;
    info!("stopped in order");
    Ok(())
}

fn entries_access(ledger: &OpenLedger) -> Result<EntriesAccess, Fault> {
    if ledger.config.http.entries_open {
        return Ok(EntriesAccess::Open);
    }
    let path = ledger.layout.dir().join(&ledger.config.http.entries_token_file);
    open::check_private(&path)?;
    let token = std::fs::read_to_string(&path).map_err(|source| LedgerError::Io { path, source })?;
    Ok(EntriesAccess::token(&token))
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    info!("stopping: what was taken in is being committed");
    stop.cancel();
}

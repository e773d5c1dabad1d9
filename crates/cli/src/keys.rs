//! `daybook keys`: the governance key registers, rotates and revokes the others.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use daybook_event::entry::parse_entry;
use daybook_event::{Draft, Issuer, KeyRequest, Kid, OsEntropy, Registry, Token};
use daybook_ledger::config::Config;
use daybook_ledger::open::Layout;
use daybook_producer::clock::SystemClock;
use daybook_producer::{BusConfig, Home, Passphrase as KeyPassphrase, Producer};
use daybook_tlog::{Checkpoint, SignedNote};
use daybook_verify::{DirSource, Layout as LogLayout, for_each_entry};
use serde_json::{Map, Value};

use crate::{exit, fail, print, say};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What can be done with producers' keys. Each change is an event on the ledger, so the ledger has to be running.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Put a producer's key in force
    #[command(after_help = "\
The request comes from `daybook producer init`. Compare the key id with what the department tells you over another way
before you register it: whoever holds that key speaks for the department.

Examples:
  daybook keys register --dir my-ledger registration.jws
  daybook producer init … | daybook keys register --dir my-ledger -")]
    Register(Request),
    /// Put a producer's next key in force, from the sequence number that the request names
    #[command(after_help = "Example:\n  daybook keys rotate --dir my-ledger rotation.jws")]
    Rotate(Request),
    /// End a key at once: nothing that it signed is accepted from here on
    #[command(after_help = "\
Example:
  daybook keys revoke --dir my-ledger --producer sheriff/jail-records --kid KID --reason compromised")]
    Revoke(Revoke),
    /// List the keys that the log has put in force, rotated and revoked
    #[command(after_help = "Example:\n  daybook keys list --dir my-ledger --json")]
    List(List),
}

#[derive(clap::Args)]
pub(crate) struct Governance {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    pub(crate) dir: PathBuf,
    /// The bus, where it is not the one in ledger.toml or of `daybook up`
    #[arg(long, value_name = "URL", env = "DAYBOOK_BUS", hide_env_values = true)]
    bus: Option<String>,
    /// File with the passphrase of the governance key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// How long to wait for the receipt
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct Request {
    #[command(flatten)]
    governance: Governance,
    /// Refuse unless the request is for the key with this id
    #[arg(long, value_name = "KID")]
    kid: Option<Kid>,
    /// The request, or - for standard input
    #[arg(value_name = "FILE")]
    request: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    governance: Governance,
    /// The producer, as department/producer
    #[arg(long, value_name = "NAME")]
    producer: Issuer,
    /// The key's id
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    kid: Kid,
    /// Why
    #[arg(long, value_name = "REASON", value_parser = ["compromised", "lost", "replaced", "producer_closed", "registered_in_error"])]
    reason: String,
}

#[derive(clap::Args)]
pub(crate) struct List {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Register(request) => register(&request, false),
        Command::Rotate(request) => register(&request, true),
        Command::Revoke(revoke) => self::revoke(&revoke),
        Command::List(args) => list(&args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

fn register(args: &Request, rotate: bool) -> Result<ExitCode, Fault> {
    let text = if args.request == Path::new("-") {
        std::io::read_to_string(std::io::stdin())?
    } else {
        std::fs::read_to_string(&args.request).map_err(|e| format!("{}: {e}", args.request.display()))?
    };
    let request = KeyRequest::parse(text.trim()).map_err(|e| {
        format!("{} is not a key request that its own key signed: {e}", args.request.display())
    })?;
    let config = Config::read(&Layout::new(&args.governance.dir).config())?;
    if request.origin != config.origin() {
        return Err(format!(
            "the request is for the ledger {}, this one is {}",
            request.origin,
            config.origin()
        )
        .into());
    }
    let kid = request.key.kid();
    if args.kid.as_ref().is_some_and(|expected| *expected != kid) {
        return Err(format!("the request is for the key {kid}, not for the one given with --kid").into());
    }
    let mut fields = vec![
        ("producer", request.issuer.to_string().into()),
        ("kid", kid.to_string().into()),
        ("x", request.key.x().into()),
    ];
    let event = match (&request.rotation, rotate) {
        (None, false) => "key.registered",
        (Some(rotation), true) => {
            fields.push(("old_kid", rotation.old_kid.to_string().into()));
            fields.push(("from_seq", rotation.from_seq.into()));
            "key.rotated"
        }
        (Some(_), false) => return Err("this request is for a rotation; use `daybook keys rotate`".into()),
        (None, true) => return Err("this request is for a first key; use `daybook keys register`".into()),
    };
    let done = format!("{}: key {kid} of {}", event, request.issuer);
    record(&args.governance, event, fields, &done)
}

fn revoke(args: &Revoke) -> Result<ExitCode, Fault> {
    let fields = vec![
        ("producer", args.producer.to_string().into()),
        ("kid", args.kid.to_string().into()),
        ("reason", args.reason.clone().into()),
    ];
    record(
        &args.governance,
        "key.revoked",
        fields,
        &format!("key.revoked: key {} of {}", args.kid, args.producer),
    )
}

/// Signs an administrative event with the governance key, sends it and waits for its receipt.
pub(crate) fn record(
    args: &Governance,
    event: &str,
    fields: Vec<(&str, Value)>,
    done: &str,
) -> Result<ExitCode, Fault> {
    let desk = Desk::open(args)?;
    let seq = desk.queue(event, fields)?;
    desk.settle(event, seq, done)
}

/// The governance key at work: it signs and queues, then sends and waits. Nothing is queued unless [`Desk::queue`] returns a number.
pub(crate) struct Desk<'a> {
    args: &'a Governance,
    layout: Layout,
    home: Home,
    bus: BusConfig,
}

impl<'a> Desk<'a> {
    pub(crate) fn open(args: &'a Governance) -> Result<Self, Fault> {
        let layout = Layout::new(&args.dir);
        let passphrase = args.passphrase_file.as_deref().map(KeyPassphrase::from_file).transpose()?;
        let home = Home::open(&layout.governance(), passphrase.as_ref())?;
        let bus = bus(args, &layout)?;
        Ok(Self { args, layout, home, bus })
    }

    /// Signs an event that happens now and queues it. From here on it is safe, and is sent sooner or later.
    pub(crate) fn queue(&self, event: &str, fields: Vec<(&str, Value)>) -> Result<u64, Fault> {
        let now = format!("{:.0}", jiff::Timestamp::now());
        let mut flat: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        flat.insert("occurred_at".into(), now.clone().into());
        flat.insert("recorded_at".into(), now.into());
        let seq = self.home.outbox().position()?.seq;
        self.home.enqueue(&[Draft::new(event.parse()?, flat)], &mut OsEntropy)?;
        Ok(seq)
    }

    /// Sends what is queued, and says what became of the event with this number.
    pub(crate) fn settle(&self, event: &str, seq: u64, done: &str) -> Result<ExitCode, Fault> {
        let (args, home) = (self.args, &self.home);
        let wait = Duration::from_secs(args.wait);
        tokio::runtime::Runtime::new()?.block_on(send(home, self.bus.clone(), wait))?;
        if let Some((receipt, _)) = home.outbox().receipt(seq)? {
            if args.json {
                let json = serde_json::json!({ "event": event, "seq": seq, "entry": receipt.index });
                print(&json.to_string());
            } else {
                print(&format!("{done} is entry {}", receipt.index));
            }
            return Ok(ExitCode::SUCCESS);
        }
        let refused = home.outbox().refused(usize::MAX)?;
        if let Some(refused) = refused.iter().find(|refused| refused.event.seq == seq) {
            let detail = refused.problem["detail"].as_str();
            say(&format!("refused: {}", detail.unwrap_or("the ledger gave no reason")));
            return Ok(ExitCode::from(exit::REFUSED));
        }
        say(&format!(
            "queued, not recorded yet: no receipt within {} s. It is safe in {} and is sent again by the next `daybook keys` \
             or `daybook account` command. Is the ledger running (`daybook up`)?",
            args.wait,
            self.layout.governance().display()
        ));
        Ok(ExitCode::from(exit::PENDING))
    }
}

/// The bus as given, as configured, or the private one of `daybook up`.
fn bus(args: &Governance, layout: &Layout) -> Result<BusConfig, Fault> {
    let config = Config::read(&layout.config())?.bus;
    let place = |path: &Option<PathBuf>| path.as_ref().map(|path| layout.dir().join(path));
    let url = if let Some(url) = &args.bus {
        url.clone()
    } else if !config.url.is_empty() {
        config.url.clone()
    } else {
        let file =
            config.url_file.as_ref().map_or_else(|| layout.bus().join("url"), |file| layout.dir().join(file));
        std::fs::read_to_string(&file).map_err(|e| {
            format!("{}: {e}; start the ledger with `daybook up`, or give --bus URL", file.display())
        })?
    };
    Ok(BusConfig {
        url: url.trim().to_owned(),
        ca: place(&config.ca),
        cert: place(&config.certificate),
        key: place(&config.key),
    })
}

async fn send(home: &Home, bus: BusConfig, wait: Duration) -> Result<(), Fault> {
    let producer = Producer::with(
        Arc::clone(home.outbox()),
        home.config().issuer.clone(),
        Arc::new(home.policy()?),
        bus,
        Arc::new(SystemClock::new()),
        Box::new(OsEntropy),
    );
    let progress = producer.progress();
    let outbox = Arc::clone(home.outbox());
    let settled = async move {
        while outbox.counts().is_ok_and(|counts| counts.pending > 0) {
            progress.settled().await;
        }
    };
    producer.run(async { drop(tokio::time::timeout(wait, settled).await) }).await?;
    Ok(())
}

fn list(args: &List) -> Result<ExitCode, Fault> {
    for (producer, keys) in registry(&args.dir)?.producers() {
        for (kid, key) in keys {
            let state = match (key.revoked_at, key.until_seq) {
                (Some(entry), _) => format!("revoked at entry {entry}"),
                (None, Some(seq)) => {
                    format!("rotated: signs up to sequence number {}", seq.saturating_sub(1))
                }
                (None, None) => "in force".to_owned(),
            };
            if args.json {
                let json = serde_json::json!({
                    "producer": producer.to_string(), "kid": kid.to_string(), "x": key.key.x(),
                    "since_entry": key.since_entry, "from_seq": key.from_seq,
                    "until_seq": key.until_seq, "revoked_at": key.revoked_at,
                });
                print(&json.to_string());
            } else {
                print(&format!("{producer:<40} {kid}  since entry {:<8} {state}", key.since_entry));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The keys as the log tells them. The files are only read, so a running ledger is not disturbed.
fn registry(dir: &Path) -> Result<Registry, Fault> {
    let note = std::fs::read_to_string(dir.join("log/checkpoint")).map_err(|e| {
        format!("{}: {e}; is this a ledger's directory?", dir.join("log/checkpoint").display())
    })?;
    let size = Checkpoint::parse_text(SignedNote::parse(note.as_bytes())?.text())?.size;
    let mut registry = Registry::default();
    for_each_entry(&DirSource::new(dir, LogLayout::Ledger), size, |index, entry| {
        let fault = |reason: String| {
            std::io::Error::other(format!("entry {index}: {reason}; run `daybook verify log`"))
        };
        let event = parse_entry(entry).map_err(|e| fault(e.to_string()))?.event;
        let token = Token::parse_jwt(event).map_err(|e| fault(e.to_string()))?;
        registry.apply(index, &token).map_err(|e| fault(e.to_string()))
    })?;
    Ok(registry)
}

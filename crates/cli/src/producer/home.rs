//! Making a producer, rotating its key, putting refused events back.

use std::path::{Path, PathBuf};

use clap::Args;
use daybook_event::{Issuer, OsEntropy};
use daybook_producer::{Home, ProducerConfig};
use serde_json::json;

use super::{EXIT_OK, EXIT_REFUSED, Failure, HomeArgs, say, say_error};

const INIT_EXAMPLES: &str = "\
Example:
  daybook producer init --department sheriff --producer jail-records \\
      --origin denver.example/daybook --bus tls://bus.denver.example:4222 \\
      --policy trust.policy --home /var/lib/daybook/jail-records

The registration request that this prints (also in registration.jws) goes to the ledger's governance. Events may be
recorded before it is carried out: they wait in the outbox.";

/// Make a producer: a home directory with a new key.
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub(super) struct InitArgs {
    /// The department, for example sheriff
    #[arg(long)]
    department: String,
    /// The producer within the department, for example jail-records
    #[arg(long)]
    producer: String,
    /// The ledger's origin, as in its trust policy
    #[arg(long)]
    origin: String,
    /// Address of the bus: nats://host:port or tls://host:port
    #[arg(long, value_name = "URL")]
    bus: String,
    /// The ledger's trust policy: which checkpoints to believe
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// PEM file of the authorities that sign the bus's certificate
    #[arg(long, value_name = "FILE")]
    bus_ca: Option<PathBuf>,
    /// PEM file of this producer's certificate for the bus
    #[arg(long, value_name = "FILE", requires = "bus_key")]
    bus_cert: Option<PathBuf>,
    /// PEM file of that certificate's key
    #[arg(long, value_name = "FILE", requires = "bus_cert")]
    bus_key: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn init(args: &InitArgs) -> Result<u8, Failure> {
    let wrong = |what: String| Failure::Said(what);
    let issuer: Issuer = format!("{}/{}", args.department, args.producer)
        .parse()
        .map_err(|e| wrong(format!("--department, --producer: {e}")))?;
    let origin = args.origin.parse().map_err(|e| wrong(format!("--origin: {e}")))?;
    let mut config = ProducerConfig::new(issuer, origin, args.bus.clone(), absolute(&args.policy)?);
    config.bus_ca = args.bus_ca.as_deref().map(absolute).transpose()?;
    config.bus_cert = args.bus_cert.as_deref().map(absolute).transpose()?;
    config.bus_key = args.bus_key.as_deref().map(absolute).transpose()?;
    // A policy for another ledger is found now and not when the first receipt is not believed.
    config.policy(Path::new(""))?;
    let home = Home::create(&args.home.home, config, args.home.passphrase()?.as_ref(), &mut OsEntropy)?;
    let request = home.registration_request();
    if args.json {
        say(&json!({
            "home": home.dir(), "issuer": home.config().issuer.to_string(), "kid": home.kid().to_string(),
            "registration": request,
        })
        .to_string());
    } else {
        say_error(&format!(
            "made {} for {} with key {}\nnow have the ledger's governance register this request:",
            home.dir().display(),
            home.config().issuer,
            home.kid()
        ));
        say(&request);
    }
    Ok(EXIT_OK)
}

/// The path from the root, so that the configuration does not depend on where the command was run.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|source| Failure::Io { path: path.to_owned(), source })
}

/// Make a new signing key and print the request to register it.
///
/// The switch is immediate: what is recorded from now on is signed with the new key. Events already in the outbox keep
/// their signatures, which stay good for their numbers. Until the ledger's governance has carried out the request
/// (also in rotation.jws) the ledger puts new events off; the outbox keeps them and sends them again. The old key is
/// destroyed. If it may be in other hands, have it revoked as well.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn rotate(args: &RotateArgs) -> Result<u8, Failure> {
    let mut home = args.home.open()?;
    let old = home.kid();
    let request = home.rotate(args.home.passphrase()?.as_ref(), &mut OsEntropy)?;
    let from_seq = home.outbox().position()?.seq;
    if args.json {
        say(&json!({
            "issuer": home.config().issuer.to_string(), "old_kid": old.to_string(), "kid": home.kid().to_string(),
            "from_seq": from_seq, "rotation": request,
        }).to_string());
    } else {
        say_error(&format!(
            "key {} signs from number {from_seq} on, in place of {old}\nnow have the ledger's governance register this request:",
            home.kid()
        ));
        say(&request);
    }
    Ok(EXIT_OK)
}

/// Put a refused event back into the outbox, unchanged, to be sent again.
#[derive(Debug, Args)]
pub(super) struct RequeueArgs {
    /// The event's number
    seq: u64,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn requeue(args: &RequeueArgs) -> Result<u8, Failure> {
    if args.home.open()?.outbox().requeue(args.seq)? {
        say(&format!("event {} is in the outbox again", args.seq));
        return Ok(EXIT_OK);
    }
    say_error(&format!("event {} is not among the refused ones; see `daybook producer status`", args.seq));
    Ok(EXIT_REFUSED)
}

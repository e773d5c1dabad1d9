//! A ledger's routes for one production, over the sample that is in memory.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use daybook_event::b64;
use daybook_production::sample::{Ledger, Service, play};
use daybook_tlog::{HashReader as _, TileKind, TilePath};
use serde_json::{Value, json};

pub(super) const NAME: &str = "DAYB-26CR1187-P0001";

/// The server.
pub(super) struct Desk {
    pub(super) address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    service: Service,
    searched: u64,
    asked: Vec<String>,
    delivered: Vec<String>,
    /// The answer to the next request with this in its path breaks off.
    broken: Option<String>,
}

impl Desk {
    pub(super) fn open() -> Self {
        let mut ledger = Ledger::new();
        let story = play(&mut ledger);
        let service = Service::open(ledger, story, 1).unwrap();
        let searched = service.opened()["searched_size"].as_u64().unwrap();
        let state = State { service, searched, asked: Vec::new(), delivered: Vec::new(), broken: None };
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::clone(&state);
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(&served, stream)));
        Self { address, state }
    }

    pub(super) fn policy(&self) -> String {
        self.state.lock().unwrap().service.policy()
    }

    /// How often a path with this in it was asked for.
    pub(super) fn asked(&self, part: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|path| path.contains(part)).count()
    }

    pub(super) fn delivered(&self) -> Vec<String> {
        self.state.lock().unwrap().delivered.clone()
    }

    pub(super) fn break_once(&self, part: &str) {
        self.state.lock().unwrap().broken = Some(part.to_owned());
    }
}

fn serve(state: &Mutex<State>, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut state = state.lock().unwrap();
    state.asked.push(path.clone());
    let answer = state.answer(&path, serde_json::from_slice(&body).unwrap_or_default());
    let sent = match state.broken.take_if(|broken| path.contains(broken.as_str())) {
        Some(_) => answer.len() / 2,
        None => answer.len(),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer[..sent]));
}

impl State {
    fn answer(&mut self, path: &str, body: Value) -> Vec<u8> {
        let lines =
            |lines: Vec<Value>| lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        let number = |name: &str| body[name].as_u64().unwrap();
        if let Some(tile) = path.strip_prefix('/').filter(|path| path.starts_with("tile/")) {
            return self.tile(&tile.parse().unwrap());
        }
        if let Some(query) = path.strip_prefix("/v1/checkpoints?above=") {
            return self.checkpoints(query.split('&').next().unwrap().parse().unwrap());
        }
        match path.rsplit_once('/').unwrap().1 {
            "materials" => lines(self.service.materials()),
            "authorities" => lines(self.service.authorities()),
            "numbers" => {
                let numbers = self.service.number(1, number("documents"), number("pages"));
                json!({"entry": numbers.entry, "prefix": numbers.prefix, "first": numbers.first, "last": numbers.last})
                    .to_string()
                    .into_bytes()
            }
            "built" => {
                let own = self.service.build(b64::decode_array(body["bag_hash"].as_str().unwrap()).unwrap());
                json!({"record": {"entry": own.index, "bytes": own.bytes, "disclosures": own.disclosures, "intake": own.intake}})
                    .to_string()
                    .into_bytes()
            }
            "delivered" => {
                self.delivered.push(body["package_hash"].as_str().unwrap().to_owned());
                json!({"entry": 99, "event": "e"}).to_string().into_bytes()
            }
            name => {
                let policy = self.service.policy();
                let vkey = self.service.ledger.log_key().to_string();
                json!({
                    "production": name, "state": "approved", "opened": self.service.opened(),
                    "log": {"origin": daybook_production::sample::ORIGIN, "vkey": vkey, "policy": policy}
                })
                .to_string()
                .into_bytes()
            }
        }
    }

    fn tile(&self, tile: &TilePath) -> Vec<u8> {
        let TileKind::Hashes { level } = tile.kind else { panic!("{tile}") };
        let hashes = self.service.ledger.read_hashes(level, tile.start(), usize::from(tile.width)).unwrap();
        hashes.iter().flat_map(|hash| hash.0).collect()
    }

    fn checkpoints(&self, above: u64) -> Vec<u8> {
        let (size, note) = if above + 1 == self.searched {
            (self.searched, self.service.searched())
        } else {
            (above + 2, self.service.checkpoint(above))
        };
        // Each that is behind a step comes only when it is asked for again.
        let asked = self.asked.iter().filter(|path| path.contains(&format!("above={above}&"))).count();
        let there = if asked == 1 && size != self.searched {
            Vec::new()
        } else {
            vec![json!({"size": size, "note": note})]
        };
        json!({"checkpoints": there}).to_string().into_bytes()
    }
}

//! An issuer of OpenID Connect tokens: discovery and keys over HTTP, and tokens signed with generated keys.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use daybook_event::b64;
use daybook_tests::run_ok;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use serde_json::{Value, json};

/// What the issuer answers with, and how often it was asked.
#[derive(Default)]
struct Answers {
    keys: Vec<Value>,
    discoveries: usize,
    /// Answered to every question instead of what is right.
    instead: Option<String>,
}

/// An issuer on this machine.
pub(crate) struct Issuer {
    pub(crate) name: String,
    answers: Arc<Mutex<Answers>>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers::default()));
        let (told, own) = (Arc::clone(&answers), name.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &own, &told);
            }
        });
        Self { name, answers }
    }

    /// The lines of `ledger.toml` that name this issuer.
    pub(crate) fn settings(&self, audience: &str) -> String {
        format!("[http.oidc]\nissuer = '{}'\naudience = '{audience}'\n", self.name)
    }

    pub(crate) fn set_keys(&self, keys: &[&Signer]) {
        self.answers.lock().unwrap().keys = keys.iter().map(|key| key.jwk()).collect();
    }

    pub(crate) fn add_key(&self, jwk: Value) {
        self.answers.lock().unwrap().keys.push(jwk);
    }

    pub(crate) fn answer_instead(&self, text: Option<String>) {
        self.answers.lock().unwrap().instead = text;
    }

    pub(crate) fn discoveries(&self) -> usize {
        self.answers.lock().unwrap().discoveries
    }
}

fn serve(mut stream: TcpStream, name: &str, answers: &Mutex<Answers>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut answers = answers.lock().unwrap();
    let (status, body) = match head.split(' ').nth(1) {
        Some("/.well-known/openid-configuration") => {
            answers.discoveries += 1;
            let document = json!({ "issuer": name, "jwks_uri": format!("{name}/keys") });
            (200, answers.instead.clone().unwrap_or_else(|| document.to_string()))
        }
        Some("/keys") => (200, json!({ "keys": answers.keys }).to_string()),
        _ => (404, String::new()),
    };
    drop(answers);
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

enum Secret {
    /// Signed with by openssl, so that two programs have to agree.
    Rsa(std::path::PathBuf, RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key of an issuer.
pub(crate) struct Signer {
    pub(crate) kid: String,
    secret: Secret,
}

impl Signer {
    pub(crate) fn rsa(kid: &str, dir: &Path) -> Self {
        let pem = dir.join(format!("{kid}.pem"));
        let make = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"];
        run_ok(Command::new("openssl").args(make).arg(&pem));
        let der = run_ok(
            Command::new("openssl").args(["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"]).arg(&pem),
        );
        let pair = RsaKeyPair::from_pkcs8(&der.stdout).unwrap();
        Self { kid: kid.into(), secret: Secret::Rsa(pem, pair) }
    }

    pub(crate) fn p256(kid: &str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        Self { kid: kid.into(), secret: Secret::P256(pair) }
    }

    pub(crate) fn ed25519(kid: &str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { kid: kid.into(), secret: Secret::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap()) }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.secret {
            Secret::Rsa(..) => "RS256",
            Secret::P256(_) => "ES256",
            Secret::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key in PEM, as somebody has it who tries it as a shared secret.
    pub(crate) fn public_pem(&self) -> Vec<u8> {
        let Secret::Rsa(pem, _) = &self.secret else { panic!("an RSA key") };
        run_ok(Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(pem)).stdout
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.secret {
            Secret::Rsa(_, pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "n": b64::encode(public.n), "e": b64::encode(public.e) })
            }
            Secret::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": b64::encode(&point[1..33]), "y": b64::encode(&point[33..]) })
            }
            Secret::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": b64::encode(pair.public_key().as_ref()) })
            }
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["alg"] = self.algorithm().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": self.algorithm(), "kid": self.kid, "typ": "JWT" }), claims)
    }

    /// A token with another header than this key's.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = match &self.secret {
            Secret::Rsa(pem, _) => {
                let mut sign = Command::new("openssl");
                sign.args(["dgst", "-sha256", "-sign"]).arg(pem).stdin(Stdio::piped()).stdout(Stdio::piped());
                let mut sign = sign.spawn().unwrap();
                sign.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
                sign.wait_with_output().unwrap().stdout
            }
            Secret::P256(pair) => {
                pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
            }
            Secret::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", b64::encode(signature))
    }
}

/// What is signed of a token.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", b64::encode(header.to_string()), b64::encode(claims.to_string()))
}

//! The service's own TLS, and accounts by client certificate.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use daybook_ledger::http::tls::RENEWAL_CHECK;
use daybook_tests::{Ledger, daybook};
use reqwest::Certificate;
use reqwest::blocking::Client;
use reqwest::tls::Version;

use crate::certificates::{Authority, Certified};
use crate::grant::{grant, grant_token, known, revoke, until};
use crate::{answer, ledger};

const SETTINGS: &str = "[http.tls]\ncertificate = 'keys/tls.pem'\nkey = 'keys/tls.key'\n";
const WITH_CLIENTS: &str =
    "[http.tls]\ncertificate = 'keys/tls.pem'\nkey = 'keys/tls.key'\nclient_ca = 'keys/clients.pem'\n";

fn url(ledger: &Ledger, path: &str) -> String {
    format!("{}{path}", ledger.http().replace("http:", "https:"))
}

fn client(authority: &Authority, certificate: Option<&Certified>, version: Version) -> Client {
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = Client::builder()
        .use_rustls_tls()
        .tls_built_in_root_certs(false)
        .add_root_certificate(root)
        .min_tls_version(version)
        .max_tls_version(version)
        .timeout(Duration::from_secs(20));
    match certificate {
        Some(certificate) => client.identity(certificate.identity()),
        None => client,
    }
    .build()
    .unwrap()
}

/// Writes these bytes to the service and returns what it says before it hangs up.
fn raw(ledger: &Ledger, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(ledger.http().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    said
}

#[test]
fn a_client_certificate_opens_its_account_and_one_of_another_authority_opens_nothing() {
    let (servers, clients, others) =
        (Authority::new("servers"), Authority::new("clients"), Authority::new("clients"));
    let mut ledger = ledger(WITH_CLIENTS);
    servers.server().install(&ledger.dir());
    fs::write(ledger.dir().join("keys/clients.pem"), clients.pem()).unwrap();
    ledger.start();
    let (auditor, stranger) = (clients.client("auditor"), clients.client("stranger"));
    let file = ledger.scratch().join("auditor.pem");
    fs::write(&file, &auditor.pem).unwrap();
    grant(&ledger, "a-0001", &["--certificate", file.to_str().unwrap()]);
    let token = grant_token(&ledger, "a-0002");
    let me = url(&ledger, "/v1/me");

    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let asking = client(&servers, Some(&auditor), version);
        known("", || answer(asking.get(&me)));
        // The certificate says who comes, whatever else is sent.
        let (_, _, body) = answer(asking.get(&me).bearer_auth(&token));
        assert_eq!(body["account"], "a-0001");
        // Without a certificate, and with one that no account has: a token decides.
        for certificate in [None, Some(&stranger)] {
            let asking = client(&servers, certificate, version);
            let (status, code, _) = answer(asking.get(&me));
            let expected = if certificate.is_some() { "unknown-credential" } else { "token-required" };
            assert_eq!((status, code.as_str()), (401, expected));
            let body = known("", || answer(asking.get(&me).bearer_auth(&token)));
            assert_eq!(body["account"], "a-0002");
        }
        // A certificate that is not the authority's, or whose time is over, gets no connection at all.
        for bad in [others.client("auditor"), clients.client_of_the_past("auditor")] {
            let asking = client(&servers, Some(&bad), version);
            assert!(asking.get(url(&ledger, "/healthz")).bearer_auth(&token).send().is_err());
        }
    }
    // Nobody is who a header says.
    let asking = client(&servers, None, Version::TLS_1_3);
    let forged = asking
        .get(&me)
        .header("PeerCertificate", "a")
        .header("X-Client-Cert", &auditor.pem.replace('\n', ""));
    assert_eq!(answer(forged).0, 401);

    let said = raw(&ledger, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(!said.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&said));
    raw(&ledger, &[0; 64]);
    // Handshakes that nobody goes on with do not keep others out.
    let idle: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(ledger.http().trim_start_matches("http://")).unwrap()).collect();
    assert_eq!(asking.get(url(&ledger, "/healthz")).send().unwrap().text().unwrap(), "ok\n");
    drop(idle);

    revoke(&ledger, "a-0001");
    let asking = client(&servers, Some(&auditor), Version::TLS_1_3);
    known("account-revoked", || answer(asking.get(&me)));
    assert_eq!(answer(asking.get(&me).bearer_auth(&token)).1, "account-revoked", "no way around it");
    ledger.stop();
}

#[test]
fn a_renewed_certificate_is_served_without_a_restart_and_a_broken_one_is_not() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let mut ledger = ledger(SETTINGS);
    old.server().install(&ledger.dir());
    ledger.start();
    let works = |authority: &Authority| {
        client(authority, None, Version::TLS_1_3).get(url(&ledger, "/healthz")).send().is_ok()
    };
    assert!(works(&old) && !works(&new));

    // The new certificate without its key, as it is in the middle of a renewal.
    let renewed = new.server();
    fs::write(ledger.dir().join("keys/tls.pem"), &renewed.pem).unwrap();
    let limit = RENEWAL_CHECK + Duration::from_secs(30);
    until("the service has looked", limit, || ledger.log().contains("cannot be used"));
    assert!(works(&old), "what cannot be used changes nothing");
    renewed.install(&ledger.dir());
    until("the new certificate is served", limit, || works(&new));
    assert!(!works(&old));
}

#[test]
fn the_service_does_not_start_with_files_that_cannot_serve() {
    let authority = Authority::new("servers");
    let ledger = ledger(SETTINGS);
    let refused = |expected: &str| {
        let mut serve = daybook();
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(ledger.dir())
            .env("DAYBOOK_BUS", ledger.nats.url());
        let output = serve.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(expected), "{expected}: {said}");
    };
    refused("keys/tls.key");
    authority.server().install(&ledger.dir());
    fs::set_permissions(ledger.dir().join("keys/tls.key"), fs::Permissions::from_mode(0o640)).unwrap();
    refused("chmod 600");
    authority.server().install(&ledger.dir());
    fs::write(ledger.dir().join("keys/tls.pem"), authority.server().pem).unwrap();
    refused("it does not go with");
    fs::write(ledger.dir().join("keys/tls.pem"), "nothing").unwrap();
    refused("it holds no certificate in PEM");
}

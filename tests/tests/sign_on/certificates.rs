//! Authorities and certificates for one test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// Somebody who signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub(crate) struct Certified {
    pub(crate) pem: String,
    pub(crate) key: String,
}

fn named(names: &[&str], common: &str) -> CertificateParams {
    let mut params =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = named(&[], name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for the service on this machine.
    pub(crate) fn server(&self) -> Certified {
        let mut params = named(&["localhost", "127.0.0.1"], "ledger");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    /// A certificate for a client.
    pub(crate) fn client(&self, name: &str) -> Certified {
        let mut params = named(&[], name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    /// A client's certificate whose time is over.
    pub(crate) fn client_of_the_past(&self, name: &str) -> Certified {
        let mut params = named(&[], name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Certified {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certified { pem: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Certified {
    /// Certificate and key as a client loads them.
    pub(crate) fn identity(&self) -> reqwest::Identity {
        reqwest::Identity::from_pem(format!("{}{}", self.pem, self.key).as_bytes()).unwrap()
    }

    /// Puts certificate and key where the service looks for them.
    pub(crate) fn install(&self, dir: &Path) {
        fs::write(dir.join("keys/tls.pem"), &self.pem).unwrap();
        fs::write(dir.join("keys/tls.key"), &self.key).unwrap();
        fs::set_permissions(dir.join("keys/tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

//! Both providers keep the storage contract; the one that fails does so as planned.

use std::sync::Mutex;

use daybook_store::testing::{Fault, FaultyDisk, storage_contract};
use daybook_store::{Disk, Storage};

#[test]
fn the_real_disk_keeps_the_contract() {
    let dirs = Mutex::new(Vec::new());
    storage_contract(&|| {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::open(dir.path()).unwrap();
        dirs.lock().unwrap().push(dir);
        disk
    });
}

#[test]
fn the_disk_in_memory_keeps_the_contract() {
    storage_contract(&FaultyDisk::new);
}

#[test]
fn the_real_disk_refuses_paths_that_lead_out_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::open(dir.path()).unwrap();
    for path in ["../x", "/etc/passwd", "a/../../x", "", "."] {
        assert!(disk.append(path, &[b"x"]).is_err(), "{path:?}");
    }
}

#[test]
fn the_lock_excludes_another_handle_on_the_same_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (Disk::open(dir.path()).unwrap(), Disk::open(dir.path()).unwrap());
    let held = one.lock("ledger.lock").unwrap();
    assert!(two.lock("ledger.lock").is_err());
    drop(held);
    assert!(two.lock("ledger.lock").is_ok());
}

/// The keyring is replaced with every erasure: no copy of an old one may stay, and nobody else may read the new one.
#[test]
fn replacing_leaves_one_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::open(dir.path()).unwrap();
    let files = || std::fs::read_dir(dir.path()).unwrap().count();
    disk.replace("keyring", b"old").unwrap();
    // Left by a process that died, readable by all.
    std::fs::write(dir.path().join("keyring.new"), b"half").unwrap();
    disk.replace("keyring", b"new").unwrap();
    assert_eq!(files(), 1);
    let mode = std::fs::metadata(dir.path().join("keyring")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // The rename fails: a directory is in the way.
    std::fs::create_dir_all(dir.path().join("taken/inside")).unwrap();
    assert!(disk.replace("taken", b"x").is_err());
    assert!(!dir.path().join("taken.new").exists(), "what a failure leaves");

    std::fs::write(dir.path().join("keyring.new"), b"half").unwrap();
    disk.tidy("keyring").unwrap();
    assert!(!dir.path().join("keyring.new").exists());
    assert_eq!(disk.read("keyring", 10).unwrap().unwrap(), b"new");
}

#[test]
fn what_was_synced_survives_every_crash_and_what_was_not_may_be_torn() {
    let (mut kept, mut lost, mut torn, mut holed) = (0, 0, 0, 0);
    for seed in 0..200 {
        let disk = FaultyDisk::new();
        disk.append("f", &[&[1; 100]]).unwrap();
        disk.sync(&["f"]).unwrap();
        disk.append("f", &[&[2; 300]]).unwrap();
        disk.crash(seed);
        let bytes = disk.bytes("f").unwrap();
        assert!(bytes.len() >= 100 && bytes[..100] == [1; 100], "seed {seed}");
        assert!(bytes[100..].iter().all(|b| [0, 2].contains(b)), "seed {seed}");
        match (bytes.len(), bytes[100..].contains(&0)) {
            (100, _) => lost += 1,
            (400, false) => kept += 1,
            (_, true) => holed += 1,
            _ => torn += 1,
        }
    }
    assert!(kept > 0 && lost > 0 && torn > 0 && holed > 0, "{kept} {lost} {torn} {holed}");
}

#[test]
fn a_sync_that_fails_gives_its_bytes_up_for_good() {
    let disk = FaultyDisk::new();
    disk.append("f", &[b"a"]).unwrap();
    disk.plan(Some(Fault::Lost(0)));
    assert!(disk.sync(&["f"]).is_err());
    disk.sync(&["f"]).unwrap();
    assert_eq!(disk.bytes("f").unwrap(), b"a");
    disk.crash(1);
    assert_eq!(disk.bytes("f").unwrap(), b"");
}

#[test]
fn a_lying_disk_says_so_to_the_test_only() {
    let disk = FaultyDisk::new();
    disk.append("f", &[b"a"]).unwrap();
    disk.plan(Some(Fault::Lies(0)));
    disk.sync(&["f"]).unwrap();
    assert!(disk.lied());
    disk.crash(0);
    assert_eq!(disk.bytes("f").unwrap(), b"");
}

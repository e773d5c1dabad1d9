//! What the store asks of a disk.
//!
//! Everything above this file is written against [`Storage`], so that a test can put a disk underneath that
//! loses power, tears writes or lies. The real one is [`Disk`](crate::Disk).

use std::io;

/// Files by relative path (`log/entries/000000000.log`), with the durability that the commit order leans on.
///
/// # Contract
///
/// *Visible* means: later calls on this value see it. *Durable* means: it is still there after the power fails.
/// Nothing is durable unless a line below says so.
///
/// | call | visible on return | durable on return |
/// |---|---|---|
/// | [`append`](Storage::append) | the bytes | that the file exists, if this call created it; not the bytes |
/// | [`truncate`](Storage::truncate) | the new length | nothing |
/// | [`sync`](Storage::sync) | – | everything appended to and cut from the named files before the call |
/// | [`replace`](Storage::replace) | the new content, never a mixture | the new content |
/// | [`replace_unsynced`](Storage::replace_unsynced) | the new content, never a mixture | nothing: after a power failure the file holds the old content, the new, or a torn one |
/// | [`tidy`](Storage::tidy) | nothing is left of a replacement of the file that was interrupted | the same |
/// | [`create_dir`](Storage::create_dir) | the directory | the directory, and which files there are in it |
///
/// After a power failure, what was not durable may be there in part, in any order: bytes that were lost below a length
/// that survived read as zeros.
///
/// **Errors come in two kinds that the caller cannot tell apart**: failed and not done, and failed but done. An
/// `append` may in addition have written a part. A failed `sync` leaves the durability of everything since the last
/// good one unknown *for ever*: calling it again may return `Ok` without having written anything, because an operating
/// system may drop the pages that it could not write. So after an error the caller assumes neither outcome, stops
/// writing, and finds out what there is by recovering.
///
/// One writer appends to a file at a time; any number of readers may read while it does. A read below a length that was
/// visible before the read began sees those bytes.
pub trait Storage: Send + Sync + 'static {
    /// The length of a file in bytes; `None` if there is no such file.
    ///
    /// # Errors
    /// Whatever the device reports.
    fn len(&self, path: &str) -> io::Result<Option<u64>>;

    /// Fills `buf` from byte `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] without such a file, [`io::ErrorKind::UnexpectedEof`] where it ends too soon.
    fn read_at(&self, path: &str, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// The whole of a file as it is now, which must not be longer than `limit` bytes; `None` if there is no such file.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where it is longer.
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// Appends the parts, in order, as one gathered write; creates the file if need be.
    ///
    /// # Errors
    /// Whatever the device reports; see the contract.
    fn append(&self, path: &str, parts: &[&[u8]]) -> io::Result<()>;

    /// Makes the named files durable. A provider may work on them side by side.
    ///
    /// # Errors
    /// The first that the device reports; see the contract. Then nothing is known of any of the files.
    fn sync(&self, paths: &[&str]) -> io::Result<()>;

    /// Cuts a file down to `len` bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] if the file is shorter than that: this never makes a file longer.
    fn truncate(&self, path: &str, len: u64) -> io::Result<()>;

    /// Puts `bytes` in the place of a file, atomically and durably. Only the owner of the process can read a file that this makes.
    ///
    /// After success nothing is left of the old content. After an error, or when the process dies, what was written of the new
    /// content may lie beside the file until the next replacement of it or [`tidy`](Storage::tidy).
    ///
    /// # Errors
    /// Whatever the device reports; then the old or the new content is there, whole.
    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Puts `bytes` in the place of a file, atomically for readers but without waiting for the device.
    ///
    /// # Errors
    /// Whatever the device reports; see the contract.
    fn replace_unsynced(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes what a replacement of this file left behind when it failed or the process died. The file itself stays. Nobody may
    /// be replacing it meanwhile.
    ///
    /// # Errors
    /// Whatever the device reports.
    fn tidy(&self, path: &str) -> io::Result<()>;

    /// The names of the files in a directory, sorted; empty without such a directory.
    ///
    /// # Errors
    /// Whatever the device reports.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes a directory with its parents where it is missing, and in any case makes durable which files there are in it.
    ///
    /// # Errors
    /// Whatever the device reports.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Takes the exclusive lock that the file stands for, until the returned value is dropped or the process ends.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while somebody else holds it, in this process or another.
    fn lock(&self, path: &str) -> io::Result<Box<dyn StorageLock>>;
}

/// A lock that is held; dropping it lets go.
pub trait StorageLock: Send + Sync {}

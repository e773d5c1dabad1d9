//! How the threads behind the committer give way to intake.
//!
//! They run at a lower priority, and parse on threads of their own, so that intake never waits behind their work. They do not starve: the kernel divides a
//! busy core by weight, and [`GIVE_WAY`] leaves each of these threads about a twenty-eighth of the weight of a thread of intake, and all that intake leaves idle.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tracing::warn;

/// How much nicer threads are that give way, in steps of niceness: each makes the weight a fifth less.
pub(crate) const GIVE_WAY: i32 = 15;
/// The greatest niceness that there is.
const NICEST: i32 = 19;

/// Has the current thread give way for as long as it lives. Where the system does not let it, it works on as before.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    use rustix::process::{getpriority_process, setpriority_process};
    // Linux keeps the niceness of each thread; its number stands for it (setpriority(2), notes on the kernel).
    let own = Some(rustix::thread::gettid());
    let set =
        getpriority_process(own).and_then(|before| setpriority_process(own, (before + GIVE_WAY).min(NICEST)));
    if let Err(error) = set {
        warn!(%error, "a thread that is to give way to intake keeps its priority");
    }
}

/// Elsewhere niceness is that of the whole process, which is left alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way() {}

/// Threads for parsing that give way, as many as there are cores; none where they cannot be had.
pub(crate) fn threads() -> Option<Arc<ThreadPool>> {
    let name = |at| format!("parse-{at}");
    let built = ThreadPoolBuilder::new().thread_name(name).start_handler(|_| give_way()).build();
    built
        .map_err(
            |error| warn!(%error, "no threads of their own for findings and index; they use those of intake"),
        )
        .map(Arc::new)
        .ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(Some(rustix::thread::gettid())).expect("a thread of ours")
    }

    #[test]
    fn only_the_threads_that_give_way_do() {
        let before = niceness();
        let nicer = (before + GIVE_WAY).min(NICEST);
        let threads = threads().expect("threads");
        assert_eq!(threads.install(niceness), nicer);
        let one = std::thread::spawn(|| {
            give_way();
            niceness()
        });
        assert_eq!(one.join().expect("it gives way"), nicer);
        assert_eq!(niceness(), before);
        assert_eq!(std::thread::spawn(niceness).join().expect("a thread"), before);
    }
}

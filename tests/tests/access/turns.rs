//! One account cannot keep the others waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use daybook_tests::Ledger;
use serde_json::json;

use crate::city;

/// More than the service answers one account at a time (32).
const AT_ONCE: usize = 96;

#[test]
fn an_account_that_asks_too_much_at_once_is_told_to_wait_and_others_are_served() {
    let ledger = Ledger::running_without_rules();
    city::at_work(&ledger, 2);
    let greedy = ledger.account("a-0001", "auditor", None);
    let modest = ledger.account("a-0002", "auditor", None);
    let (refused, served, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let answer =
                        greedy.post("/v1/events/search", &json!({ "limit": 1000 })).expect("an answer");
                    if answer.status == 429 {
                        assert_eq!(answer.code(), "too-many-requests");
                        assert!(answer.headers["retry-after"].parse::<u64>().expect("seconds") >= 1);
                        refused.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                    } else {
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for _ in 0..10 {
            let answer = modest.get("/v1/me").expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
            let answer = modest.post("/v1/events/count", &json!({})).expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        while refused.load(Ordering::Acquire) == 0 || served.load(Ordering::Acquire) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        done.store(true, Ordering::Release);
    });
    // Nothing is left over: the next request is answered.
    assert_eq!(greedy.get("/v1/me").expect("an answer").status, 200);
}

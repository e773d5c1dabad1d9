use super::*;

#[test]
fn an_issuer_names_its_subjects() {
    let issuer: Issuer = "sheriff/jail-records".parse().unwrap();
    assert_eq!((issuer.department(), issuer.producer()), ("sheriff", "jail-records"));
    assert_eq!(issuer.events_subject(), "daybook.events.sheriff.jail-records");
    assert_eq!(issuer.receipts_subject(), "daybook.receipts.sheriff.jail-records");
    assert_eq!(issuer.refusals_subject(), "daybook.refusals.sheriff.jail-records");
    assert!(Issuer::governance().is_ledger());
}

#[test]
fn an_issuer_cannot_reach_another_subject() {
    let long = format!("sheriff/{}", "a".repeat(33));
    for bad in
        ["sheriff", "/a", "a/", "a/b/c", "Sheriff/a", "1a/b", "a/b.c", "a/*", "a/>", "a/b ", "a/é", "", &long]
    {
        assert!(bad.parse::<Issuer>().is_err(), "{bad:?}");
    }
}

#[test]
fn other_names_have_one_form_each() {
    assert!("denver.example/daybook_1".parse::<Origin>().is_ok());
    for bad in ["", "a b", "a+b", "a\n", &"a".repeat(256)] {
        assert!(bad.parse::<Origin>().is_err(), "{bad:?}");
    }
    assert!("release.notice_sent".parse::<TypeName>().is_ok());
    for bad in ["release", "release.", ".a", "a..b", "A.b", "a._b", &format!("a.{}", "b".repeat(63))] {
        assert!(bad.parse::<TypeName>().is_err(), "{bad:?}");
    }
    assert_eq!("2026-11".parse::<Period>().unwrap().to_string(), "2026-11");
    for bad in ["2026-13", "2026-00", "2026-1", "+026-11", "2026-+1", "2026/11", "2026-11 ", "２026-1"] {
        assert!(bad.parse::<Period>().is_err(), "{bad:?}");
    }
    assert_eq!(Period::of_time("2026-11-22T09:38-07:00"), "2026-11".parse().ok());
}

#[test]
fn an_event_identifier_is_a_random_uuid_in_one_spelling() {
    let good = "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";
    assert_eq!(good.parse::<Jti>().unwrap().to_string(), good);
    assert_eq!(Jti::from_random([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    let time_ordered = "018f0b2d-8a51-7c36-9d7e-0a1b2c3d4e5f";
    for bad in [time_ordered, "3F0B2D4E-8A51-4C36-9D7E-0A1B2C3D4E5F", "3f0b2d4e8a514c369d7e0a1b2c3d4e5f", ""]
    {
        assert!(bad.parse::<Jti>().is_err(), "{bad:?}");
    }
}

#[test]
fn an_error_does_not_repeat_the_text() {
    let error = "A123456789".parse::<Issuer>().unwrap_err().to_string();
    assert!(!error.contains("A123456789"), "{error}");
}

//! The testkit's bus does what the fault tests rely on.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use async_nats::jetstream;
use daybook_tests::NatsServer;

#[tokio::test]
async fn a_killed_server_comes_back_with_its_port_and_its_messages() {
    let mut bus = NatsServer::start().unwrap();
    let (port, url) = (bus.port(), bus.url());
    publish_one(&url).await;

    bus.kill();
    assert_eq!(bus.pid(), None);
    assert!(async_nats::connect(&url).await.is_err(), "nobody may answer while it is killed");

    bus.restart().unwrap();
    assert_eq!(bus.port(), port);
    assert_eq!(messages(&url).await, 1);
}

#[tokio::test]
async fn two_servers_know_nothing_of_each_other() {
    let (one, two) = (NatsServer::start().unwrap(), NatsServer::start().unwrap());
    publish_one(&one.url()).await;
    let other = jetstream::new(async_nats::connect(two.url()).await.unwrap());
    assert!(other.get_stream("KEPT").await.is_err());
}

async fn publish_one(url: &str) {
    let js = jetstream::new(async_nats::connect(url).await.unwrap());
    let config = jetstream::stream::Config {
        name: "KEPT".into(),
        subjects: vec!["kept".into()],
        ..Default::default()
    };
    js.create_stream(config).await.unwrap();
    js.publish("kept", "one".into()).await.unwrap().await.unwrap();
}

async fn messages(url: &str) -> u64 {
    let js = jetstream::new(async_nats::connect(url).await.unwrap());
    js.get_stream("KEPT").await.unwrap().cached_info().state.messages
}

//! Parts that the vendors share.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::standins::{
    body::{Coding, InflateError, inflate},
    rate::RollingWindow,
    ring::Ring,
};

use super::support::{gzip, zstd};

#[test]
fn a_body_is_decompressed_to_at_most_its_limit() {
    let plain = vec![b'a'; 1000];
    let cases = [
        (Coding::Identity, Bytes::from(plain.clone())),
        (Coding::Gzip, gzip(&plain).into()),
        (Coding::Zstd, zstd(&plain).into()),
    ];
    for (coding, body) in cases {
        assert_eq!(inflate(coding, &body, 1000).as_deref(), Ok(plain.as_slice()), "{coding:?}");
        assert_eq!(inflate(coding, &body, 999), Err(InflateError::TooLarge), "{coding:?}");
    }
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Zstd] {
        let broken = inflate(coding, &Bytes::from_static(b"plain text"), 1000);
        assert!(matches!(broken, Err(InflateError::Broken(_))), "{coding:?}: {broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_rolls() {
    let mut window = RollingWindow::new(2, Duration::from_secs(60));
    assert_eq!(window.admit(Instant::now()), Ok(()));
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(window.admit(Instant::now()), Ok(()));
    assert_eq!(window.admit(Instant::now()), Err(Duration::from_secs(40)));
    tokio::time::advance(Duration::from_secs(39)).await;
    assert_eq!(window.admit(Instant::now()), Err(Duration::from_secs(1)));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(window.admit(Instant::now()), Ok(()));
    assert_eq!(window.admit(Instant::now()), Err(Duration::from_secs(20)));
}

#[test]
fn a_ring_keeps_the_newest_and_counts_all() {
    let mut ring = Ring::new(2);
    for number in 1..=5 {
        ring.push(number);
    }
    assert_eq!((ring.to_vec(), ring.seen()), (vec![4, 5], 5));
}

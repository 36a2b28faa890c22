//! Any bytes, any plan: what we edit in place is what a full decoder says after the same edit.
#![no_main]

use bellwether_otlp::differential::{self, Plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((keys, bytes)) = input.split_first_chunk() else { return };
    if let Err(difference) = differential::edit(bytes, &Plan::new(*keys)) {
        panic!("{difference}");
    }
});

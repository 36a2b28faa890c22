//! Any bytes: our reading is that of a full decoder, and the views of unchecked bytes end.
#![no_main]

use bellwether_otlp::differential;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = differential::compare(bytes) {
        panic!("{difference}");
    }
    differential::walk_unchecked(bytes);
});

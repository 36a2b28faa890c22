//! Any text: what is translated is sound, and is what a full decoder reads.
#![no_main]

use bellwether_otlp::differential;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if let Err(difference) = differential::json(text) {
        panic!("{difference}");
    }
});

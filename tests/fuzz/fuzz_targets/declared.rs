#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluice_laws::formats::declared::holds(data));

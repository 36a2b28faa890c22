//! On what it was measured, and with which versions.

/// Describes the machine in one line.
pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!("{model}, {cores} cores, Linux {}, load {load} at the end", kernel.trim())
}

/// Lists the versions that decide the figures, from the lock file of this build.
pub(crate) fn versions() -> String {
    let lock = include_str!("../../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split_once('"').map(|(version, _)| format!("{name} {version}"))
    };
    let names =
        ["axum", "tracing", "tracing-opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp"];
    let versions: Vec<String> = names.into_iter().filter_map(version).collect();
    format!("{}, release build (thin LTO), system allocator with a counter", versions.join(", "))
}

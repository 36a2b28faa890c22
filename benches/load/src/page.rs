//! The page of figures: on what they were measured, and the section that a program writes.

use std::path::Path;

use anyhow::Context;

/// Describes the machine in one line.
pub fn machine() -> String {
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

/// Replaces the section of this name in a page: what stands between its two marks.
///
/// # Errors
/// Fails when the page cannot be read or written, or lacks the marks.
pub fn write(page: &Path, name: &str, section: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let text = replaced(&text, name, section)
        .with_context(|| format!("{} lacks the marks of the section {name}", page.display()))?;
    std::fs::write(page, text).with_context(|| page.display().to_string())
}

fn replaced(text: &str, name: &str, section: &str) -> Option<String> {
    let begin = format!("<!-- {name}: written by `make bench` -->\n");
    let end = format!("<!-- {name}: end -->\n");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{section}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_section_replaces_the_one_of_its_name() {
        let page = "a\n<!-- x: written by `make bench` -->\nold\n<!-- x: end -->\nb\n";
        let new = "a\n<!-- x: written by `make bench` -->\n\nnew\n<!-- x: end -->\nb\n";
        assert_eq!(replaced(page, "x", "new").as_deref(), Some(new));
        assert_eq!(replaced(page, "y", "new"), None);
    }
}

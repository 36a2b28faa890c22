//! What `bellwether backtest` takes for a generated day.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bellwether_load::day::{self, Day};
use bellwether_load::page;
use clap::Args;

/// Spans a second that a backtest has to reach.
const BAR: f64 = 1e6;

/// What is measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Spans of the day.
    #[arg(long, default_value_t = 5_000_000)]
    spans: usize,
    /// Services that send them.
    #[arg(long, default_value_t = 10)]
    services: usize,
    /// How often each form is measured.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
    /// Where the day is kept meanwhile.
    #[arg(long, default_value = ".cache/bench")]
    folder: PathBuf,
}

/// A form of the day and what it took.
struct Form {
    name: &'static str,
    spans: u64,
    bytes: u64,
    /// The median of all runs.
    took: Duration,
}

impl Form {
    fn rate(&self) -> f64 {
        self.spans as f64 / self.took.as_secs_f64()
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = options.folder.join("backtest");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("catalog.yaml"), day::catalog(options.services))?;
    std::fs::write(
        folder.join("bellwether.yaml"),
        "processors: { health: { catalog: catalog.yaml } }\n",
    )?;
    let program = std::env::current_exe()?.with_file_name("bellwether");
    ensure!(program.exists(), "{} is not built", program.display());
    let mut forms = Vec::new();
    // JSON is ten times slower and three times as long: a tenth of the day tells its rate
    for (name, json, spans) in
        [("protobuf", false, options.spans), ("JSON lines", true, options.spans / 10)]
    {
        let day = Day { spans, services: options.services, json };
        forms.push(measure(name, day, options.runs, &folder, &program)?);
    }
    let section = section(&forms, options);
    println!("{section}");
    if let Some(page) = &options.page {
        page::write(page, "backtest", &section)?;
    }
    let rate = forms.first().map_or(0.0, Form::rate);
    ensure!(rate >= BAR, "{rate:.0} spans a second are less than {BAR:.0}");
    Ok(())
}

fn measure(
    name: &'static str,
    day: Day,
    runs: usize,
    folder: &Path,
    program: &Path,
) -> anyhow::Result<Form> {
    let file = folder.join(if day.json { "traces.json" } else { "traces.pb" });
    eprint!("\r\x1b[Kwriting a day of {} spans as {name}", day.spans);
    let spans = day.write(&mut BufWriter::with_capacity(1 << 20, File::create(&file)?))?;
    let bytes = std::fs::metadata(&file)?.len();
    let mut times = Vec::new();
    let mut said: Option<Vec<u8>> = None;
    for round in 1..=runs {
        eprint!("\r\x1b[Kbacktest of {name} ({round} of {runs})");
        let began = Instant::now();
        let output = Command::new(program)
            .args(["backtest", "--json", "--config"])
            .arg(folder.join("bellwether.yaml"))
            .arg("--from")
            .arg(&file)
            .stderr(Stdio::piped())
            .output()
            .context("starting the backtest")?;
        times.push(began.elapsed());
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the backtest failed: {error}");
        match &said {
            Some(before) => ensure!(*before == output.stdout, "two runs said different things"),
            None => said = Some(output.stdout),
        }
    }
    eprintln!("\r\x1b[Kbacktest of {name}");
    times.sort_unstable();
    let took = times.get(times.len() / 2).copied().context("at least one run")?;
    std::fs::remove_file(&file)?;
    Ok(Form { name, spans, bytes, took })
}

fn section(forms: &[Form], options: &Options) -> String {
    let mut text = format!(
        "A generated day: spans of {} services at an even pace, with the rules that hold without being written, evaluated every\nsecond of that day (86,400 times, but where nothing can have changed). Medians of {} runs, whose output was the same to the byte.\n\n| form | spans | MiB | s | spans a second | bar |\n| --- | --- | --- | --- | --- | --- |\n",
        options.services, options.runs
    );
    for (at, form) in forms.iter().enumerate() {
        let bar = if at == 0 { format!("{BAR:.0}") } else { String::new() };
        text.push_str(&format!(
            "| {} | {} | {:.0} | {:.2} | **{:.0}** | {bar} |\n",
            form.name,
            form.spans,
            form.bytes as f64 / f64::from(1 << 20),
            form.took.as_secs_f64(),
            form.rate(),
        ));
    }
    format!("{text}\nMeasured on: {}.\n", page::machine())
}

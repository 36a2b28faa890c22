//! Chromium, driven by `dashboards/web/e2e/measure.mjs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Longest wait for a line of the browser's.
const LIMIT: Duration = Duration::from_secs(600);

/// How long pages took to load, and what came for them.
#[derive(Clone, Debug, Deserialize)]
pub struct Loads {
    /// With an empty cache, in milliseconds.
    pub cold: Vec<f64>,
    /// With what the load before it left, in milliseconds.
    pub warm: Vec<f64>,
    /// Bytes of script that the executive page loads, as they come.
    pub script: u64,
    /// Bytes of everything that it loads, without what it asks of the API.
    pub all: u64,
}

/// Loads the executive page so often each way.
pub(crate) async fn load(base: &str, times: usize) -> anyhow::Result<Loads> {
    let mut script = Script::start(&["loads", base, &times.to_string()])?;
    let answer = script.line().await?;
    Ok(serde_json::from_str(&answer)?)
}

/// A browser that looks at the operations page, and notes when which incident is painted.
pub(crate) struct Pixels(Script);

impl Pixels {
    pub(crate) async fn watch(base: &str) -> anyhow::Result<Self> {
        let mut script = Script::start(&["pixels", base])?;
        let said = script.line().await?;
        ensure!(said == "ready", "{said}");
        Ok(Self(script))
    }

    /// Returns when incidents were painted, in milliseconds since 1970, by id.
    pub(crate) async fn end(mut self, ids: &[String]) -> anyhow::Result<BTreeMap<String, i64>> {
        self.0.tell(&serde_json::to_string(ids)?).await?;
        let answer = self.0.line().await?;
        Ok(serde_json::from_str(&answer)?)
    }
}

struct Script {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Script {
    fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards/web");
        ensure!(
            folder.join("node_modules/playwright-core").is_dir(),
            "playwright-core is missing: run `scripts/setup web chromium`"
        );
        let mut child = Command::new("node")
            .arg("e2e/measure.mjs")
            .args(arguments)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node is not there: run `scripts/setup web`")?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        Ok(Self { _child: child, input, lines: BufReader::new(output).lines() })
    }

    async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(self.input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let line = timeout(LIMIT, self.lines.next_line()).await.context("the browser is silent")?;
        line?.context("the browser's script ended: what it said is above")
    }
}

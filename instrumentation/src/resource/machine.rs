//! Where the program runs: process, host, container, pod.

use opentelemetry::{KeyValue, Value};

use crate::env::Lookup;

/// Reads a small file; `None` when it is not there.
pub(super) type Files = dyn Fn(&str) -> Option<String>;

/// Reads the machine's own files.
pub(super) fn files(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Detects what the machine says of itself. The command line is left out: people put passwords there.
pub(super) fn detect(env: &Lookup, files: &Files) -> Vec<KeyValue> {
    let line =
        |path: &str| files(path).map(|text| text.trim().to_owned()).filter(|it| !it.is_empty());
    let host = line("/proc/sys/kernel/hostname").or_else(|| env("HOSTNAME"));
    let mut found = process();
    let mut add = |key: &'static str, value: Option<String>| {
        found.extend(value.map(|value| KeyValue::new(key, value)));
    };
    add("host.name", host.clone());
    add("host.id", line("/etc/machine-id"));
    add("host.arch", Some(architecture().to_owned()));
    add("os.type", Some(std::env::consts::OS.to_owned()));
    add("os.description", files("/etc/os-release").and_then(|text| pretty_name(&text)));
    add("container.id", container(files));
    for (key, value) in pod(env, files, host) {
        add(key, value);
    }
    found
}

fn process() -> Vec<KeyValue> {
    let path = std::env::current_exe().ok();
    let name =
        path.as_ref().and_then(|path| path.file_name()).map(|it| it.to_string_lossy().into_owned());
    let path = path.map(|path| path.to_string_lossy().into_owned());
    let text = |key, value: Option<String>| value.map(|it| KeyValue::new(key, Value::from(it)));
    [
        Some(KeyValue::new("process.pid", i64::from(std::process::id()))),
        text("process.executable.name", name),
        text("process.executable.path", path),
        Some(KeyValue::new("process.runtime.name", "rustc")),
        text("process.runtime.version", option_env!("BELLWETHER_RUSTC").map(str::to_owned)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the processor in the words of the semantic conventions.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        other => other,
    }
}

fn pretty_name(os_release: &str) -> Option<String> {
    let name = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

/// Finds the id of the container: in the control group's name, or, where that is hidden (cgroup v2), in the mounts.
fn container(files: &Files) -> Option<String> {
    let group = files("/proc/self/cgroup").unwrap_or_default();
    let named = group.lines().filter_map(|line| line.rsplit('/').next()).find_map(|name| {
        let name = name.strip_suffix(".scope").unwrap_or(name);
        container_id(name.rsplit(['-', ':']).next()?)
    });
    named.or_else(|| {
        let mounts = files("/proc/self/mountinfo")?;
        let own = mounts
            .lines()
            .filter(|line| line.contains("/containers/") || line.contains("/sandboxes/"));
        own.flat_map(|line| line.split('/')).find_map(container_id)
    })
}

fn container_id(text: &str) -> Option<String> {
    let is_id = text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

/// The variables and the files of a volume in which the downward API usually puts what a pod knows of itself.
const POD: [(&str, [&str; 2], &str); 6] = [
    ("k8s.pod.name", ["K8S_POD_NAME", "POD_NAME"], "/etc/podinfo/name"),
    ("k8s.pod.uid", ["K8S_POD_UID", "POD_UID"], "/etc/podinfo/uid"),
    (
        "k8s.namespace.name",
        ["K8S_NAMESPACE_NAME", "POD_NAMESPACE"],
        "/var/run/secrets/kubernetes.io/serviceaccount/namespace",
    ),
    ("k8s.node.name", ["K8S_NODE_NAME", "NODE_NAME"], "/etc/podinfo/nodename"),
    ("k8s.container.name", ["K8S_CONTAINER_NAME", "CONTAINER_NAME"], "/etc/podinfo/containername"),
    ("k8s.deployment.name", ["K8S_DEPLOYMENT_NAME", "DEPLOYMENT_NAME"], "/etc/podinfo/deployment"),
];

fn pod(env: &Lookup, files: &Files, host: Option<String>) -> Vec<(&'static str, Option<String>)> {
    if env("KUBERNETES_SERVICE_HOST").is_none() {
        return Vec::new();
    }
    let given = |names: [&str; 2], path: &str| {
        let text = names.into_iter().find_map(|name| env(name)).or_else(|| files(path))?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut found: Vec<_> =
        POD.into_iter().map(|(key, names, path)| (key, given(names, path))).collect();
    // A pod's host name is its own name, unless it shares the node's network.
    if let Some((_, name)) = found.first_mut() {
        *name = name.take().or(host);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    const ID: &str = "3f4bc17d2a6f1b1f0c8a3d5e7f9b2c4d6e8f0a1b3c5d7e9f1a2b3c4d5e6f7a8b";

    fn detected(pairs: &'static [(&'static str, &'static str)], files: &Files) -> Vec<String> {
        let found = detect(&env::fixed(pairs), files);
        found.iter().map(|it| format!("{}={}", it.key, it.value)).collect()
    }

    #[test]
    fn a_bare_machine_has_a_host_and_a_process_and_no_container() {
        let files = |path: &str| match path {
            "/proc/sys/kernel/hostname" => Some("build-7\n".to_owned()),
            "/proc/self/cgroup" => Some("0::/user.slice/session-3.scope\n".to_owned()),
            "/etc/os-release" => Some("ID=debian\nPRETTY_NAME=\"Debian 12\"\n".to_owned()),
            _ => None,
        };
        let found = detected(&[("POD_NAME", "not in a cluster")], &files);
        assert!(found.contains(&"host.name=build-7".to_owned()), "{found:?}");
        assert!(found.contains(&"os.description=Debian 12".to_owned()), "{found:?}");
        assert!(found.iter().any(|it| it.starts_with("process.runtime.version=")), "{found:?}");
        assert!(!found.iter().any(|it| it.starts_with("container.") || it.starts_with("k8s.")));
    }

    #[test]
    fn a_container_is_found_in_either_version_of_control_groups() {
        let groups = [
            ("/proc/self/cgroup", format!("12:pids:/docker/{ID}\n")),
            ("/proc/self/cgroup", format!("0::/system.slice/docker-{ID}.scope\n")),
            ("/proc/self/cgroup", format!("0::/kubepods/besteffort/pod1/cri-containerd:{ID}\n")),
            (
                "/proc/self/mountinfo",
                format!("7 6 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw\n"),
            ),
        ];
        for (path, text) in groups {
            let shown = text.clone();
            let files = move |asked: &str| (asked == path).then(|| text.clone());
            assert_eq!(container(&files).as_deref(), Some(ID), "{shown}");
        }
    }

    #[test]
    fn a_pod_knows_itself_from_the_downward_api() {
        let env = &[
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
            ("POD_UID", "u-1"),
            ("HOSTNAME", "shop-5d9f"),
            ("NODE_NAME", "node-a"),
        ];
        let files =
            |path: &str| path.ends_with("serviceaccount/namespace").then(|| "prod\n".to_owned());
        let found = detected(env, &files);
        for expected in [
            "k8s.pod.name=shop-5d9f",
            "k8s.pod.uid=u-1",
            "k8s.namespace.name=prod",
            "k8s.node.name=node-a",
        ] {
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
        }
        assert!(!found.iter().any(|it| it.starts_with("k8s.deployment.name")));
    }
}

//! What to say of a kind that is not known, above all to those who come from the OpenTelemetry
//! Collector and bring more than there is here.

use bellwether_config::{Document, Problem, closest};

/// Says what a group of kinds is called and what stands in for well-known ones of others.
pub(super) struct Group {
    what: &'static str,
    known_elsewhere: &'static [(&'static [&'static str], &'static str)],
}

impl Group {
    pub(super) const fn of(what: &'static str) -> Self {
        Self { what, known_elsewhere: &[] }
    }
}

pub(super) const RECEIVERS: &Group = &Group {
    what: "receiver",
    known_elsewhere: &[(
        &[
            "datadog",
            "docker_stats",
            "filelog",
            "fluentforward",
            "hostmetrics",
            "jaeger",
            "journald",
            "kafka",
            "kubeletstats",
            "k8s_cluster",
            "k8s_events",
            "otelarrow",
            "postgresql",
            "prometheus",
            "redis",
            "statsd",
            "syslog",
            "zipkin",
        ],
        "receive it with an OpenTelemetry Collector, and have that send OTLP to this one",
    )],
};

pub(super) const PROCESSORS: &Group = &Group {
    what: "processor",
    known_elsewhere: &[(
        &[
            "cumulativetodelta",
            "filter",
            "groupbyattrs",
            "k8sattributes",
            "metricstransform",
            "probabilistic_sampler",
            "redaction",
            "resourcedetection",
            "span",
            "tail_sampling",
            "transform",
        ],
        "process it with an OpenTelemetry Collector in front of this one, or behind it",
    )],
};

pub(super) const EXPORTERS: &Group = &Group {
    what: "exporter",
    known_elsewhere: &[
        (&["debug", "logging"], "see what goes where with `--log debug` and on the status page"),
        (
            &["jaeger", "zipkin", "loki", "prometheusremotewrite", "kafka", "elasticsearch"],
            "send OTLP, which most backends take by themselves, or to an OpenTelemetry Collector",
        ),
    ],
};

pub(super) const EXTENSIONS: &Group = &Group {
    what: "extension",
    known_elsewhere: &[
        (
            &["health_check", "healthcheckv2"],
            "ask /livez and /readyz of the dashboard's address, which need no extension",
        ),
        (&["zpages", "pprof"], "leave it out; how everything stands is on the status page"),
        (
            &["file_storage"],
            "leave it out: queues are on disk, in the folder of `storage`, unless they are told otherwise",
        ),
        (&["basicauth", "oidc"], "let senders show a token (`bearertokenauth`) or a certificate"),
    ],
};

/// What is said of a kind that is not known.
pub(super) struct Unknown {
    message: String,
    help: String,
}

impl Unknown {
    pub(super) fn at(self, document: &Document, path: &str) -> Problem {
        document.problem(path, self.message, Some(self.help))
    }
}

/// Says that there is no such kind, and what to do.
pub(super) fn unknown(group: &Group, name: &str, known: &[&str]) -> Unknown {
    let kind = kind_of(name);
    let elsewhere = group.known_elsewhere.iter().find(|(kinds, _)| kinds.contains(&kind));
    let near = closest(kind, known.iter().copied());
    let help = match (elsewhere, near) {
        (Some((_, instead)), _) => (*instead).to_owned(),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) if known.len() == 1 => format!("there is {}", known.join("")),
        (None, None) => format!("there are {}", known.join(", ")),
    };
    Unknown { message: format!("there is no kind of {} `{kind}`", group.what), help }
}

/// Returns the kind of a name that is written `kind` or `kind/name`.
pub(super) fn kind_of(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

//! What people do about incidents: `incidents`, `ack` and `silence`.

use bellwether_core::settings::HumanDuration;
use clap::{Args, Subcommand};

use super::api::Asked;

pub(super) const INCIDENTS_EXAMPLES: &str = "Examples:
  bellwether incidents                          those that are open
  bellwether incidents --all --json
  bellwether incidents inc-695b7d8a1c2d3e4f     one, with who was told and why
  bellwether incidents assign inc-695b7d8a1c2d3e4f bob
  bellwether incidents escalate inc-695b7d8a1c2d3e4f --reason \"I cannot get in\"
  bellwether incidents publish inc-695b7d8a1c2d3e4f

Exit codes: 0 done, 1 the collector does not answer, or knows no such incident.";

/// Options of `incidents`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Incidents {
    /// What is done about one.
    #[command(subcommand)]
    pub command: Option<IncidentsCommand>,
    /// One incident, with all that is known of it.
    #[arg(value_name = "INCIDENT")]
    pub id: Option<String>,
    /// Those that are over, too.
    #[arg(long)]
    pub all: bool,
    /// How many of the newest are looked at.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub limit: u32,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

/// What can be done about an incident.
#[derive(Debug, Subcommand)]
pub enum IncidentsCommand {
    /// Gives an incident to somebody.
    Assign(Assign),
    /// Takes the next step of an incident's escalation now, or one that is chosen.
    #[command(after_help = ESCALATE_EXAMPLES)]
    Escalate(Escalate),
    /// Has customers read of an incident, as drafted or in other words.
    #[command(after_help = PUBLISH_EXAMPLES)]
    Publish(Publish),
}

const ESCALATE_EXAMPLES: &str = "Examples:
  bellwether incidents escalate inc-695b7d8a1c2d3e4f --reason \"I cannot get in\"
  bellwether incidents escalate inc-695b7d8a1c2d3e4f --step 3 --reason \"the deal is in danger\"

Whoever acknowledged it is asked again: that nobody has it in hand is what escalating says.
Which steps there are, and whom they tell: bellwether incidents inc-695b7d8a1c2d3e4f
Exit codes: 0 done, 1 not done: the answer says why.";

/// Options of `incidents escalate`.
#[derive(Debug, Args)]
pub struct Escalate {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The number of the step, from 1; the next one unless set.
    #[arg(long, value_name = "NUMBER")]
    pub step: Option<u32>,
    /// The escalation policy; where there are several, the one whose next step comes first.
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

const PUBLISH_EXAMPLES: &str = "Examples:
  bellwether incidents publish inc-695b7d8a1c2d3e4f
  bellwether incidents publish inc-695b7d8a1c2d3e4f --text \"The admin panel is slow. We are on it.\"

What is drafted: bellwether incidents inc-695b7d8a1c2d3e4f
Exit codes: 0 done, 1 not done: the answer says why.";

/// Options of `incidents publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Another headline than the one drafted.
    #[arg(long, value_name = "TEXT")]
    pub headline: Option<String>,
    /// Another text than the one drafted; an incident that is on the page already gets it as an
    /// update.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

/// Options of `incidents assign`.
#[derive(Debug, Args)]
pub struct Assign {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Who gets it.
    #[arg(value_name = "NAME")]
    pub to: String,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

pub(super) const ACK_EXAMPLES: &str = "Examples:
  bellwether ack inc-695b7d8a1c2d3e4f
  bellwether ack inc-695b7d8a1c2d3e4f --for 2h --note \"the disk is full, making room\"

Steps of escalation that are still to come are not taken. When the time is over and nobody
acknowledged again, everybody who was told is told again, and the next step is taken.
Exit codes: 0 done, 1 not done: the answer says why.";

/// Options of `ack`.
#[derive(Debug, Args)]
pub struct Ack {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// For how long, such as 2h; as `alerting.acknowledge_for` says unless set.
    #[arg(long = "for", value_name = "TIME")]
    pub hold: Option<HumanDuration>,
    /// What to write about it.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

pub(super) const SILENCE_EXAMPLES: &str = "Examples:
  bellwether silence --component admin --for 2h --reason \"the move\"
  bellwether silence --incident inc-695b7d8a1c2d3e4f --reason \"known, until it is resolved\"
  bellwether silence --when 'severity == \"low\"' --for 8h --reason \"night\"
  bellwether silence --list
  bellwether silence --end sil-18b2c5d6e7f8a9b0

Messages stop, nothing else does; what still fires at the end is told as new.
Exit codes: 0 done, 1 not done: the answer says why.";

/// Options of `silence`.
#[derive(Debug, Args)]
pub struct Silence {
    /// Only this incident.
    #[arg(long, value_name = "INCIDENT")]
    pub incident: Option<String>,
    /// Only incidents of this component.
    #[arg(long, value_name = "COMPONENT")]
    pub component: Option<String>,
    /// Only incidents for which this holds, in CEL.
    #[arg(long, value_name = "CONDITION")]
    pub when: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "end"])]
    pub reason: Option<String>,
    /// For how long, such as 2h; until the incident is resolved unless set.
    #[arg(long = "for", value_name = "TIME")]
    pub hold: Option<HumanDuration>,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Shows the silences that hold or will hold.
    #[arg(long, conflicts_with_all = ["incident", "component", "when", "reason", "hold", "end"])]
    pub list: bool,
    /// Ends a silence.
    #[arg(long, value_name = "SILENCE", conflicts_with_all = ["incident", "component", "when", "reason", "hold"])]
    pub end: Option<String>,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

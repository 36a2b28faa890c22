//! Which traces are recorded: `OTEL_TRACES_SAMPLER` and its argument.

use opentelemetry_sdk::trace::Sampler;

use super::{InitError, get};
use crate::env::Lookup;

const NAME: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Reads the sampler; `share` is what the program asks for where the environment says nothing.
///
/// The SDK takes a misspelt sampler for one that records everything; here it is refused.
pub(super) fn read(env: &Lookup, share: Option<f64>) -> Result<Sampler, InitError> {
    let Some(name) = get(env, NAME) else {
        let root = share.map_or(Sampler::AlwaysOn, Sampler::TraceIdRatioBased);
        return Ok(Sampler::ParentBased(Box::new(root)));
    };
    let by_parent = name.strip_prefix("parentbased_");
    let root = match by_parent.unwrap_or(&name) {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => Sampler::TraceIdRatioBased(ratio(env)?),
        _ => {
            return Err(InitError::Variable {
                name: NAME,
                value: name,
                advice: "use always_on, always_off or traceidratio, with or without parentbased_ before it",
            });
        }
    };
    Ok(if by_parent.is_some() { Sampler::ParentBased(Box::new(root)) } else { root })
}

fn ratio(env: &Lookup) -> Result<f64, InitError> {
    let Some(value) = get(env, ARGUMENT) else { return Ok(1.0) };
    let ratio = value.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or(InitError::Variable { name: ARGUMENT, value, advice: "use a number from 0 to 1" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    fn text(
        pairs: &'static [(&'static str, &'static str)],
        share: Option<f64>,
    ) -> Result<String, InitError> {
        read(&env::fixed(pairs), share).map(|sampler| format!("{sampler:?}"))
    }

    #[test]
    fn the_environment_beats_the_program_which_beats_the_default() {
        assert_eq!(text(&[], None).unwrap(), "ParentBased(AlwaysOn)");
        assert_eq!(text(&[], Some(0.1)).unwrap(), "ParentBased(TraceIdRatioBased(0.1))");
        let off: &[_] = &[(NAME, "parentbased_always_off")];
        assert_eq!(text(off, Some(0.1)).unwrap(), "ParentBased(AlwaysOff)");
        let share: &[_] = &[(NAME, "traceidratio"), (ARGUMENT, "0.25")];
        assert_eq!(text(share, None).unwrap(), "TraceIdRatioBased(0.25)");
        let all: &[_] = &[(NAME, "traceidratio")];
        assert_eq!(text(all, None).unwrap(), "TraceIdRatioBased(1.0)");
    }

    #[test]
    fn what_is_no_sampler_is_refused() {
        let misspelt = text(&[(NAME, "parentbased_traceidration")], None).unwrap_err().to_string();
        assert!(
            misspelt.starts_with("OTEL_TRACES_SAMPLER=parentbased_traceidration"),
            "{misspelt}"
        );
        let percent: &[_] = &[(NAME, "traceidratio"), (ARGUMENT, "10")];
        assert!(text(percent, None).unwrap_err().to_string().contains("from 0 to 1"));
    }
}

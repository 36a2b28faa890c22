//! Checks that feature flags can be resolved, through the OpenFeature SDK.

use std::fmt;
use std::sync::Arc;

use open_feature::{Client, EvaluationContext, EvaluationError, EvaluationErrorCode};

use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks that the provider behind an OpenFeature client resolves flags; an error fails the check where an application
/// would silently get its default.
///
/// ```
/// use bellwether::checks::feature_flags;
/// use open_feature::OpenFeature;
///
/// # async fn flags() {
/// let client = OpenFeature::singleton().await.create_client();
/// let flags = feature_flags(client).boolean("new-checkout").string("theme");
/// # }
/// ```
pub fn feature_flags(client: Client) -> FeatureFlags {
    FeatureFlags {
        client: Arc::new(client),
        context: EvaluationContext::default(),
        flags: Vec::new(),
    }
}

/// Checks feature flags; comes from [`feature_flags`].
#[derive(Clone)]
pub struct FeatureFlags {
    client: Arc<Client>,
    context: EvaluationContext,
    flags: Vec<(String, Kind)>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Boolean,
    Integer,
    Float,
    String,
}

impl FeatureFlags {
    /// Expects a flag of this name with a boolean value.
    #[must_use]
    pub fn boolean(self, name: impl Into<String>) -> Self {
        self.flag(name, Kind::Boolean)
    }

    /// Expects a flag of this name with an integer value.
    #[must_use]
    pub fn integer(self, name: impl Into<String>) -> Self {
        self.flag(name, Kind::Integer)
    }

    /// Expects a flag of this name with a number as its value.
    #[must_use]
    pub fn float(self, name: impl Into<String>) -> Self {
        self.flag(name, Kind::Float)
    }

    /// Expects a flag of this name with a text as its value.
    #[must_use]
    pub fn string(self, name: impl Into<String>) -> Self {
        self.flag(name, Kind::String)
    }

    /// Resolves the flags in this context, such as with the targeting key of one customer.
    #[must_use]
    pub fn context(mut self, context: EvaluationContext) -> Self {
        self.context = context;
        self
    }

    fn flag(mut self, name: impl Into<String>, kind: Kind) -> Self {
        self.flags.push((name.into(), kind));
        self
    }

    async fn resolve(&self, name: &str, kind: Kind) -> Result<(), EvaluationError> {
        let (client, context) = (&self.client, Some(&self.context));
        match kind {
            Kind::Boolean => client.get_bool_details(name, context, None).await.map(drop),
            Kind::Integer => client.get_int_details(name, context, None).await.map(drop),
            Kind::Float => client.get_float_details(name, context, None).await.map(drop),
            Kind::String => client.get_string_details(name, context, None).await.map(drop),
        }
    }
}

impl fmt::Debug for FeatureFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureFlags").field("flags", &self.flags).finish_non_exhaustive()
    }
}

impl Check for FeatureFlags {
    fn kind(&self) -> CheckKind {
        CheckKind::FeatureFlag
    }

    async fn run(&self) -> CheckResult {
        let mut problems = Vec::new();
        let mut first = None;
        for (name, kind) in &self.flags {
            if let Err(error) = self.resolve(name, *kind).await {
                problems.push(format!("{name}: {}", text(&error)));
                first.get_or_insert_with(|| error_type(&error.code));
            }
        }
        match first {
            None => Ok(()),
            Some(code) => Err(NotPassed::failed(format!(
                "feature flags cannot be resolved: {}",
                problems.join("; ")
            ))
            .advice("create the flags with these names and types, or see whether the provider reaches its server")
            .error_type(code)),
        }
    }
}

fn text(error: &EvaluationError) -> String {
    match &error.message {
        Some(message) => format!("{}, {message}", error.code),
        None => error.code.to_string(),
    }
}

fn error_type(code: &EvaluationErrorCode) -> String {
    match code {
        EvaluationErrorCode::General(_) => "general".to_owned(),
        code => code.to_string().to_ascii_lowercase(),
    }
}

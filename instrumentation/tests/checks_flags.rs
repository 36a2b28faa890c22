//! The `feature_flags` check through the OpenFeature SDK, with a provider that misbehaves as told.

use std::time::Duration;

use bellwether::checks::{Check, feature_flags};
use bellwether::startup::{CheckOutcome, OnFailure::Degrade, Startup};
use open_feature::provider::{FeatureProvider, NoOpProvider, ProviderMetadata, ResolutionDetails};
use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, OpenFeature,
    StructValue, async_trait,
};

struct Flags {
    metadata: ProviderMetadata,
}

impl Flags {
    async fn client() -> Client {
        let mut api = OpenFeature::default();
        api.set_provider(Self { metadata: ProviderMetadata::new("flags") }).await;
        api.create_client()
    }

    async fn find<T>(
        &self,
        name: &str,
        value: Option<T>,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        let error =
            |code, message: &str| EvaluationError { code, message: Some(message.to_owned()) };
        match (name, value) {
            ("hangs", _) => std::future::pending().await,
            ("slow", Some(value)) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(ResolutionDetails::new(value))
            }
            ("new-checkout", Some(value)) => Ok(ResolutionDetails::new(value)),
            ("new-checkout", None) => {
                Err(error(EvaluationErrorCode::TypeMismatch, "it is a boolean"))
            }
            _ => Err(error(EvaluationErrorCode::FlagNotFound, "no such flag")),
        }
    }
}

#[async_trait]
impl FeatureProvider for Flags {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        name: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.find(name, Some(true)).await
    }

    async fn resolve_int_value(
        &self,
        name: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.find(name, None).await
    }

    async fn resolve_float_value(
        &self,
        name: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.find(name, None).await
    }

    async fn resolve_string_value(
        &self,
        name: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.find(name, None).await
    }

    async fn resolve_struct_value(
        &self,
        name: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        self.find(name, None).await
    }
}

#[tokio::test]
async fn flags_that_resolve_pass_also_when_they_are_slow() {
    let check = feature_flags(Flags::client().await).boolean("new-checkout").boolean("slow");
    assert_eq!(check.run().await, Ok(()));
}

#[tokio::test]
async fn flags_that_are_missing_or_of_another_type_are_all_told() {
    let check = feature_flags(Flags::client().await)
        .boolean("old-checkout")
        .boolean("new-checkout")
        .string("new-checkout");
    let error = check.run().await.unwrap_err();
    assert_eq!(
        error.message(),
        "feature flags cannot be resolved: old-checkout: FLAG_NOT_FOUND, no such flag; \
         new-checkout: TYPE_MISMATCH, it is a boolean"
    );
}

#[tokio::test]
async fn a_client_without_a_provider_fails() {
    let mut api = OpenFeature::default();
    api.set_provider(NoOpProvider::default()).await;
    let check = feature_flags(api.create_client()).integer("limit").float("ratio");
    assert!(check.run().await.is_err());
}

#[tokio::test]
async fn a_provider_that_hangs_times_out() {
    let check = feature_flags(Flags::client().await).boolean("hangs");
    let report = Startup::new(&bellwether::Telemetry::disabled())
        .check("flags", "checkout", Degrade, check)
        .timeout(Duration::from_millis(200))
        .run()
        .await;
    assert_eq!(report.checks()[0].outcome(), CheckOutcome::TimedOut, "{report}");
}

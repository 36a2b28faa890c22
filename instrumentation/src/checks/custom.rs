//! Any async function as a check.

use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks whatever an async function proves; any error fails the check with its message.
///
/// ```
/// use bellwether::checks::custom;
///
/// let templates = custom(async || tokio::fs::read_to_string("templates/invoice.html").await.map(|_| ()));
/// ```
pub fn custom<F, Fut, E>(function: F) -> Custom<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send,
    E: Into<NotPassed>,
{
    Custom { function, kind: CheckKind::Custom }
}

/// Runs an async function; comes from [`custom`].
#[derive(Clone)]
pub struct Custom<F> {
    function: F,
    kind: CheckKind,
}

impl<F> Custom<F> {
    /// Says what the function looks at, when there is a better word than `custom`.
    #[must_use]
    pub fn kind(mut self, kind: CheckKind) -> Self {
        self.kind = kind;
        self
    }
}

impl<F> std::fmt::Debug for Custom<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Custom").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<F, Fut, E> Check for Custom<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send,
    E: Into<NotPassed>,
{
    fn kind(&self) -> CheckKind {
        self.kind
    }

    async fn run(&self) -> CheckResult {
        (self.function)().await.map_err(Into::into)
    }
}

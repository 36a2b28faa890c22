//! Faults that end-to-end tests ask for; not part of what the example teaches.

use bellwether::Startup;
use bellwether::checks::{NotPassed, custom};
use bellwether::startup::OnFailure::{Abort, Degrade};

use crate::Args;

/// Adds the checks that `MARKETEDGE_BLOCKING_CHECK` and `MARKETEDGE_FAILING_CHECK` ask for.
pub fn inject(mut startup: Startup, args: &Args) -> Startup {
    if args.blocking_check {
        let blocks = custom(async || -> Result<(), NotPassed> {
            loop {
                std::thread::park();
            }
        });
        startup = startup.check("blocking", "auth", Abort, blocks);
    }
    if args.failing_check {
        let fails = custom(async || Err::<(), _>(NotPassed::failed("asked to fail")));
        startup = startup.check("failing", "auth", Degrade, fails);
    }
    startup
}

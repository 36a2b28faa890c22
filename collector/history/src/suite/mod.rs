//! What holds for every store, whatever database it lies in.
//!
//! Written against the traits alone; a database joins in with a [`Place`] and one line of
//! [`conformance!`].

pub(crate) mod between;
pub(crate) mod model;
pub(crate) mod outbox;
pub(crate) mod retention;
pub(crate) mod samples;
mod steps;
pub(crate) mod store;

use bellwether_core::access::Audit;
use bellwether_core::store::{Outbox, Records, Store};

/// An empty database of its own for one test.
pub(crate) trait Place {
    /// The store that is tested.
    type Store: Store + Records + Outbox + Audit;

    /// Makes an empty database.
    fn new() -> Self;

    /// Opens the store; the same records are there after each opening.
    async fn open(&self) -> Self::Store;

    /// Closes a store.
    async fn close(&self, store: Self::Store);

    /// Makes the database fail every write of the incident `poison`.
    async fn poison(&self);
}

/// Runs the whole suite against a place, a test each.
macro_rules! conformance {
    ($place:ty) => {
        crate::suite::conformance!($place, store: [
            a_new_store_is_empty,
            a_commit_is_read_back_after_reopening,
            later_records_replace_earlier_ones,
            a_failing_commit_leaves_everything_as_it_was,
            one_bad_commit_does_not_fail_its_neighbours,
            history_is_newest_first_and_limited,
            alerts_that_are_forgotten_are_gone_and_their_lives_stay,
            money_is_kept_line_by_line,
            a_snapshot_stays_until_it_is_taken_away,
            many_records_fit_in_one_commit,
            instances_are_forgotten_when_they_ended_before,
            a_proof_is_written_and_changes_nothing,
            what_people_did_is_kept_with_what_became_of_it,
        ]);
        crate::suite::conformance!($place, between: [
            incidents_of_a_period_are_those_that_were_open_in_it,
            changes_of_a_period_come_after_how_it_began,
            risks_of_a_period_are_those_that_have_time_in_common_with_it,
            standing_alerts_are_those_of_a_rule,
        ]);
        crate::suite::conformance!($place, outbox: [
            notices_of_a_subject_leave_in_order,
            a_notice_waits_for_its_time,
            the_newest_replaces_what_waits,
            the_newest_of_one_commit_replaces_the_others,
            flapping_does_not_starve_the_first_word,
            a_delivered_word_ends_the_deadline,
            a_postponed_notice_keeps_its_turn,
            settling_twice_changes_nothing,
            what_is_withdrawn_waits_no_more_and_what_comes_after_it_does,
            what_is_superseded_on_its_way_is_still_settled,
            who_was_told_is_kept_while_others_wait,
            receipts_are_merged_by_destination_and_subject,
            more_notices_than_one_statement_takes_keep_their_order,
        ]);
        crate::suite::conformance!($place, retention: [
            observations_are_read_back_by_series,
            the_names_of_series_are_found_by_how_they_begin,
            old_observations_become_hours_and_days,
            alerts_lose_their_details_and_then_go,
            how_a_component_was_when_what_is_kept_began_stays,
            a_step_is_bounded,
        ]);

        #[test]
        fn any_history_reads_back_as_the_model_says() {
            crate::suite::model::any_history_reads_back_as_the_model_says::<$place>();
        }
    };
    ($place:ty, $module:ident: [$($name:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::suite::$module::$name(&<$place as crate::suite::Place>::new()).await;
            }
        )*
    };
}
pub(crate) use conformance;

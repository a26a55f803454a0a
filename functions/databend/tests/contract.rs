//! The contract of every sink, held against Databend's engine behind an HTTP front of ours (`tests/databend`, which says
//! what that does not prove), and what only this connector does.
//!
//! These clauses are left out, because Databend has no such thing: unique columns and keys, references between tables,
//! locks that make another session wait, errors that point at a row; and computed columns, which need a licence.

#[path = "contract/compare.rs"]
mod compare;
#[path = "contract/faults.rs"]
mod faults;
#[path = "contract/files.rs"]
mod files;
#[path = "contract/login.rs"]
mod login;
#[path = "contract/once.rs"]
mod once;
#[path = "contract/subject.rs"]
mod subject;
#[path = "contract/support.rs"]
mod support;
#[path = "contract/types.rs"]
mod types;

use crate::subject::Server;

sluice_testkit::contract!(every Server::new().await);

sluice_testkit::contract! { Server::new().await =>
    topics_of_one_event_go_to_their_own_tables
    a_composite_key_in_another_order
    the_coordinates_of_kafka_as_key
    an_upsert_may_leave_out_what_must_not_be_null
    not_null_costs_one_row
    without_tolerance_nothing_is_left
    a_key_that_comes_again
    without_tolerance_nothing_of_it_stays
    a_lost_connection_at_commit_is_transient
    nothing_is_visible_before_commit
    abandon_leaves_nothing
    a_refused_value_is_not_covered_up_by_a_later_record_of_its_key
    keys_of_every_kind_find_their_row
    a_record_that_is_nothing_but_its_key
    defaults_are_computed_where_nothing_is_given
    hostile_names_of_tables_and_columns
    a_name_too_long_is_no_other_table
    columns_have_the_types_of_their_values
    several_records_agree_on_a_type
    the_key_is_made_with_the_table
    the_records_key_names_its_columns
    declared_types_are_kept
    the_configuration_has_a_say
    without_auto_create_a_missing_table_is_fatal
    records_that_say_nothing_make_no_table
    a_key_without_a_column_gets_one
    a_name_that_no_column_can_have_is_refused
    invocations_that_race_make_one_table_of_all_columns
    a_redelivered_beginning_is_filtered
    connectors_and_tables_keep_their_own_places
    the_table_of_offsets_can_be_named
}

sluice_testkit::contract_exactly_once!(Server::new().await);

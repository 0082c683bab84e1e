//! One suite for both stores: what the file keeps, the cluster keeps as well.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod branches;
mod broken;
mod going;
mod house;
mod records;
mod words;

/// Tells each story twice: in a local file, and in ConfigMaps of an API server, where every handle is a replica.
macro_rules! told_in_both {
    ($($room:ident :: $story:ident,)*) => {
        mod in_a_file {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$room::$story(&mut super::house::File::new()).await;
                }
            )*
        }

        mod in_a_cluster {
            $(
                #[tokio::test(start_paused = true)]
                async fn $story() {
                    super::$room::$story(&mut super::house::Cluster::new()).await;
                }
            )*
        }
    };
}

told_in_both! {
    records::q1_what_was_appended_is_there_for_every_handle,
    records::q1_two_hundred_appends_at_once_from_four_handles_are_all_kept,
    records::q1_a_storm_of_news_for_one_subject_is_kept_in_order_and_once,
    records::q1_what_is_told_twice_is_kept_once_whoever_is_told,
    records::q1_an_append_of_several_subjects_answers_each,
    records::q1_a_full_inbox_takes_nothing_until_it_is_read,
    records::q1_news_that_are_too_long_are_named_and_the_rest_is_kept,
    records::k9_a_record_that_would_grow_too_large_stays_as_it_was,
    records::k8_of_two_commits_on_one_generation_the_second_conflicts,
    records::k8_what_is_appended_between_load_and_commit_stays,
    records::k8_a_commit_that_is_repeated_is_recognised,
    records::k8_of_many_that_commit_at_once_one_wins,
    records::k8_a_first_commit_makes_the_record,
    records::pages_show_everything_that_stays_while_others_write,
    records::a_page_is_full_unless_it_is_the_last,
    records::h6_an_order_about_a_policy_is_there_for_every_handle_until_it_is_taken_away,
    broken::k9_a_corrupt_record_is_set_aside_and_its_subject_begins_anew,
    broken::k9_a_commit_over_a_corrupt_record_starts_over,
    broken::k9_a_page_passes_over_what_is_corrupt_and_says_so_once,
    broken::k9_the_record_of_another_subject_is_not_believed,
    broken::k9_a_record_of_a_newer_version_is_left_alone,
    going::q10_a_record_is_taken_away_only_as_it_was_read,
    going::k8_who_holds_a_record_that_is_gone_commits_nothing,
    going::q10_a_name_is_forgotten_only_while_it_is_that_repositorys,
    going::k9_whose_record_was_set_aside_is_known_until_somebody_says_that_it_has_begun_anew,
    broken::q1_an_append_that_fails_in_the_middle_can_be_repeated,
    branches::g6_branch_news_keep_every_commit_with_its_own_delivery,
    branches::g6_a_retry_changes_when_to_ask_and_nothing_else,
    branches::g6_branch_news_go_when_they_were_passed_on_and_what_was_told_meanwhile_stays,
    branches::g6_what_has_no_room_is_told_to_whoever_brought_the_last,
    branches::g6_what_is_due_is_shown_to_every_handle,
    branches::repositories_are_found_by_the_name_that_github_says,
    branches::a_name_that_is_known_is_given_away_by_no_news,
    branches::a_name_under_which_github_shows_nothing_is_doubted_until_it_is_asked_again,
    branches::news_bring_the_name_of_their_repository_with_them,
}

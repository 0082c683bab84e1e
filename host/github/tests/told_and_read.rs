//! What GitHub tells by webhook and what it says when asked are the same things: one story, read both ways.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;
mod payloads;

use at::*;
use pawl_core::news::{Event, News};
use pawl_github::webhook::{BadSignature, Reading, Verifier, read};
use pawl_world::{Delivery, Oddities, Often, Verdict, signature};
use payloads::{arrived, patterns};
use secrecy::SecretString;

fn reading(delivery: &Delivery) -> Reading {
    read(&delivery.event, &delivery.guid, &delivery.body, arrived(), &patterns()).unwrap_or_else(|e| panic!("{}: {e}", delivery.event))
}

/// All news of all deliveries so far.
fn news(deliveries: &[Delivery]) -> Vec<News> {
    let mut all = Vec::new();
    for delivery in deliveries {
        match reading(delivery) {
            Reading::Subjects { news, .. } => all.extend(news),
            Reading::Branch(told) => all.push(told.news),
            _ => {}
        }
    }
    all
}

#[tokio::test]
async fn v1_every_delivery_of_a_long_story_is_believed_and_reads() {
    let at = place().await;
    at.world.ping();
    let pull = at.shop.open_draft("ada", "apples");
    pull.set_draft_by("ada", false);
    pull.label_by("ada", "ticket-7").unlabel_by("ada", "ticket-7").retitle_by("ada", "Sell more apples");
    let review = pull.review_with("acme-qa[bot]", Verdict::ChangesRequested, "required changes", None);
    pull.dismiss_review_by("ada", review);
    let thread = pull.open_thread("bob", "why?");
    pull.resolve_thread_by("ada", &thread);
    pull.unresolve_thread_by("ada", &thread);
    let comment = pull.comment("bob", "/pawl again");
    pull.edit_comment("bob", comment, "/pawl again all");
    pull.delete_comment("bob", comment);
    pull.push_by("ada");
    pull.force_push_by("ada");
    pull.check_by("acme-tests", "unit", "failure");
    pull.close_by("ada").reopen_by("ada");
    pull.merge_by("ada");
    let story = at.shop.open_issue("ada", "Sell pears", "@acme");
    story.label_by("ada", "sketching").close_by("ada").reopen_by("ada");
    story.delete_by("ada");
    at.shop.tag_by("ada", "v1");
    at.shop.delete_branch_by("ada", "apples");
    at.shop.delete_label_by("ada", "sketching");
    at.shop.rename_by("ada", "acme/store");

    let deliveries = at.world.deliveries();
    let verifier = Verifier::new(Some(SecretString::from("present")), Some(SecretString::from("previous")));
    for delivery in &deliveries {
        assert_eq!(verifier.verify(Some(&signature("previous", &delivery.body)), &delivery.body), Ok(()));
        assert_eq!(verifier.verify(Some(&signature("foreign", &delivery.body)), &delivery.body), Err(BadSignature::Wrong));
    }
    let words: std::collections::BTreeSet<&str> = news(&deliveries).iter().map(|news| news.event.word()).collect();
    for word in [
        "opened",
        "reopened",
        "closed",
        "pushed",
        "labelled",
        "unlabelled",
        "reviewed",
        "thread-changed",
        "commented",
        "command",
        "checked",
    ] {
        assert!(words.contains(word), "{word} is missing in {words:?}");
    }
    assert!(deliveries.iter().any(|delivery| reading(delivery) == Reading::Ping));
    assert!(deliveries.iter().any(|delivery| matches!(reading(delivery), Reading::Labels { .. })));
    assert!(
        deliveries.iter().any(|delivery| matches!(reading(delivery), Reading::Repository { repository, .. } if repository.name == "store"))
    );
    let other = |delivery: &&Delivery| matches!(delivery.event.as_str(), "push") && matches!(reading(delivery), Reading::Ignored { .. });
    assert_eq!(deliveries.iter().filter(other).count(), 2, "the tag and the deleted branch");
}

#[tokio::test]
async fn g6_push_and_synchronize_have_one_id_and_lead_to_the_same_subject() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let before = at.world.deliveries().len();
    let head = pull.push_by("ada");
    let deliveries = at.world.deliveries().split_off(before);
    let told = news(&deliveries);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].id, told[1].id);
    let Some(Reading::Branch(push)) = deliveries.iter().map(reading).find(|r| matches!(r, Reading::Branch(_))) else { panic!() };
    assert_eq!(push.commit, head);
    let found = at.github.pulls_of(&push.repository, push.branch.as_deref(), &push.commit).await.unwrap();
    assert_eq!(found.into_iter().map(|found| found.subject).collect::<Vec<_>>(), [subject(&pull)]);
}

#[tokio::test]
async fn a2_5_what_a_lost_webhook_told_is_found_again_in_the_facts_with_the_same_ids() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.review_with("acme-qa[bot]", Verdict::ChangesRequested, "required changes", None);
    pull.comment("bob", "required changes");
    pull.check_by("acme-tests", "unit", "failure");
    let seen = at.github.observe(&subject(&pull), ALL, &patterns()).await.unwrap();
    let mut found = 0;
    for news in news(&at.world.deliveries()) {
        match news.event {
            Event::Reviewed(told) => {
                let read = &seen.reviews[0];
                assert_eq!((told.id, told.verdict, &told.commit, told.at), (read.id, read.verdict, &read.commit, read.at));
                assert_eq!(told.matches, read.matches);
                assert!(told.author.unwrap().is(read.author.as_ref().unwrap()), "one account, however it is spelled");
                found += 1;
            }
            Event::Commented(told) => {
                let read = &seen.comments[0];
                assert_eq!((told.id, told.at, &told.matches), (read.id, read.at, &read.matches));
                found += 1;
            }
            Event::Checked(told) => {
                assert_eq!(told, seen.checks[0]);
                found += 1;
            }
            _ => {}
        }
    }
    assert_eq!(found, 3);
}

#[tokio::test]
async fn g7_payloads_with_every_oddity_still_read() {
    let at = place().await;
    at.world.set_oddities(Oddities { label_absent: Often::Always, push_sender_absent: Often::Always, ..Oddities::default() });
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "x").unlabel_by("ada", "x");
    pull.push_by("acme-builder[bot]");
    let told = news(&at.world.deliveries());
    assert!(told.iter().any(|news| matches!(news.event, Event::Pushed { .. })));
    for news in told {
        assert!(!matches!(news.event, Event::Labelled { .. } | Event::Unlabelled { .. }), "a label that is not named is only a look");
        if matches!(news.event, Event::Pushed { .. }) {
            assert!(news.actor.is_some(), "the pusher stands in");
        }
    }
}

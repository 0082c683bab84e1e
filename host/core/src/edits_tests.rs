//! Timelines read against marks and own writes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn actor(login: &str, kind: ActorKind) -> Actor {
    Actor { login: login.into(), id: None, kind, permission: None }
}

fn app() -> Actor {
    actor("pawl[bot]", ActorKind::Bot)
}

fn person() -> Actor {
    actor("alice", ActorKind::Human)
}

fn added(id: &str, label: &str, by: &Actor, second: i64) -> LabelEvent {
    LabelEvent { id: id.into(), label: label.into(), change: LabelChange::Added, by: Some(by.clone()), at: at(second) }
}

fn wrote(label: &str, second: i64) -> OwnWrite {
    OwnWrite { label: label.into(), change: LabelChange::Added, at: at(second) }
}

fn mark(id: Option<&str>, second: i64) -> TimelineMark {
    TimelineMark { id: id.map(Into::into), at: at(second) }
}

fn ids(reading: &Reading) -> Vec<&str> {
    reading.edits.iter().map(|e| e.id.as_str()).collect()
}

#[test]
fn the_first_reading_only_sets_the_mark() {
    let reading = read(&[added("1", "a", &person(), 0)], None, &[], Some(&app()), at(5));
    assert!(reading.edits.is_empty());
    assert_eq!(reading.mark, mark(Some("1"), 0));
    let empty = read(&[], None, &[], Some(&app()), at(5));
    assert_eq!(empty.mark, mark(None, 5));
}

#[test]
fn a3_2_what_came_after_the_mark_and_was_not_written_here_is_a_hand_edit() {
    let timeline = [added("1", "a", &person(), 0), added("2", "b", &app(), 1), added("3", "c", &person(), 2)];
    let reading = read(&timeline, Some(&mark(Some("1"), 0)), &[wrote("B", 1)], Some(&app()), at(5));
    assert_eq!(ids(&reading), ["3"]);
    assert!(reading.writes.is_empty(), "the own write is explained, whatever its case");
    let again = read(&timeline, Some(&reading.mark), &reading.writes, Some(&app()), at(6));
    assert!(again.edits.is_empty(), "named once");
}

#[test]
fn a3_2_one_write_explains_one_event() {
    let user = person();
    let timeline = [added("1", "a", &user, 1), added("2", "a", &user, 2)];
    let reading = read(&timeline, Some(&mark(None, 0)), &[wrote("a", 0)], Some(&user), at(5));
    assert_eq!(ids(&reading), ["2"], "the second one was the person's whose token the host uses");
}

#[test]
fn a_write_by_another_account_is_never_the_hosts_own() {
    let reading = read(&[added("1", "a", &person(), 1)], Some(&mark(None, 0)), &[wrote("a", 0)], Some(&app()), at(5));
    assert_eq!(ids(&reading), ["1"]);
    assert_eq!(reading.writes, [wrote("a", 0)], "and still unexplained");
}

#[test]
fn nobody_types_as_an_app_so_its_events_are_never_hand_edits() {
    let reading = read(&[added("1", "a", &app(), 1)], Some(&mark(None, 0)), &[], Some(&app()), at(5));
    assert!(reading.edits.is_empty());
    let user = person();
    let reading = read(&[added("1", "a", &user, 1)], Some(&mark(None, 0)), &[], Some(&user), at(5));
    assert_eq!(ids(&reading), ["1"], "a person's token is another matter");
}

#[test]
fn a_write_explains_its_event_whatever_githubs_clock_says() {
    let user = person();
    let explained = |second: i64| read(&[added("1", "a", &user, second)], Some(&mark(None, 0)), &[wrote("a", 100)], Some(&user), at(200));
    for second in [-3600, 0, 100, 3600] {
        assert!(explained(second).edits.is_empty(), "{second}");
    }
}

#[test]
fn a_write_that_made_no_event_is_forgotten_after_a_while() {
    let left = |now: i64| read(&[], Some(&mark(None, 0)), &[wrote("a", 0)], Some(&app()), at(now)).writes.len();
    assert_eq!((left(OWN_WRITE_SECONDS), left(OWN_WRITE_SECONDS + 1)), (1, 0));
}

#[test]
fn a_late_reading_still_explains_an_own_write() {
    let later = 10 * OWN_WRITE_SECONDS;
    let user = person();
    let reading = read(&[added("1", "a", &user, 1)], Some(&mark(None, 0)), &[wrote("a", 0)], Some(&user), at(later));
    assert!(reading.edits.is_empty());
}

#[test]
fn a_mark_that_has_left_the_window_is_replaced_by_its_time() {
    let timeline: Vec<LabelEvent> = (0..100).map(|n| added(&format!("n{n}"), "a", &person(), n)).collect();
    let reading = read(&timeline, Some(&mark(Some("gone"), 97)), &[], Some(&app()), at(200));
    assert_eq!(ids(&reading), ["n98", "n99"]);
    assert_eq!(reading.mark, mark(Some("n99"), 99));
}

#[test]
fn a_stale_answer_names_nothing_and_never_moves_the_mark_back() {
    let timeline = [added("1", "a", &person(), 0), added("2", "b", &person(), 1)];
    for stale in [&timeline[..1], &timeline[..0]] {
        let reading = read(stale, Some(&mark(Some("2"), 1)), &[], Some(&app()), at(5));
        assert!(reading.edits.is_empty());
        assert_eq!(reading.mark, mark(Some("2"), 1));
    }
}

#[test]
fn a_delta_becomes_one_write_per_label() {
    let delta = Delta { add: vec!["a".into()], remove: vec!["b".into()] };
    let writes = writes_of(&delta, at(3));
    assert_eq!(writes, [wrote("a", 3), OwnWrite { change: LabelChange::Removed, ..wrote("b", 3) }]);
}

#[test]
fn g7_a_label_webhook_of_a_persons_token_is_own_only_near_the_write() {
    let user = person();
    let told = |second: i64, label: &str, by: &Actor| {
        let event = Event::Labelled { label: label.into() };
        let news = News { id: "label:1".into(), at: at(-7200), arrived: at(second), actor: Some(by.clone()), event };
        is_own(&[wrote("a", 0)], Some(&user), &news)
    };
    assert!(told(1, "A", &user));
    assert!(told(OWN_WRITE_SECONDS, "a", &user));
    assert!(!told(OWN_WRITE_SECONDS + 1, "a", &user), "an hour later it is the person");
    assert!(!told(1, "b", &user));
    assert!(!told(1, "a", &actor("bob", ActorKind::Human)));
}

#[test]
fn g7_whatever_an_apps_account_did_is_own_and_the_viewer_is_known_as_the_host() {
    let viewer = actor("pawl", ActorKind::Host);
    let told = |by: &Actor| {
        let event = Event::Labelled { label: "a".into() };
        News { id: "label:1".into(), at: at(0), arrived: at(10 * OWN_WRITE_SECONDS), actor: Some(by.clone()), event }
    };
    assert!(is_own(&[], Some(&viewer), &told(&app())), "its write was explained long ago, and nobody else types as an App");
    assert!(!is_own(&[], Some(&viewer), &told(&actor("pawl", ActorKind::Human))));
    assert!(!is_own(&[], Some(&viewer), &told(&actor("other[bot]", ActorKind::Bot))));
}

#[test]
fn g2_a_timeline_that_ends_before_the_mark_is_behind() {
    let timeline = [added("1", "a", &person(), 0), added("2", "b", &person(), 5)];
    assert!(is_behind(&timeline[..1], &mark(Some("2"), 5)));
    assert!(is_behind(&[], &mark(Some("2"), 5)));
    assert!(!is_behind(&timeline, &mark(Some("2"), 5)));
    assert!(!is_behind(&timeline, &mark(Some("gone"), 3)), "what left the window is followed by newer events");
    assert!(!is_behind(&[], &mark(None, 5)));
}

#[test]
fn a5_what_an_apps_account_did_is_shown_as_the_hosts_and_what_a_person_did_is_not() {
    let event = |by: Actor| LabelEvent {
        id: "E".into(),
        label: Label::new("x"),
        change: LabelChange::Added,
        by: Some(by),
        at: Timestamp::UNIX_EPOCH,
    };
    let kind = |viewer: &Actor, by: Actor| shown(&event(by), Some(viewer)).by.map(|by| by.kind);
    let (app, person) = (actor("pawl[bot]", ActorKind::Host), actor("alice", ActorKind::Host));
    assert_eq!(kind(&app, actor("pawl[bot]", ActorKind::Bot)), Some(ActorKind::Host));
    assert_eq!(kind(&app, actor("other[bot]", ActorKind::Bot)), Some(ActorKind::Bot));
    assert_eq!(kind(&person, actor("alice", ActorKind::Human)), Some(ActorKind::Human), "she may have done it herself");
}

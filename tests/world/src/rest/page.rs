//! Paging by number, with `Link`.

use super::Desk;
use crate::http::answer::Answer;
use crate::http::ask::Ask;
use serde_json::Value;

const DEFAULT_PER_PAGE: usize = 30;
const MOST_PER_PAGE: usize = 100;

impl Desk<'_> {
    fn per_page(&self) -> usize {
        let asked = self.ask.parameter("per_page").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_PER_PAGE);
        asked.clamp(1, MOST_PER_PAGE)
    }

    /// One page of a list.
    pub(crate) fn page(&self, all: Vec<Value>) -> Answer {
        let size = self.per_page();
        let page = self.ask.parameter("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1).max(1);
        let pages = all.len().div_ceil(size).max(1);
        let shown: Vec<Value> = all.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        let mut links = Vec::new();
        let mut link = |to: usize, rel: &str| links.push(format!("<{}>; rel=\"{rel}\"", self.url_with("page", &to.to_string())));
        if page > 1 {
            link(page - 1, "prev");
        }
        if page < pages {
            link(page + 1, "next");
            link(pages, "last");
        }
        if page > 1 {
            link(1, "first");
        }
        linked(Answer::ok(shown), &links)
    }

    /// One page of a list that is paged by a cursor: `after` is where the page before ended.
    pub(crate) fn page_after(&self, all: Vec<Value>) -> Answer {
        let size = self.per_page();
        let start = self.ask.parameter("after").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let more = all.len() > start.saturating_add(size);
        let shown: Vec<Value> = all.into_iter().skip(start).take(size).collect();
        let next = more.then(|| format!("<{}>; rel=\"next\"", self.url_with("after", &(start + size).to_string())));
        linked(Answer::ok(shown), &next.into_iter().collect::<Vec<_>>())
    }

    /// The present request with one parameter changed. GitHub links by the repository's id, not by its name.
    fn url_with(&self, name: &str, value: &str) -> String {
        let rest: String = self.rest.iter().map(|segment| format!("/{}", super::path::encode(segment))).collect();
        let others = self.ask.query.iter().filter(|(key, _)| key != name);
        let mut query: Vec<String> = others.map(|(key, value)| format!("{key}={}", super::path::encode(value))).collect();
        query.push(format!("{name}={value}"));
        format!("{}/repositories/{}{rest}?{}", self.state.url, self.repository, query.join("&"))
    }
}

/// One page of a list of things with ids, newest first, paged by an opaque cursor as the deliveries of a hook are.
pub(crate) fn cursor_page(ask: &Ask, url: &str, all: Vec<(u64, Value)>) -> Answer {
    let size = ask.parameter("per_page").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_PER_PAGE).clamp(1, MOST_PER_PAGE);
    let last_seen = match ask.parameter("cursor").map(|text| text.strip_prefix("v1_").and_then(|id| id.parse::<u64>().ok())) {
        Some(None) => return Answer::error(422, "Invalid cursor"),
        Some(known) => known,
        None => None,
    };
    let rest: Vec<_> = all.into_iter().filter(|(id, _)| last_seen.is_none_or(|last| *id < last)).collect();
    let next =
        rest.get(size - 1).filter(|_| rest.len() > size).map(|(id, _)| format!("<{url}?per_page={size}&cursor=v1_{id}>; rel=\"next\""));
    linked(Answer::ok(rest.into_iter().take(size).map(|(_, shown)| shown).collect::<Vec<_>>()), &next.into_iter().collect::<Vec<_>>())
}

fn linked(answer: Answer, links: &[String]) -> Answer {
    if links.is_empty() { answer } else { answer.with("link", links.join(", ")) }
}

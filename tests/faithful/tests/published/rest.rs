//! REST: every route of the world, held against GitHub's OpenAPI description.

use crate::exceptions::{DIFFERENT, Needed, UNDESCRIBED};
use crate::rest_story::everything;
use pawl_faithful::{Call, Descriptions, Rest};
use pawl_world::{Exchange, routes};
use std::collections::BTreeSet;

/// What is wrong with these exchanges, each mistake once, with what the exceptions do not excuse.
pub fn mistakes(rest: &Rest, exchanges: &[Exchange], needed: &mut Needed) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for exchange in exchanges {
        let Some(route) = &exchange.route else {
            if exchange.path != "/graphql" && exchange.status < 400 {
                wrong.insert(format!("{} {} is no route, and the answer is {}", exchange.method, exchange.path, exchange.status));
            }
            continue;
        };
        let at = format!("{} {route}", exchange.method);
        let call = Call {
            method: &exchange.method,
            route,
            query: &exchange.query,
            request: exchange.request.as_ref(),
            status: exchange.status,
            response: exchange.response.as_ref(),
        };
        if !rest.has_status(call.method, route, call.status) && !needed.status(route, call.status) {
            wrong.insert(format!("{at} {}: this status is not described there", call.status));
        }
        let told = rest.mistakes(&call).into_iter().filter(|mistake| !needed.difference(DIFFERENT, &at, mistake));
        wrong.extend(told.map(|mistake| format!("{at} {}: {mistake}", call.status)));
    }
    wrong
}

#[tokio::test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
async fn every_route_of_the_world_answers_as_github_describes() {
    let rest = Descriptions::usual().rest().unwrap();
    let world = everything().await;
    let exchanges = world.exchanges();
    let mut needed = Needed::default();
    let wrong = mistakes(&rest, &exchanges, &mut needed);
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));

    let good = |method: &str, route: &str| {
        exchanges.iter().any(|one| one.method == method && one.route.as_deref() == Some(route) && one.status < 300)
    };
    let unreached: Vec<_> = routes().into_iter().filter(|(method, route)| !good(method, route)).collect();
    assert_eq!(unreached, Vec::new(), "the story comes by every route");
    let reasons = UNDESCRIBED.iter().map(|row| row.why).chain(DIFFERENT.iter().map(|row| row.why));
    assert_eq!(needed.idle(reasons), Vec::<&str>::new(), "these exceptions are needed no more");
}

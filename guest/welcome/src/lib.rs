//! The first policy: a label that says whose turn it is.

use pawl_sdk::prelude::*;

/// `waiting-for-review` while a pull request is open, ready, and nobody has reviewed its head.
pub struct Welcome;

impl Policy for Welcome {
    fn manifest() -> Manifest {
        Manifest::named("welcome", "0.1.0", "Marks pull requests that nobody has looked at yet.")
            .owning("waiting-for-review", "fbca04", "Nobody has reviewed the present commit")
            .needing(Needs::REVIEWS)
            .waking_on(Wakes::LIFECYCLE | Wakes::PUSHES | Wakes::REVIEWS)
            .knowing("waiting", "Nobody has reviewed the present commit.", false)
            .knowing("seen", "Somebody has reviewed the present commit.", false)
            .knowing("over", "It is merged, closed or a draft.", false)
    }

    fn decide(facts: &Facts) -> Result<Plan, Refusal> {
        let Some(head) = facts.head.as_ref().filter(|_| facts.state == SubjectState::Open) else {
            return Ok(Plan::in_state("over", "it is merged, closed or a draft"));
        };
        let is_of_head = |review: &&Review| review.commit.as_deref() == Some(head.commit.as_str());
        Ok(match facts.reviews.iter().find(is_of_head) {
            Some(review) => {
                let who = review.author.as_ref().map_or("somebody", |author| author.login.as_str());
                Plan::in_state("seen", format!("{} has reviewed it", text::clean(who, 40)))
            }
            None => Plan::in_state("waiting", "nobody has reviewed the present commit").with_label("waiting-for-review"),
        })
    }
}

pawl_sdk::export!(Welcome);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w10_it_obeys_the_laws() {
        let facts = sample::pull_request(&Welcome::manifest());
        let plan = pawl_sdk::laws::check::<Welcome>(&facts).expect("a lawful policy").expect("it decides");
        assert_eq!(plan.labels, ["waiting-for-review"]);
    }
}

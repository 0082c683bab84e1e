//! The law that a policy settles: its plan carried out, and asked again, it says the same.

use super::{Untold, World};
use pawl_core::label::Label;
use pawl_core::plan::Plan;

impl World<'_> {
    /// Asks again without news: a policy settles, so it says the same and asks for nothing more. What differs, if it does not.
    pub(super) fn unsettled(&self, plan: &Plan) -> Result<Option<String>, Untold> {
        let again = match self.ask(&self.facts(false))?.answer {
            Ok(again) => again,
            Err(refusal) => return Ok(Some(format!("it does not settle: asked again without news, it refuses: {}", refusal.reason))),
        };
        let sorted = |labels: &[Label]| {
            let mut labels: Vec<String> = labels.iter().map(Label::folded).collect();
            labels.sort();
            labels.dedup();
            labels.join(", ")
        };
        let differs = |what: &str, first: &str, then: &str| {
            let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
            Some(format!("it does not settle: asked again without news, its {what} changed from {} to {}", shown(first), shown(then)))
        };
        let (first, then) = (sorted(&plan.labels), sorted(&again.labels));
        if again.state != plan.state {
            return Ok(differs("state", &plan.state, &again.state));
        }
        if first != then {
            return Ok(differs("labels", &first, &then));
        }
        if again.held != plan.held {
            return Ok(differs("hold", &plan.held.to_string(), &again.held.to_string()));
        }
        if again.memory != plan.memory {
            return Ok(Some("it does not settle: asked again without news, it remembers something else".into()));
        }
        if let Some(stop) = again.stops.iter().find(|stop| !plan.stops.contains(stop)) {
            return Ok(Some(format!("it does not settle: asked again without news, it wants to stop {} too", stop.name)));
        }
        if let Some(request) = again.requests.iter().find(|request| !self.asked.contains(&request.key)) {
            return Ok(Some(format!(
                "it does not settle: asked again without news, it asks for {} {} too",
                request.ask.word(),
                request.key
            )));
        }
        Ok(None)
    }
}

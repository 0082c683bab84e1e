//! From the start of the process until it is ready, and where that time goes.

use crate::effort::Effort;
use crate::process::{Process, configure};
use crate::report::{Goal, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use std::path::Path;

/// Measures it.
///
/// # Errors
/// When pawl does not start.
pub async fn measure(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Section> {
    let (mut first, mut again) = (Starts::default(), Starts::default());
    for _ in 0..effort.starts {
        let config = configure(&folder.join("start"), "http://127.0.0.1:9", "no-token", "")?;
        for starts in [&mut first, &mut again] {
            let process = Process::pawl(pawl, &config).await?;
            starts.ready.add_ms(process.ready_after);
            if let Some(ran) = process.ran {
                starts.ran.add_ms(ran);
            }
            process.end().await?;
        }
    }
    let compiling = crate::decision::loading(effort.rounds)?;
    let rows = vec![
        first.row("first start to ready").beside(format!("compiling the policy alone {}", Quantity(compiling.median(), Unit::Ms))),
        again.row("later start to ready").goal(Goal::AtMost(50.0)),
    ];
    let how = "\
        The real `pawl serve` with the bundled policy: from the call that starts the process to the first 200 of `/readyz`. The first start finds \
        an empty data folder and compiles the policy; the later one finds what the first left, in store and compiled policies, after it was \
        killed. Beside it the time that the process itself was running, all threads together."
        .to_owned();
    Ok(Section { title: "Start", how, rows, notes: &[] })
}

#[derive(Default)]
struct Starts {
    ready: Samples,
    ran: Samples,
}

impl Starts {
    fn row(&self, figure: &'static str) -> Row {
        let row = Row::of_rounds(figure, &self.ready, Unit::Ms);
        if self.ran.len() == 0 { row } else { row.beside(format!("running {}", Quantity(self.ran.median(), Unit::Ms))) }
    }
}

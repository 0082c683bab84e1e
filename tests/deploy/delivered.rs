//! A delivery from end to end by the manifests: the service runs on the configuration of the ConfigMap, is probed as the kubelet would,
//! and gets what the Sensor would send, where the Sensor would send it.

use crate::argo::{of, pair, sent, trigger};
use crate::render::{one, rendered};
use crate::settings::{read, table};
use crate::words::secret_files;
use pawl_service::serve::{self, Running};
use pawl_world::{Verdict, World};
use serde_json::Value;
use tempfile::TempDir;
use toml::Value as Toml;

const TOKEN: &str = "what sensors bear";

/// The service of the example, beside a world instead of GitHub and on free ports of loopback; without its cluster. Everything else is
/// as it is installed.
async fn started(world: &World, folder: &TempDir) -> Running {
    let objects = rendered("example");
    let mut written = table(&objects);
    written.insert("data".into(), folder.path().join("data").display().to_string().into());
    for table in ["http", "admin"] {
        written[table]["listen"] = "127.0.0.1:0".into();
    }
    written["github"].as_table_mut().unwrap().insert("api_url".into(), world.url().into());
    let as_installed = read(written.clone());
    for path in secret_files(&as_installed) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let secret = match name {
            "github-token" => world.token(),
            "sensor-token" => TOKEN.to_owned(),
            _ => "the webhook's secret".to_owned(),
        };
        std::fs::write(folder.path().join(name), secret).unwrap();
    }
    in_folder(&mut written, folder);
    written.remove("cluster");
    let path = folder.path().join("pawl.toml");
    std::fs::write(&path, written.to_string()).unwrap();
    serve::start(pawl_service::config::Config::read(&path).unwrap(), false).await.unwrap()
}

/// Every secret lies in a folder of the test's own.
fn in_folder(table: &mut toml::Table, folder: &TempDir) {
    for value in table.iter_mut().map(|(_, value)| value) {
        moved(value, folder);
    }
}

fn moved(value: &mut Toml, folder: &TempDir) {
    match value {
        Toml::String(text) => {
            if let Some(name) = text.strip_prefix("/run/secrets/pawl/") {
                *text = folder.path().join(name).display().to_string();
            }
        }
        Toml::Array(items) => items.iter_mut().for_each(|item| moved(item, folder)),
        Toml::Table(table) => in_folder(table, folder),
        _ => {}
    }
}

fn probes(container: &Value) -> Vec<(String, String)> {
    let probe = |name: &str| {
        let http = &container[name]["httpGet"];
        (http["port"].as_str().unwrap().to_owned(), http["path"].as_str().unwrap().to_owned())
    };
    ["startupProbe", "livenessProbe", "readinessProbe"].map(probe).into()
}

#[tokio::test]
async fn v7_every_probe_asks_where_something_answers() {
    let (world, folder) = (World::start().await, tempfile::tempdir().unwrap());
    let running = started(&world, &folder).await;
    let objects = rendered("example");
    let container = &one(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    for (port, path) in probes(container) {
        let address = if port == "admin" { running.inside } else { running.outside };
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{port}{path}");
    }
    running.shutdown().await;
}

#[tokio::test]
async fn v1_what_the_sensor_sends_moves_labels() {
    let (world, folder) = (World::start().await, tempfile::tempdir().unwrap());
    world.set_time(pawl_core::Timestamp::now().as_second() - 3600);
    let running = started(&world, &folder).await;
    let (_, sensor) = pair();
    let http = &trigger(&sensor)["template"]["http"];
    let dependency = sensor["spec"]["dependencies"][0]["name"].as_str().unwrap();
    let path = http["url"].as_str().unwrap().strip_prefix("http://pawl:8080").unwrap();
    let header = http["secureHeaders"][0]["name"].as_str().unwrap();
    let allowed = trigger(&sensor)["policy"]["status"]["allow"].as_array().unwrap();
    let post = async |authorization: &str, body: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("http://{}{path}", running.outside));
        let method = http["method"].as_str().unwrap();
        assert_eq!(method, "POST");
        let answer = request.header(header, authorization).body(body).send().await.unwrap();
        (Value::from(answer.status().as_u16()), answer.text().await.unwrap())
    };

    let repo = world.repository("acme/shop");
    let pull = repo.open_pull("5DLabs-Rex[bot]", "umbrellas");
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    for delivery in world.deliveries() {
        let body = sent(trigger(&sensor), dependency, &of(&delivery));
        let (status, said) = post(&format!("Bearer {TOKEN}"), body.clone()).await;
        assert!(allowed.contains(&status) && said.is_empty(), "{}: {status} {said}", delivery.event);
        let (status, _) = post("Bearer somebody else's", body).await;
        assert!(!allowed.contains(&status), "a wrong token is tried again until somebody mends it");
    }
    running.host().queue.rest().await;
    assert_eq!(pull.labels(), ["iteration-1", "needs-remediation"]);
    running.shutdown().await;
}

//! Holds the dashboards that are committed against the boards.

use std::path::Path;

use bellwether_dashboards::{Product, files};

#[test]
fn committed_dashboards_are_fresh() {
    for product in Product::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(product.name());
        let mut known: Vec<_> = files(product, 0)
            .into_iter()
            .map(|file| {
                let committed =
                    std::fs::read_to_string(folder.join(&file.name)).unwrap_or_default();
                assert!(
                    committed == file.text,
                    "{}/{} is stale: run `make generate`",
                    folder.display(),
                    file.name
                );
                file.name
            })
            .collect();
        known.sort_unstable();
        let mut there: Vec<_> = std::fs::read_dir(&folder)
            .expect("the folder is committed")
            .map(|it| it.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        there.sort_unstable();
        assert_eq!(known, there, "what nobody makes does not belong there");
    }
}

#[test]
fn the_account_is_filled_in() {
    let text = &files(Product::NewRelic, 4242)[0].text;
    assert!(text.contains("4242"));
    let file: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let pages = file["pages"].as_array().expect("pages");
    let queries = pages
        .iter()
        .flat_map(|page| page["widgets"].as_array().expect("widgets"))
        .filter_map(|widget| widget["rawConfiguration"]["nrqlQueries"].as_array())
        .flatten();
    let mut asked = 0;
    for query in queries {
        assert_eq!(query["accountIds"], serde_json::json!([4242]));
        asked += 1;
    }
    assert!(asked > 30, "{asked}");
}

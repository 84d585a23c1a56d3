//! The description of the interface, which the page's types are made from.

use super::*;

const DESCRIPTION: &str = "../../console/openapi.json";

#[test]
fn the_page_has_the_description_that_is_served() {
    let served = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("OMBUD_WRITE_DESCRIPTION").is_some() {
        std::fs::write(DESCRIPTION, &served).unwrap();
    }
    let kept = std::fs::read_to_string(DESCRIPTION).unwrap();
    assert!(
        kept == served,
        "console/openapi.json is not what is served; write it with OMBUD_WRITE_DESCRIPTION=1 cargo nextest run -p ombud description, then `npm run schema` in console/"
    );
}

//! Notebooks: one line numbering for all rules, and cell outputs.

use crate::project::checked;

#[test]
fn all_rules_count_the_same_lines() {
    // Made up, in a vendor's format.
    let key = ["sk-proj-", "q8Zr2mT7vKpL4xN9q8Zr2mT7vKpL4xN9q8Zr2mT7vKpL4xN9"].concat();
    let cells = format!(
        r##"{{
 "cells": [
  {{"cell_type": "markdown", "source": ["# About\n", "it"], "metadata": {{}}}},
  {{"cell_type": "code", "metadata": {{}},
   "source": ["import requests\n", "KEY = '{key}'\n"],
   "outputs": [
    {{"output_type": "stream", "name": "stdout", "text": ["ready\n"]}},
    {{"output_type": "execute_result", "data": {{"text/plain": ["Authorization: Bearer {key}"], "image/png": "{key}"}}}}
   ]}},
  {{"cell_type": "code", "metadata": {{}}, "outputs": [], "source": "requests.get('https://example.com', verify=False)"}}
 ]
}}"##
    );
    let report = checked(&[("a.ipynb", &cells)]);
    let shown = &report.files[0].text;
    let lines: Vec<&str> = shown.lines().collect();
    let found: Vec<(&str, &str)> = report
        .findings
        .iter()
        .filter(|one| matches!(one.rule.0, "secret-in-source" | "connection-not-checked"))
        .map(|one| (one.rule.0, lines[one.place.line as usize - 1]))
        .collect();
    assert_eq!(
        found,
        [
            ("secret-in-source", format!("KEY = '{key}'").as_str()),
            ("secret-in-source", format!("# Authorization: Bearer {key}").as_str()),
            ("connection-not-checked", "requests.get('https://example.com', verify=False)"),
        ]
    );
    for one in report.findings.iter().filter(|one| one.rule.0 == "secret-in-source") {
        assert_eq!(&shown[one.place.span.start..one.place.span.end], key);
    }
}

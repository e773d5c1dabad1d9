//! Small figures in a public report.

use serde_json::Value;

/// Figures of a public report that are small: counts from 1 to 9, zeros in rows that total less than 50, and parts of rates.
pub(crate) fn small_figures(report: &Value) -> Vec<String> {
    let mut small = Vec::new();
    let mut shown = 0;
    for block in report["sections"]
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|s| s["blocks"].as_array().expect("blocks"))
    {
        let rows = block["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(block.get("total").filter(|row| row.is_object()));
        for row in rows {
            let cells: Vec<&Value> = row["cells"].as_array().expect("cells").iter().collect();
            let total: u64 = cells.iter().filter_map(|cell| cell["value"].as_u64()).max().unwrap_or(0);
            for cell in cells.iter().filter_map(|cell| cell["value"].as_u64()) {
                shown += 1;
                if (1..10).contains(&cell) || (cell == 0 && total < 50) {
                    small.push(format!("{} {}: {cell}", block["id"], row["head"]));
                }
            }
        }
        for line in block["lines"].as_array().into_iter().flatten() {
            let rate = &line["figure"]["value"];
            let (part, whole) = (rate["numerator"].as_u64(), rate["denominator"].as_u64());
            for figure in
                [part, whole, whole.zip(part).map(|(whole, part)| whole - part)].into_iter().flatten()
            {
                if (1..10).contains(&figure) {
                    small.push(format!("{}: {figure}", block["id"]));
                }
            }
        }
    }
    assert!(shown > 20, "a report with figures in it");
    small
}

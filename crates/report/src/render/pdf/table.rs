//! Tables on pages: columns as wide as their figures need, heads repeated on every page.

use super::{
    super::font::Face,
    sheet::{BOTTOM, Ink, LEFT, Shape, Sheet, Style, TOP, WIDTH, baseline, rule, words},
    tree::{NodeId, Tagged},
};

/// The sizes that are tried until everything fits, in points.
const SIZES: [f32; 5] = [9.0, 8.5, 8.0, 7.5, 7.0];
const PAD_X: f32 = 5.0;
/// Words after a column of figures stand a little apart from them.
const WORDS_INDENT: f32 = 14.0;
const PAD_Y: f32 = 3.2;
const ROOM_MIN: f32 = 20.0;
const ROW_HEAD_MIN: f32 = 96.0;
const HEAD_MAX: f32 = 64.0;
const MAX_EXTRA: f32 = 36.0;
const TEXT_MAX: f32 = 150.0;
const CAPTION: Style = Style::new(Face::Semibold, 10.0, 16.0, Ink::BLACK);

/// A table ready to be set: everything in words.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) caption: String,
    /// The heads of all columns, the rows' heads' first, and whether they hold figures; none for a list of rates.
    pub(super) heads: Option<Vec<String>>,
    pub(super) figures: Vec<bool>,
    pub(super) rows: Vec<Vec<Words>>,
    pub(super) total: Option<Vec<Words>>,
}

/// A cell in words.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) text: String,
    /// Whether it says that something is not there.
    pub(super) muted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Head,
    Repeated,
    Body,
    Total,
}

/// Sets a table.
pub(super) fn table(sheet: &mut Sheet, parent: NodeId, grid: &Grid) {
    let (size, widths) = columns(grid);
    let setter = Setter { grid, size, widths };
    let node = sheet.tree.add(Some(parent), Tagged::Table);
    let head = grid
        .heads
        .as_ref()
        .map(|heads| heads.iter().map(|head| Words { text: head.clone(), muted: false }).collect());
    let head: Option<Vec<Words>> = head;
    let head_height = head.as_ref().map_or(0.0, |head| setter.height(head, Role::Head));
    let first = grid.rows.first().map_or(0.0, |row| setter.height(row, Role::Body));
    let caption_lines = CAPTION.wrap(&grid.caption, WIDTH).len() as f32;
    let above = caption_lines * CAPTION.leading + head_height;
    let rows: f32 = grid.rows.iter().chain(&grid.total).map(|row| setter.height(row, Role::Body)).sum();
    // A short table stays whole; a long one starts with two rows at least.
    sheet.need(above + if rows <= (BOTTOM - TOP) / 2.0 { rows } else { first * 2.0 });
    let caption = sheet.tree.add(Some(node), Tagged::Caption);
    sheet.text(caption, CAPTION, &grid.caption, LEFT, WIDTH);
    sheet.y += 1.0;
    if let Some(head) = &head {
        let group = sheet.tree.add(Some(node), Tagged::TableHead);
        setter.row(sheet, Some(group), head, Role::Head);
    } else {
        sheet.adorn(vec![rule(sheet.y, 1.0, Ink::AXIS)]);
    }
    let body = sheet.tree.add(Some(node), Tagged::TableBody);
    for row in &grid.rows {
        setter.fit(sheet, head.as_deref(), setter.height(row, Role::Body));
        setter.row(sheet, Some(body), row, Role::Body);
    }
    if let Some(total) = &grid.total {
        setter.fit(sheet, head.as_deref(), setter.height(total, Role::Total));
        let group = sheet.tree.add(Some(node), Tagged::TableFoot);
        setter.row(sheet, Some(group), total, Role::Total);
    }
}

struct Setter<'a> {
    grid: &'a Grid,
    size: f32,
    widths: Vec<f32>,
}

impl Setter<'_> {
    /// Goes to a new page, with caption and head again, if there is no room for a row.
    fn fit(&self, sheet: &mut Sheet, head: Option<&[Words]>, height: f32) {
        if sheet.y + height <= BOTTOM || sheet.y <= TOP {
            return;
        }
        sheet.break_page();
        let style = Style { ink: Ink::MUTED, face: Face::Regular, ..CAPTION };
        let lines = style.wrap(&format!("{} (continued)", self.grid.caption), WIDTH);
        for line in lines {
            sheet.adorn(vec![words(style, LEFT, sheet.y + baseline(style), line)]);
            sheet.y += style.leading;
        }
        if let Some(head) = head {
            self.row(sheet, None, head, Role::Repeated);
        }
    }

    fn height(&self, cells: &[Words], role: Role) -> f32 {
        let lines = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| self.style(role, cell).wrap(&cell.text, self.room(at)).len());
        lines.max().unwrap_or(1) as f32 * self.leading() + 2.0 * PAD_Y
    }

    /// How much of a column's width its words may take.
    fn room(&self, at: usize) -> f32 {
        let words = at > 0 && !self.grid.figures.get(at).copied().unwrap_or(false);
        (self.widths[at] - PAD_X - if words { WORDS_INDENT } else { PAD_X }).max(ROOM_MIN)
    }

    fn leading(&self) -> f32 {
        self.size * 1.36
    }

    fn style(&self, role: Role, cell: &Words) -> Style {
        let (face, ink) = match role {
            Role::Head | Role::Repeated => (Face::Semibold, Ink::MUTED),
            Role::Total if !cell.muted => (Face::Semibold, Ink::BLACK),
            Role::Body if !cell.muted => (Face::Regular, Ink::BLACK),
            Role::Total | Role::Body => (Face::Regular, Ink::MUTED),
        };
        Style::new(face, self.size, self.leading(), ink)
    }

    /// Sets a row. Without a group it only adorns: readers of tags get the head once.
    fn row(&self, sheet: &mut Sheet, group: Option<NodeId>, cells: &[Words], role: Role) {
        let height = self.height(cells, role);
        let (top, row) = (sheet.y, group.map(|group| sheet.tree.add(Some(group), Tagged::Row)));
        if role == Role::Total {
            sheet.adorn(vec![rule(top, 1.0, Ink::AXIS)]);
        }
        let mut x = LEFT;
        for (at, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            let shapes = self.cell(cell, role, at, (x, *width), (top, height));
            match row {
                None => sheet.adorn(shapes),
                Some(row) => {
                    let tagged = match (role, at) {
                        (Role::Head, _) => Tagged::ColumnHead,
                        (_, 0) => Tagged::RowHead,
                        _ => Tagged::Cell,
                    };
                    let node = sheet.tree.add(Some(row), tagged);
                    sheet.put(node, shapes);
                }
            }
            x += width;
        }
        sheet.y = top + height;
        let (line, ink) = match role {
            Role::Head | Role::Repeated => (1.0, Ink::AXIS),
            Role::Body => (0.5, Ink::RULE),
            Role::Total => return,
        };
        sheet.adorn(vec![rule(sheet.y, line, ink)]);
    }

    fn cell(
        &self,
        cell: &Words,
        role: Role,
        at: usize,
        (x, width): (f32, f32),
        (top, height): (f32, f32),
    ) -> Vec<Shape> {
        let style = self.style(role, cell);
        let mut lines = style.wrap(&cell.text, self.room(at));
        let last = lines.len() - 1;
        lines.iter_mut().take(last).for_each(|line| line.push(' '));
        if lines == [""] {
            // A cell without content would vanish from the tags and shift its neighbours.
            lines = vec![" ".to_owned()];
        }
        let is_head = matches!(role, Role::Head | Role::Repeated);
        let first =
            if is_head { top + height - PAD_Y - lines.len() as f32 * style.leading } else { top + PAD_Y };
        let figure = self.grid.figures.get(at).copied().unwrap_or(false);
        let set = |(number, line): (usize, String)| {
            let y = first + number as f32 * style.leading + baseline(style);
            let x = if figure {
                x + width - PAD_X - style.width(line.trim_end())
            } else {
                x + if at == 0 { 0.0 } else { WORDS_INDENT }
            };
            words(style, x, y, line)
        };
        lines.into_iter().enumerate().map(set).collect()
    }
}

/// The largest size at which all columns fit, and their widths.
fn columns(grid: &Grid) -> (f32, Vec<f32>) {
    let mut tightest = Vec::new();
    for size in SIZES {
        let needs: Vec<(f32, f32)> = (0..grid.figures.len()).map(|at| need(grid, at, size)).collect();
        let others = &needs[1..];
        let wanted: f32 = others.iter().map(|(_, wanted)| wanted).sum();
        let least: f32 = others.iter().map(|(least, _)| least).sum();
        let (head_least, head_wanted) = needs[0];
        let head_wanted = head_wanted.min(WIDTH * 0.4);
        if wanted + head_wanted <= WIDTH {
            // What is left goes to all columns, but figures must not drift too far from the row's head.
            let each = ((WIDTH - wanted - head_wanted) / grid.figures.len() as f32).min(MAX_EXTRA);
            let mut wide: Vec<f32> = others.iter().map(|(_, wanted)| wanted + each).collect();
            if let (Some(last), [_, rest @ ..]) = (wide.last_mut(), grid.figures.as_slice())
                && !rest.contains(&true)
            {
                // Words alone begin near the row's head.
                *last += WIDTH - wanted - head_wanted - each * others.len() as f32;
            }
            let head = WIDTH - wide.iter().sum::<f32>();
            return (size, std::iter::once(head).chain(wide).collect());
        }
        let spare = WIDTH - least - head_least;
        if spare >= 0.0 {
            // Each column grows towards what it wants by the same share of what it lacks.
            let lacking: f32 = needs.iter().map(|(least, wanted)| (wanted - least).max(0.0)).sum();
            let share = (spare / lacking.max(1.0)).min(1.0);
            let mut widths: Vec<f32> =
                needs.iter().map(|(least, wanted)| least + (wanted - least).max(0.0) * share).collect();
            widths[0] += WIDTH - widths.iter().sum::<f32>();
            return (size, widths);
        }
        let shrink = (WIDTH - ROW_HEAD_MIN) / least.max(1.0);
        tightest =
            std::iter::once(ROW_HEAD_MIN).chain(others.iter().map(|(least, _)| least * shrink)).collect();
    }
    (SIZES[SIZES.len() - 1], tightest)
}

/// The least width of a column, and the one at which it looks well.
fn need(grid: &Grid, at: usize, size: f32) -> (f32, f32) {
    let regular = Style::new(Face::Regular, size, size, Ink::BLACK);
    let semibold = Style { face: Face::Semibold, ..regular };
    // A word that is longer than that is broken.
    let longest_word =
        |text: &str| text.split(' ').map(|word| semibold.width(word)).fold(0.0, f32::max).min(TEXT_MAX);
    let cells = grid.rows.iter().chain(&grid.total).map(|row| row[at].text.as_str());
    let head = grid.heads.as_ref().map_or("", |heads| heads[at].as_str());
    let whole = cells.clone().map(|text| semibold.width(text)).fold(0.0, f32::max);
    let word = cells.map(longest_word).fold(0.0, f32::max).max(longest_word(head));
    let pad = 2.0 * PAD_X + 0.5;
    match (at, grid.figures[at]) {
        (0, _) => ((word.min(WIDTH / 3.0) + pad).max(ROW_HEAD_MIN), whole + pad),
        (_, true) => (
            whole.max(longest_word(head)) + pad,
            whole.max(semibold.width(head).min(HEAD_MAX)).max(longest_word(head)) + pad,
        ),
        (_, false) => (
            word.min(TEXT_MAX) + WORDS_INDENT + PAD_X,
            whole.max(longest_word(head)).min(TEXT_MAX) + WORDS_INDENT + PAD_X + 0.5,
        ),
    }
}

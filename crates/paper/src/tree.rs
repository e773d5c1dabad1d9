//! The tags of a PDF: what each piece of a page is, in reading order, for people who have it read to them (PDF/UA-1, ISO 14289-1).

use std::num::{NonZeroU16, NonZeroU32};

use krilla::{
    geom::Rect,
    tagging::{BBox, Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree},
};

/// What a node is.
#[derive(Debug, Clone)]
pub enum Tagged {
    /// A heading of a level from 1, and its words.
    Heading(u16, String),
    /// A part of the document.
    Section,
    /// A paragraph.
    Paragraph,
    /// A list of items.
    List,
    /// An item, of a label, a body or both.
    Item,
    /// What comes before an item's body.
    Label,
    /// What an item says.
    Body,
    /// A table.
    Table,
    /// A table's name.
    Caption,
    /// The rows with the heads of the columns.
    TableHead,
    /// The rows in between.
    TableBody,
    /// The rows with sums.
    TableFoot,
    /// A row.
    Row,
    /// The head of a column.
    ColumnHead,
    /// The head of a row.
    RowHead,
    /// Any other cell.
    Cell,
    /// A drawing.
    Figure {
        /// What it shows, in words.
        in_words: String,
        /// Its page, from 0.
        page: usize,
        /// The place that it takes: left, top, right, bottom.
        ltrb: [f32; 4],
    },
}

/// A node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(usize);

/// A piece of a page that belongs to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafId(usize);

/// The tree while pages are laid out; the pieces get their marks when the pages are written.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<(Tagged, Vec<Child>)>,
    top: Vec<usize>,
    leaves: usize,
}

#[derive(Debug, Clone, Copy)]
enum Child {
    Node(usize),
    Leaf(usize),
}

impl Tree {
    /// Adds a node after its parent's last child, or at the top.
    pub fn add(&mut self, parent: Option<NodeId>, tagged: Tagged) -> NodeId {
        let id = self.nodes.len();
        self.nodes.push((tagged, Vec::new()));
        match parent {
            Some(parent) => self.nodes[parent.0].1.push(Child::Node(id)),
            None => self.top.push(id),
        }
        NodeId(id)
    }

    /// Adds a piece to a node.
    pub fn leaf(&mut self, node: NodeId) -> LeafId {
        self.leaves += 1;
        self.nodes[node.0].1.push(Child::Leaf(self.leaves - 1));
        LeafId(self.leaves - 1)
    }

    /// The tree for the file, with the mark of every piece.
    pub(crate) fn finish(&self, marks: &Marks, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        for top in &self.top {
            tree.push(self.group(*top, marks));
        }
        tree
    }

    fn group(&self, node: usize, marks: &Marks) -> TagGroup {
        let (tagged, children) = &self.nodes[node];
        let mut group = TagGroup::new(tagged.kind());
        for child in children {
            match child {
                Child::Node(node) => group.push(self.group(*node, marks)),
                Child::Leaf(leaf) => {
                    if let Some(mark) = marks.0.get(*leaf).copied().flatten() {
                        group.push(Node::Leaf(mark));
                    }
                }
            }
        }
        group
    }

    pub(crate) fn marks(&self) -> Marks {
        Marks(vec![None; self.leaves])
    }
}

/// The marks that pieces got on their pages.
#[derive(Debug)]
pub(crate) struct Marks(Vec<Option<Identifier>>);

impl Marks {
    pub(crate) fn set(&mut self, leaf: LeafId, mark: Identifier) {
        self.0[leaf.0] = Some(mark);
    }
}

impl Tagged {
    fn kind(&self) -> TagKind {
        match self {
            Self::Heading(level, title) => {
                Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(title.clone())).into()
            }
            Self::Section => Tag::Section.into(),
            Self::Paragraph => Tag::P.into(),
            Self::List => Tag::L(ListNumbering::None).into(),
            Self::Item => Tag::LI.into(),
            Self::Label => Tag::Lbl.into(),
            Self::Body => Tag::LBody.into(),
            Self::Table => Tag::Table.into(),
            Self::Caption => Tag::Caption.into(),
            Self::TableHead => Tag::THead.into(),
            Self::TableBody => Tag::TBody.into(),
            Self::TableFoot => Tag::TFoot.into(),
            Self::Row => Tag::TR.into(),
            Self::ColumnHead => Tag::TH(TableHeaderScope::Column).with_col_span(Some(NonZeroU32::MIN)).into(),
            Self::RowHead => Tag::TH(TableHeaderScope::Row).into(),
            Self::Cell => Tag::TD.into(),
            Self::Figure { in_words, page, ltrb: [left, top, right, bottom] } => {
                let place =
                    Rect::from_ltrb(*left, *top, *right, *bottom).map(|place| BBox::new(*page, place));
                Tag::Figure(Some(in_words.clone())).with_bbox(place).into()
            }
        }
    }
}

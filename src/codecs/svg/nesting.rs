//! How deep elements stand within each other, where those that one leads to (what it shows again, what it is cut, masked or painted
//! with) count as if they stood in it: they are worked on like that, one call within the other.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node, NodeId};

/// The most levels. Drawings have ten or twenty.
pub(super) const DEEPEST: u32 = 256;

/// Elements whose link is no part of the picture.
const LINKED_ELSEWHERE: [&str; 6] = [
    "a",
    "animate",
    "animateMotion",
    "animateTransform",
    "mpath",
    "set",
];

/// What is known of an element.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    /// It is being looked at. Who leads back to it leads nowhere: such loops are cut.
    Begun,
    Levels(u32),
}

/// An element that is being looked at.
struct Begun {
    id: NodeId,
    /// What is left of those in it, and of those that it leads to.
    next: Vec<NodeId>,
    levels: u32,
}

/// Whether no element is deeper than may be.
pub(super) fn is_modest(document: &Document) -> bool {
    // Of elements of the same name, the first counts.
    let mut names = HashMap::new();
    for element in document.descendants().filter(Node::is_element) {
        if let Some(name) = element.attribute("id") {
            names.entry(name).or_insert(element.id());
        }
    }
    let mut known = vec![Known::Nothing; document.descendants().count()];
    let begin = |id: NodeId| {
        let node = document.get_node(id);
        Begun {
            id,
            next: node.map(|node| below(node, &names)).unwrap_or_default(),
            levels: 0,
        }
    };
    let mut path = vec![begin(document.root_element().id())];
    while let Some(last) = path.last_mut() {
        if let Some(next) = last.next.pop() {
            match known[next.get_usize()] {
                Known::Levels(levels) => last.levels = last.levels.max(levels),
                Known::Begun => {}
                Known::Nothing => {
                    known[next.get_usize()] = Known::Begun;
                    path.push(begin(next));
                }
            }
        } else {
            let levels = last.levels + 1;
            if levels > DEEPEST {
                return false;
            }
            known[last.id.get_usize()] = Known::Levels(levels);
            path.pop();
            if let Some(above) = path.last_mut() {
                above.levels = above.levels.max(levels);
            }
        }
    }
    true
}

/// The elements in an element, and those that it leads to.
fn below(node: Node, names: &HashMap<&str, NodeId>) -> Vec<NodeId> {
    let inside = node.children().filter(Node::is_element);
    let link = link(node).filter(|_| !LINKED_ELSEWHERE.contains(&node.tag_name().name()));
    let link = link.and_then(|link| link.trim().strip_prefix('#'));
    let attributes = node.attributes();
    let addresses = attributes.flat_map(|attribute| addresses(attribute.value()));
    let elsewhere = link.into_iter().chain(addresses);
    let elsewhere = elsewhere.filter_map(|name| names.get(name).copied());
    inside.map(|child| child.id()).chain(elsewhere).collect()
}

/// Where an element leads to.
pub(super) fn link<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    const XLINK: &str = "http://www.w3.org/1999/xlink";
    node.attribute("href")
        .or_else(|| node.attribute((XLINK, "href")))
}

/// The names of elements in a value such as `fill:url(#paint)`.
fn addresses(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.split("url(").skip(1);
    parts.filter_map(|part| {
        let name = part.split(')').next()?;
        let name = name.trim().trim_matches(['"', '\'']);
        name.strip_prefix('#')
    })
}

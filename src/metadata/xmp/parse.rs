//! Reading packets, and writing them.

use std::fmt::Write;

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::{XmpError, space};

/// A property at the top of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) space: String,
    pub(super) name: String,
    pub(super) form: Form,
}

/// How a property is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// As an attribute, with its value as it stands there.
    Attribute { key: String, value: String },
    /// As an element, from its beginning to its end.
    Element(String),
}

/// Properties that stand together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Description {
    /// The element's name.
    pub(super) element: String,
    /// What it is about, and namespaces.
    pub(super) fixed: Vec<(String, String)>,
    pub(super) properties: Vec<Property>,
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    /// From the root to the beginning of RDF.
    pub(super) head: String,
    pub(super) descriptions: Vec<Description>,
    /// From the end of RDF to that of the root.
    pub(super) tail: String,
    /// The namespaces that the head declares.
    pub(super) declared: Vec<(String, String)>,
}

/// The most attributes of an element.
const MOST_ATTRIBUTES: usize = 2000;

impl Packet {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, XmpError> {
        let text = std::str::from_utf8(bytes).map_err(|_| XmpError::Encoding)?;
        // Some writers end it as a text in C.
        let text = text.trim_start_matches('\u{feff}').trim_end_matches('\0');
        let is_space = |c: char| matches!(c, '\t' | '\n' | '\r');
        if text
            .chars()
            .any(|c| c.is_control() && c < ' ' && !is_space(c))
        {
            return Err(XmpError::Strange("control characters"));
        }
        let mut walk = Walk::new(text);
        while walk.step()? {}
        walk.finish()
    }

    /// The packet, wrapped so that it is found in any file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text =
            String::from("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n");
        text.push_str(&self.head);
        for description in &self.descriptions {
            description.write(&mut text);
        }
        text.push_str(&self.tail);
        text.push_str("\n<?xpacket end=\"w\"?>");
        text.into_bytes()
    }

    pub(super) fn is_empty(&self) -> bool {
        let mut descriptions = self.descriptions.iter();
        descriptions.all(|description| description.properties.is_empty())
    }
}

impl Description {
    fn write(&self, text: &mut String) {
        text.push('<');
        text.push_str(&self.element);
        for (key, value) in &self.fixed {
            attribute(text, key, value);
        }
        for property in &self.properties {
            if let Form::Attribute { key, value } = &property.form {
                attribute(text, key, value);
            }
        }
        text.push('>');
        for property in &self.properties {
            if let Form::Element(element) = &property.form {
                text.push_str(element);
            }
        }
        let _written = write!(text, "</{}>", self.element);
    }
}

/// A value stands there as it was written, where either of the quotes may be in it.
fn attribute(text: &mut String, key: &str, value: &str) {
    let quote = if value.contains('"') { '\'' } else { '"' };
    let _written = write!(text, " {key}={quote}{value}{quote}");
}

struct Walk<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// Elements that are open.
    depth: usize,
    /// How many are open within RDF; none outside.
    rdf: Option<usize>,
    root: Option<(usize, String)>,
    packet: Option<Packet>,
    /// The property that is open: its namespace, its name, and where it begins.
    open: Option<(String, String, usize)>,
    declared: Vec<(String, String)>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: NsReader::from_str(text),
            depth: 0,
            rdf: None,
            root: None,
            packet: None,
            open: None,
            declared: Vec::new(),
        }
    }

    fn at(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Takes the next piece; whether there was one.
    fn step(&mut self) -> Result<bool, XmpError> {
        let from = self.at();
        let event = self.reader.read_event();
        match event.map_err(|error| XmpError::Form(error.to_string()))? {
            Event::Start(start) => self.begin(&start, from, false)?,
            Event::Empty(start) => self.begin(&start, from, true)?,
            Event::End(_) => {
                self.end()?;
                // What follows on the root is padding, and cut off in many a file.
                return Ok(self.depth > 0);
            }
            Event::DocType(_) => return Err(XmpError::Strange("definitions")),
            Event::GeneralRef(reference) => {
                let is_known = matches!(&*reference, "lt" | "gt" | "amp" | "apos" | "quot");
                if !is_known && !matches!(reference.resolve_char_ref(), Ok(Some(_))) {
                    return Err(XmpError::Strange("entities that nobody defines"));
                }
            }
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    fn begin(&mut self, start: &BytesStart<'_>, from: usize, empty: bool) -> Result<(), XmpError> {
        let resolver = self.reader.resolver();
        let (space, name) = resolved(resolver, start.name(), true)?;
        let attributes = attributes(resolver, start)?;
        let is_rdf = space == space::RDF;
        if self.depth == 0 {
            if self.root.is_some() {
                return Err(XmpError::Strange("several roots"));
            }
            self.root = Some((from, start.name().0.to_owned()));
        }
        if self.packet.is_none() && self.depth <= 1 {
            let namespaces = attributes.iter().filter(|(.., key, _)| is_namespace(key));
            let declared = namespaces.map(|(.., key, value)| (key.clone(), value.clone()));
            self.declared.extend(declared);
        }
        if self.packet.is_none() && self.depth <= 1 && is_rdf && name == "RDF" {
            self.begin_rdf(start.name().0, empty);
        } else if self.rdf == Some(self.depth) {
            if !is_rdf || name != "Description" {
                return Err(XmpError::Strange("a node of another kind"));
            }
            self.describe(start.name().0, attributes);
        } else if self.rdf.is_some_and(|rdf| rdf + 1 == self.depth) {
            self.open = Some((space, name, from));
            if empty {
                self.close_property();
            }
        }
        if !empty {
            self.depth += 1;
        }
        Ok(())
    }

    fn begin_rdf(&mut self, name: &str, empty: bool) {
        let (from, root) = self.root.clone().unwrap_or_default();
        let mut head = self.text[from..self.at()].to_owned();
        let mut tail = format!("</{name}>");
        if empty {
            head.truncate(head.trim_end_matches(['/', '>']).len());
            head.push('>');
        } else {
            self.rdf = Some(self.depth + 1);
        }
        if self.depth > 0 {
            let _written = write!(tail, "</{root}>");
        }
        self.packet = Some(Packet {
            head,
            descriptions: Vec::new(),
            tail,
            declared: std::mem::take(&mut self.declared),
        });
    }

    fn describe(&mut self, element: &str, attributes: Vec<(String, String, String, String)>) {
        let mut description = Description {
            element: element.to_owned(),
            ..Description::default()
        };
        for (space, name, key, value) in attributes {
            if is_namespace(&key) || space == space::RDF || key.starts_with("xml:") {
                description.fixed.push((key, value));
            } else {
                description.properties.push(Property {
                    space,
                    name,
                    form: Form::Attribute { key, value },
                });
            }
        }
        if let Some(packet) = &mut self.packet {
            packet.descriptions.push(description);
        }
    }

    fn close_property(&mut self) {
        let to = self.at();
        let description = self
            .packet
            .as_mut()
            .and_then(|packet| packet.descriptions.last_mut());
        if let (Some((space, name, from)), Some(description)) = (self.open.take(), description) {
            description.properties.push(Property {
                space,
                name,
                form: Form::Element(self.text[from..to].to_owned()),
            });
        }
    }

    fn end(&mut self) -> Result<(), XmpError> {
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or(XmpError::Strange("an end of nothing"))?;
        if self.rdf.is_some_and(|rdf| rdf + 1 == self.depth) {
            self.close_property();
        }
        if self.rdf.is_some_and(|rdf| rdf > self.depth) {
            self.rdf = None;
        }
        Ok(())
    }

    fn finish(self) -> Result<Packet, XmpError> {
        if self.depth > 0 {
            return Err(XmpError::Form("it ends too early".to_owned()));
        }
        self.packet.ok_or(XmpError::NoRdf)
    }
}

fn is_namespace(key: &str) -> bool {
    key == "xmlns" || key.starts_with("xmlns:")
}

/// Namespace and name.
fn resolved(
    resolver: &NamespaceResolver,
    name: QName<'_>,
    is_element: bool,
) -> Result<(String, String), XmpError> {
    let (space, local) = if is_element {
        resolver.resolve_element(name)
    } else {
        resolver.resolve_attribute(name)
    };
    let space = match space {
        ResolveResult::Bound(space) => space.into_inner().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(XmpError::Strange("prefixes of nothing")),
    };
    Ok((space, local.into_inner().to_owned()))
}

/// The attributes of an element, each as its namespace, its name, its name as it is written, and its value as it is written.
fn attributes(
    resolver: &NamespaceResolver,
    start: &BytesStart<'_>,
) -> Result<Vec<(String, String, String, String)>, XmpError> {
    let mut unchecked = start.attributes();
    if unchecked
        .with_checks(false)
        .take(MOST_ATTRIBUTES + 1)
        .count()
        > MOST_ATTRIBUTES
    {
        return Err(XmpError::Strange("thousands of attributes"));
    }
    let malformed = |error: String| XmpError::Form(error);
    let mut all = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        value.map_err(|error| malformed(error.to_string()))?;
        if attribute.value.contains('<') {
            return Err(malformed("an attribute holds a tag".to_owned()));
        }
        let key = attribute.key.0.to_owned();
        let (space, name) = if is_namespace(&key) {
            (String::new(), String::new())
        } else {
            resolved(resolver, attribute.key, false)?
        };
        all.push((space, name, key, attribute.value.into_owned()));
    }
    Ok(all)
}

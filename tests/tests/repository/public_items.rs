//! The public items of a crate with their documentation, parsed from its source.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{
    Attribute, Expr, ImplItem, Item, ItemImpl, ItemMacro, ItemMod, Lit, Meta, TraitItem, UseTree,
    Visibility,
};

/// A module with its definitions and re-exports.
#[derive(Default)]
struct Module {
    docs: String,
    is_hidden: bool,
    is_public: bool,
    items: BTreeMap<String, Documented>,
    modules: BTreeMap<String, Module>,
    uses: Vec<Reexport>,
}

/// The target of a re-exported name.
enum Found<'a> {
    Item(&'a Documented),
    /// An item that a macro defines.
    Expanded,
    /// An item of another crate.
    Foreign,
}

/// A name in a `pub use`.
struct Reexport {
    /// The name in this module.
    name: String,
    /// The name in the other module.
    original: String,
    /// The path of the other module, from the root of the crate.
    module: Vec<String>,
    docs: String,
}

/// The kind of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A type, a trait or a macro.
    Type,
    /// An item that a macro of the crate defines, so that its name is not in the source.
    Expanded,
    /// A module, a function or a constant.
    Page,
}

/// A public item with its documentation.
#[derive(Clone)]
pub(crate) struct Documented {
    /// The path in the source, such as `eventkit::event::builder::EventBuilder`.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// The documentation of the item, or of the module that exports it if a macro defines it.
    pub(crate) docs: String,
    /// The documentation of its variants, fields and functions, which rustdoc shows on the same
    /// page.
    pub(crate) parts: Vec<String>,
}

impl Documented {
    /// Returns the name without its path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or_default()
    }

    /// Returns all documentation that rustdoc shows on the page of the item.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(String::as_str);
        std::iter::once(self.docs.as_str()).chain(parts)
    }
}

/// Returns the public types, traits, macros, functions and modules of a crate.
pub(crate) fn of_crate(name: &str, folder: &Path) -> Vec<Documented> {
    let mut reader = Reader::default();
    let root = reader.file(&Place {
        source: folder.join("src/lib.rs"),
        children: folder.join("src"),
        path: name.to_owned(),
    });
    let mut public = BTreeMap::new();
    root.collect(&root, name, &mut public);
    let macros = reader.exported_macros.into_iter();
    public.extend(macros.map(|item| (item.path.clone(), item)));
    for item in public.values_mut().filter(|item| item.kind == Kind::Type) {
        let functions = reader.functions.get(item.name());
        item.parts.extend(functions.into_iter().flatten().cloned());
    }
    public.into_values().collect()
}

impl Module {
    /// Adds the public items of this module and its children.
    fn collect(&self, root: &Self, path: &str, public: &mut BTreeMap<String, Documented>) {
        let docs = self.docs.clone();
        let module = Documented {
            path: path.to_owned(),
            kind: Kind::Page,
            docs,
            parts: Vec::new(),
        };
        public.insert(path.to_owned(), module);
        let items = self.items.values();
        public.extend(items.map(|item| (item.path.clone(), item.clone())));
        for reexport in &self.uses {
            let name = &reexport.name;
            assert!(name != "*", "{path}: public glob imports are not supported");
            let item = match root.find(&reexport.module, &reexport.original) {
                Found::Item(item) => item.clone(),
                Found::Expanded => Documented {
                    path: format!("{path}::{name}"),
                    kind: Kind::Expanded,
                    docs: self.docs.clone(),
                    parts: Vec::new(),
                },
                Found::Foreign => continue,
            };
            let item = public.entry(item.path.clone()).or_insert(item);
            item.parts.push(reexport.docs.clone());
        }
        for (name, module) in &self.modules {
            if module.is_public && !module.is_hidden {
                module.collect(root, &format!("{path}::{name}"), public);
            }
        }
    }

    /// Finds an item by the path of its module from the root, following re-exports.
    fn find(&self, path: &[String], name: &str) -> Found<'_> {
        let module = path
            .iter()
            .try_fold(self, |module, name| module.modules.get(name));
        let Some(module) = module else {
            return Found::Foreign;
        };
        if let Some(item) = module.items.get(name) {
            return Found::Item(item);
        }
        match module.uses.iter().find(|own| own.name == name) {
            // `pub use name;`, where no item has the name, exports a crate.
            Some(own) if own.module == path && own.original == name => Found::Foreign,
            Some(own) => self.find(&own.module, &own.original),
            None => Found::Expanded,
        }
    }
}

/// The parser of the files of a crate.
#[derive(Default)]
struct Reader {
    /// The documentation of the functions of inherent implementations, by type.
    functions: BTreeMap<String, Vec<String>>,
    exported_macros: Vec<Documented>,
}

/// The location of items: the file, the directory of child modules, and the module.
struct Place {
    source: PathBuf,
    children: PathBuf,
    path: String,
}

impl Reader {
    fn file(&mut self, place: &Place) -> Module {
        let source = place.source.display();
        let code =
            fs::read_to_string(&place.source).unwrap_or_else(|error| panic!("{source}: {error}"));
        let file = syn::parse_file(&code).unwrap_or_else(|error| panic!("{source}: {error}"));
        let mut module = self.module(&file.items, place);
        module.docs = docs(&file.attrs, &place.source);
        module
    }

    fn module(&mut self, items: &[Item], place: &Place) -> Module {
        let mut module = Module::default();
        for item in items {
            match item {
                Item::Mod(inner) if !has_word(&inner.attrs, "cfg", "test") => {
                    let name = inner.ident.to_string();
                    module.modules.insert(name, self.inner_module(inner, place));
                }
                Item::Use(tree) if is_public(&tree.vis) && !is_hidden(&tree.attrs) => {
                    let path = place.path.split("::").skip(1).map(str::to_owned);
                    let docs = docs(&tree.attrs, &place.source);
                    reexports(&tree.tree, path.collect(), &docs, &mut module.uses);
                }
                Item::Impl(block) if block.trait_.is_none() => self.functions(block, place),
                _ => {
                    if let Some(item) = documented(item, place) {
                        module.items.insert(item.name().to_owned(), item);
                    }
                }
            }
            if let Item::Macro(definition) = item {
                self.exported_macros.extend(exported(definition, place));
            }
        }
        module
    }

    fn inner_module(&mut self, module: &ItemMod, outer: &Place) -> Module {
        let name = module.ident.to_string();
        let mut place = Place {
            source: module_file(&module.attrs, &outer.children, &name),
            children: outer.children.join(&name),
            path: format!("{}::{name}", outer.path),
        };
        let mut read = if let Some((_, items)) = &module.content {
            place.source.clone_from(&outer.source);
            self.module(items, &place)
        } else {
            self.file(&place)
        };
        read.docs = docs(&module.attrs, &outer.source) + &read.docs;
        read.is_hidden = is_hidden(&module.attrs);
        read.is_public = is_public(&module.vis);
        read
    }

    fn functions(&mut self, block: &ItemImpl, place: &Place) {
        let syn::Type::Path(of) = &*block.self_ty else {
            return;
        };
        let functions = block.items.iter().filter_map(|item| match item {
            ImplItem::Fn(function) if is_public(&function.vis) => {
                Some(docs(&function.attrs, &place.source))
            }
            _ => None,
        });
        if let Some(of) = of.path.segments.last() {
            let known = self.functions.entry(of.ident.to_string());
            known.or_default().extend(functions);
        }
    }
}

/// Returns an exported `macro_rules!`, which is at the root of the crate.
fn exported(definition: &ItemMacro, place: &Place) -> Option<Documented> {
    let attributes = &definition.attrs;
    let is_exported = attributes
        .iter()
        .any(|own| own.path().is_ident("macro_export"));
    let name = definition
        .ident
        .as_ref()
        .filter(|_| is_exported && !is_hidden(attributes))?;
    let root = place.path.split("::").next().unwrap_or_default();
    Some(Documented {
        path: format!("{root}::{name}"),
        kind: Kind::Type,
        docs: docs(attributes, &place.source),
        parts: Vec::new(),
    })
}

/// Returns a public type, trait, macro or function.
fn documented(item: &Item, place: &Place) -> Option<Documented> {
    let (visibility, name, attributes, parts): (_, _, _, Vec<&[Attribute]>) = match item {
        Item::Struct(item) => {
            let parts = item.fields.iter().map(|field| &field.attrs[..]);
            (&item.vis, &item.ident, &item.attrs, parts.collect())
        }
        Item::Enum(item) => {
            let parts = item.variants.iter().map(|variant| &variant.attrs[..]);
            (&item.vis, &item.ident, &item.attrs, parts.collect())
        }
        Item::Trait(item) => {
            let parts = item.items.iter().filter_map(|part| match part {
                TraitItem::Fn(function) => Some(&function.attrs[..]),
                _ => None,
            });
            (&item.vis, &item.ident, &item.attrs, parts.collect())
        }
        Item::Type(item) => (&item.vis, &item.ident, &item.attrs, Vec::new()),
        Item::Fn(item) => (&item.vis, &item.sig.ident, &item.attrs, Vec::new()),
        Item::Const(item) => (&item.vis, &item.ident, &item.attrs, Vec::new()),
        _ => return None,
    };
    let is_page = matches!(item, Item::Fn(_) | Item::Const(_));
    let is_macro = attributes.iter().any(is_procedural_macro);
    (is_public(visibility) && !is_hidden(attributes)).then(|| Documented {
        path: format!("{}::{name}", place.path),
        kind: if is_page && !is_macro {
            Kind::Page
        } else {
            Kind::Type
        },
        docs: docs(attributes, &place.source),
        parts: parts
            .into_iter()
            .map(|part| docs(part, &place.source))
            .collect(),
    })
}

/// Returns the file of a module that is declared without a body.
fn module_file(attributes: &[Attribute], children: &Path, name: &str) -> PathBuf {
    let mut paths = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("path"));
    if let Some(path) = paths.find_map(text) {
        return children.join(path);
    }
    let file = children.join(name).join("mod.rs");
    if file.is_file() {
        return file;
    }
    children.join(name).with_extension("rs")
}

/// Adds the names of a `pub use`.
fn reexports(tree: &UseTree, mut module: Vec<String>, docs: &str, into: &mut Vec<Reexport>) {
    let (name, original) = match tree {
        UseTree::Path(path) => {
            match path.ident.to_string().as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()),
                name => module.push(name.to_owned()),
            }
            return reexports(&path.tree, module, docs, into);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                reexports(tree, module.clone(), docs, into);
            }
            return;
        }
        UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(name) => (name.rename.to_string(), name.ident.to_string()),
        UseTree::Glob(_) => ("*".to_owned(), "*".to_owned()),
    };
    let docs = docs.to_owned();
    into.push(Reexport {
        name,
        original,
        module,
        docs,
    });
}

/// Returns the documentation in attributes, both inline and included from a file.
fn docs(attributes: &[Attribute], source: &Path) -> String {
    let mut docs = String::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        if let Some(line) = text(attribute) {
            docs += &line;
            docs.push('\n');
        } else if let Some(file) = included(attribute) {
            let file = source.parent().unwrap_or(Path::new("")).join(file);
            docs += &fs::read_to_string(file).expect("the included file should be readable");
        }
    }
    docs
}

/// Returns the string of `#[name = ".."]`.
fn text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(literal) = &pair.value else {
        return None;
    };
    let Lit::Str(text) = &literal.lit else {
        return None;
    };
    Some(text.value())
}

/// Returns the path of `#[doc = include_str!("..")]`.
fn included(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let Expr::Macro(call) = &pair.value else {
        return None;
    };
    let path: syn::LitStr = call.mac.parse_body().ok()?;
    call.mac.path.is_ident("include_str").then(|| path.value())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    has_word(attributes, "doc", "hidden")
}

/// Returns whether attributes contain `#[name(word)]`.
fn has_word(attributes: &[Attribute], name: &str, word: &str) -> bool {
    let lists = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name));
    let mut words = lists.filter_map(|attribute| attribute.parse_args::<syn::Ident>().ok());
    words.any(|found| found == word)
}

fn is_procedural_macro(attribute: &Attribute) -> bool {
    ["proc_macro", "proc_macro_attribute", "proc_macro_derive"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

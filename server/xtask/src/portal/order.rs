//! The order of functions in a module. DEFLATE sees no further back than 32 KiB, and a compiler puts functions where it finds them;
//! those that are alike, next to each other, cost a tenth less to send.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::ops::Range;

use anyhow::Context;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ElementSection, ExportSection, FunctionSection, GlobalSection, Module, RawSection, StartSection,
};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef};

/// What is compared: runs of so many bytes.
const RUN_BYTES: usize = 6;
/// How far back the next function looks for its like, in bytes.
const WINDOW_BYTES: usize = 30_000;
/// Runs that more functions have tell nothing of them.
const HOLDERS_MAX: usize = 64;
/// A short function is not alike just because its few bytes are found anywhere.
const SHORT_RUNS: u64 = 20;
/// The section of a module that names functions by their number, for people.
const NAMES: &str = "name";

/// The same module with its functions in the order in which they are packed best.
///
/// # Errors
/// Where it is no module.
pub fn by_likeness(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let functions = Functions::read(module).context("the module cannot be read")?;
    let bytes: Vec<&[u8]> = functions.bodies.iter().map(FunctionBody::as_bytes).collect();
    functions.write(module, &order(&bytes)).map_err(|error| anyhow::anyhow!("the module cannot be written: {error}"))
}

/// The functions of a module: those that it imports come first in the count.
struct Functions<'m> {
    imported: u32,
    types: Vec<u32>,
    bodies: Vec<FunctionBody<'m>>,
}

impl<'m> Functions<'m> {
    fn read(module: &'m [u8]) -> wasmparser::Result<Self> {
        let mut functions = Self { imported: 0, types: Vec::new(), bodies: Vec::new() };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        functions.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(types) => functions.types = types.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => functions.bodies.push(body),
                _ => {}
            }
        }
        Ok(functions)
    }

    fn write(&self, module: &[u8], order: &[usize]) -> Result<Vec<u8>, reencode::Error> {
        let mut moved = Moved::new(self.imported, order);
        let mut out = Module::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::FunctionSection(_) => {
                    let mut section = FunctionSection::new();
                    for &function in order {
                        section.function(self.types[function]);
                    }
                    out.section(&section);
                }
                Payload::GlobalSection(globals) => {
                    let mut section = GlobalSection::new();
                    moved.parse_global_section(&mut section, globals)?;
                    out.section(&section);
                }
                Payload::ExportSection(exports) => {
                    let mut section = ExportSection::new();
                    moved.parse_export_section(&mut section, exports)?;
                    out.section(&section);
                }
                Payload::StartSection { func, .. } => {
                    out.section(&StartSection { function_index: moved.function_index(func)? });
                }
                Payload::ElementSection(elements) => {
                    let mut section = ElementSection::new();
                    moved.parse_element_section(&mut section, elements)?;
                    out.section(&section);
                }
                Payload::CodeSectionStart { .. } => {
                    let mut section = CodeSection::new();
                    for &function in order {
                        moved.parse_function_body(&mut section, self.bodies[function].clone())?;
                    }
                    out.section(&section);
                }
                Payload::CustomSection(custom) if custom.name() == NAMES => {}
                // Nothing else names a function.
                other => {
                    if let Some((id, range)) = other.as_section() {
                        out.section(&RawSection { id, data: &module[in_memory(range)] });
                    }
                }
            }
        }
        Ok(out.finish())
    }
}

/// A module that is in memory has no place that memory has not.
fn in_memory(range: Range<u64>) -> Range<usize> {
    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
    place(range.start)..place(range.end)
}

/// Where each function is now.
struct Moved(Vec<u32>);

impl Moved {
    fn new(imported: u32, order: &[usize]) -> Self {
        let mut places: Vec<u32> = (0..imported).collect();
        places.resize(places.len() + order.len(), 0);
        for (place, &function) in (imported..).zip(order) {
            places[imported as usize + function] = place;
        }
        Self(places)
    }
}

impl Reencode for Moved {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        // The module was valid when it came.
        Ok(self.0[function as usize])
    }
}

/// The largest first, and then always the one of which most is found in those that came just before.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(RUN_BYTES).collect()).collect();
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, runs) in runs.iter().enumerate() {
        for run in runs {
            holders.entry(run).or_default().push(function);
        }
    }
    holders.retain(|_, holders| (2..=HOLDERS_MAX).contains(&holders.len()));

    let mut recent = Recent { holders: &holders, seen: HashMap::new(), found: vec![0; bodies.len()] };
    let mut window = VecDeque::new();
    let mut window_bytes = 0;
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order = Vec::with_capacity(bodies.len());
    // Of equals the first, so that the same module is always written the same way.
    let mut next = left.iter().copied().min_by_key(|&function| (usize::MAX - bodies[function].len(), function));
    while let Some(function) = next {
        left.retain(|&other| other != function);
        order.push(function);
        recent.enter(&runs[function]);
        window.push_back(function);
        window_bytes += bodies[function].len();
        while window_bytes > WINDOW_BYTES
            && window.len() > 1
            && let Some(oldest) = window.pop_front()
        {
            window_bytes -= bodies[oldest].len();
            recent.leave(&runs[oldest]);
        }
        let likeness = |function: usize| (recent.found[function], runs[function].len() as u64 + SHORT_RUNS);
        next = left.iter().copied().max_by(|&a, &b| compare(likeness(a), likeness(b)).then(b.cmp(&a)));
    }
    order
}

/// Compares two parts of a whole.
fn compare((part, whole): (u64, u64), (other_part, other_whole): (u64, u64)) -> Ordering {
    (part * other_whole).cmp(&(other_part * whole))
}

/// What the functions have in common that came just before.
struct Recent<'r> {
    /// Which functions have a run, for those that tell something.
    holders: &'r HashMap<&'r [u8], Vec<usize>>,
    /// How many of the recent ones have a run.
    seen: HashMap<&'r [u8], usize>,
    /// How many of its runs each function finds in them.
    found: Vec<u64>,
}

impl<'r> Recent<'r> {
    fn enter(&mut self, runs: &HashSet<&'r [u8]>) {
        for run in runs {
            let Some(holders) = self.holders.get(run) else { continue };
            let seen = self.seen.entry(run).or_default();
            *seen += 1;
            if *seen == 1 {
                holders.iter().for_each(|&holder| self.found[holder] += 1);
            }
        }
    }

    fn leave(&mut self, runs: &HashSet<&'r [u8]>) {
        for run in runs {
            let Some(holders) = self.holders.get(run) else { continue };
            let Some(seen) = self.seen.get_mut(run) else { continue };
            *seen -= 1;
            if *seen == 0 {
                holders.iter().for_each(|&holder| self.found[holder] -= 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ConstExpr, Elements, EntityType, ExportKind, Function, ImportSection, Instruction, RefType, TableSection,
        TableType, TypeSection,
    };
    use wasmparser::{ElementItems, Operator};

    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let (round, square) = (vec![7; 90], (0..90).collect::<Vec<u8>>());
        let large: Vec<u8> = (100..220).collect();
        let bodies: [&[u8]; 5] = [&round, &square, &large, &round[1..], &square[1..]];
        assert_eq!(order(&bodies), [2, 0, 3, 1, 4]);
        assert_eq!(order(&[]), [0; 0]);
    }

    /// Functions that say their number; each calls the next, and the last the imported one.
    fn module(functions: u32) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("env", "import", EntityType::Function(0));
        let mut kinds = FunctionSection::new();
        let mut tables = TableSection::new();
        let table =
            TableType { element_type: RefType::FUNCREF, table64: false, minimum: 8, maximum: None, shared: false };
        tables.table(table);
        let mut exports = ExportSection::new();
        let mut elements = ElementSection::new();
        let listed: Vec<u32> = (1..=functions).collect();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(listed.as_slice().into()));
        let mut code = CodeSection::new();
        for number in 1..=functions {
            kinds.function(0);
            exports.export(&format!("f{number}"), ExportKind::Func, number);
            let mut body = Function::new([]);
            // The later, the larger.
            for _ in 0..number {
                body.instruction(&Instruction::I32Const(number.cast_signed()));
                body.instruction(&Instruction::Drop);
            }
            body.instruction(&Instruction::Call(if number < functions { number + 1 } else { 0 }));
            body.instruction(&Instruction::End);
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&kinds).section(&tables).section(&exports);
        module.section(&StartSection { function_index: 2 }).section(&elements).section(&code);
        module.finish()
    }

    /// What a function says, and whom it calls.
    fn told(body: &FunctionBody<'_>) -> (i32, u32) {
        let (mut said, mut called) = (0, u32::MAX);
        for operator in body.get_operators_reader().unwrap() {
            match operator.unwrap() {
                Operator::I32Const { value } => said = value,
                Operator::Call { function_index } => called = function_index,
                _ => {}
            }
        }
        (said, called)
    }

    #[test]
    fn whoever_names_a_function_still_means_the_same() {
        let before = module(4);
        let after = by_likeness(&before).unwrap();
        let functions = Functions::read(&after).unwrap();
        // The number that the function of an index says.
        let said = |index: u32| told(&functions.bodies[index as usize - 1]).0;
        assert_eq!((1..=4).map(said).collect::<Vec<_>>(), [4, 1, 2, 3]);
        for body in &functions.bodies {
            match told(body) {
                (4, called) => assert_eq!(called, 0),
                (number, called) => assert_eq!(said(called), number + 1),
            }
        }
        for payload in Parser::new(0).parse_all(&after) {
            match payload.unwrap() {
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.unwrap();
                        assert_eq!(export.name, format!("f{}", said(export.index)));
                    }
                }
                Payload::StartSection { func, .. } => assert_eq!(said(func), 2),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let ElementItems::Functions(listed) = element.unwrap().items else { panic!("functions") };
                        let listed: Vec<i32> = listed.into_iter().map(|index| said(index.unwrap())).collect();
                        assert_eq!(listed, [1, 2, 3, 4]);
                    }
                }
                _ => {}
            }
        }
        assert_eq!(by_likeness(&before).unwrap(), after, "always the same");
        assert!(by_likeness(b"no module").is_err());
    }
}

//! Where signals and notices go: `exporters`.

use bellwether_core::ids::Destination;
use bellwether_exporters::Exporter;

use super::Loading;
use super::hints::{self, kind_of};

impl Loading<'_> {
    /// Reads each exporter by its kind, the part of the name before the slash.
    pub(super) fn exporters(&mut self) -> Vec<Exporter> {
        let document = self.document;
        let kinds = bellwether_exporters::kinds();
        let mut built = Vec::new();
        for (name, section) in self.declared("exporters") {
            let path = format!("exporters.{name}");
            let Some(kind) = kinds.iter().find(|it| it.name == kind_of(name)) else {
                let known: Vec<&str> = kinds.iter().map(|it| it.name).collect();
                self.unknown_kind(hints::EXPORTERS, "exporters", name, &known);
                continue;
            };
            let checked = section.read_against(kind.root_schema());
            let Some(settings) = self.problems.take(checked) else { continue };
            let print = self.files.print(&settings);
            self.outline.exporters.insert(Destination::new(name), print);
            match bellwether_exporters::build(&Destination::new(name), settings) {
                Ok(exporter) => {
                    for note in exporter.notes() {
                        let key = note.path.rsplit('.').next().unwrap_or_default();
                        let message = format!("`{key}` {}", note.message);
                        self.note(&format!("{path}.{}", note.path), message);
                    }
                    built.push(exporter);
                }
                Err(error) => self.problems.extend(error.problems().into_iter().map(|it| {
                    let path = format!("{path}.{}", it.path);
                    document.refusal(path.trim_end_matches('.'), it.message)
                })),
            }
        }
        built
    }
}

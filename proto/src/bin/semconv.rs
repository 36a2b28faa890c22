//! Writes the files that are generated from the semantic-convention registry.

use bellwether_proto::generate;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in generate::all(generate::workspace_root())? {
        std::fs::write(&file.path, &file.text)?;
        println!("{}", file.path.display());
    }
    Ok(())
}

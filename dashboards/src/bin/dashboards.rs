//! Writes the dashboards that are committed.

use std::path::Path;

use bellwether_dashboards::{Product, files};

fn main() -> std::io::Result<()> {
    for product in Product::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(product.name());
        std::fs::create_dir_all(&folder)?;
        for file in files(product, 0) {
            let path = folder.join(&file.name);
            std::fs::write(&path, &file.text)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

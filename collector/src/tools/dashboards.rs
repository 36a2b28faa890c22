//! Writes dashboards for products that draw their own.

use std::io::Write;
use std::path::Path;

use bellwether_dashboards::{Product, files};

use super::ToolError;

/// Writes the dashboards of `products` into `folder`, in a folder for each where there are several, and
/// names every file; New Relic's ask about `account`.
///
/// # Errors
/// Says which folder or file could not be written.
pub fn export(
    products: &[Product],
    folder: &Path,
    account: u64,
    out: &mut impl Write,
) -> Result<(), ToolError> {
    let several = products.len() > 1;
    for product in products {
        let folder = if several { folder.join(product.name()) } else { folder.to_owned() };
        let failed = |path: &Path, error| ToolError::Other(format!("{}: {error}", path.display()));
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        for file in files(*product, account) {
            let path = folder.join(&file.name);
            std::fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
            // a reader that has seen enough closes the pipe
            let _ = writeln!(out, "{}", path.display());
        }
    }
    if products.contains(&Product::NewRelic) && account == 0 {
        let _ = writeln!(
            out,
            "New Relic's ask about account 0: give --account, or fill in accountIds."
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_product_fills_the_folder_and_several_have_one_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let written = |products: &[Product], to: &Path| {
            let mut out = Vec::new();
            export(products, to, 7, &mut out).expect("written");
            String::from_utf8(out).expect("text").replace(&folder.path().display().to_string(), "")
        };
        let one = written(&[Product::NewRelic], &folder.path().join("one"));
        assert_eq!(one, "/one/bellwether.json\n");
        let text = std::fs::read_to_string(folder.path().join("one/bellwether.json"));
        assert!(text.expect("a file").contains("\"accountIds\": [\n"));
        let all = written(&Product::ALL, &folder.path().join("all"));
        assert!(all.contains("/all/grafana/bellwether-business.json\n"), "{all}");
        assert!(all.contains("/all/datadog/bellwether-services.json\n"), "{all}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = export(&[Product::Grafana], &file.path().join("in"), 0, &mut Vec::new());
        let error = error.expect_err("refused").to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}

use eventkit_catalog::Catalog;

fn main() {
    let _ = Catalog::builder("Shop", "1.0.0").events::<String>();
}

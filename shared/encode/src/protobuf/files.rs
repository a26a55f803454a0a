//! The files of a schema: its own, those that it imports, and those that every client knows.

use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use sluice_bridge::format::registry::{KNOWN_PROTOBUF_FILES, read_protobuf_file};

/// The name of the schema's own file.
pub(super) const OWN: &str = "the schema";

/// Reads all files. Also returns whether the schema's own file was text.
///
/// # Errors
/// A sentence about what is not valid.
pub(super) fn read(
    text: &str,
    references: &[(&str, &str)],
) -> Result<(DescriptorPool, bool), String> {
    let (mut own, is_text) = read_protobuf_file(OWN, text)?;
    own.name = Some(OWN.to_owned());
    let mut all = Vec::new();
    for (path, text) in references {
        let (mut file, _) = read_protobuf_file(path, text)?;
        file.name = Some((*path).to_owned());
        all.push(file);
    }
    all.push(own);
    let mut pool = DescriptorPool::global();
    let mut missing: Vec<String> = all.iter().flat_map(|file| file.dependency.clone()).collect();
    missing.retain(|path| !references.iter().any(|(known, _)| known == path));
    let mut known = Vec::new();
    for path in missing {
        add_known(&path, &pool, &mut known)?;
    }
    let added = pool.add_file_descriptor_protos(known.into_iter().chain(all));
    added.map_err(|wrong| format!("the Protobuf schema is not valid: {wrong}"))?;
    Ok((pool, is_text))
}

/// Adds a file that every client knows. Its messages are in a file of the whole folder, which it
/// imports, so that no message is there twice.
fn add_known(
    path: &str,
    pool: &DescriptorPool,
    known: &mut Vec<FileDescriptorProto>,
) -> Result<(), String> {
    if pool.get_file_by_name(path).is_some() || known.iter().any(|file| file.name() == path) {
        return Ok(());
    }
    // The last one that fits: `google/` fits `google/type/`, too.
    let found = KNOWN_PROTOBUF_FILES.iter().rfind(|(prefix, _)| path.starts_with(prefix));
    let Some((prefix, text)) = found else {
        return Err(format!("the Protobuf schema imports {path}, which is no reference of it"));
    };
    if !known.iter().any(|file| file.name() == *prefix) {
        let (mut folder, _) = read_protobuf_file(prefix, text)?;
        folder.name = Some((*prefix).to_owned());
        folder.dependency = ["duration", "timestamp", "wrappers"]
            .map(|it| format!("google/protobuf/{it}.proto"))
            .into();
        known.push(folder);
    }
    known.push(FileDescriptorProto {
        name: Some(path.to_owned()),
        dependency: vec![(*prefix).to_owned()],
        public_dependency: vec![0],
        ..FileDescriptorProto::default()
    });
    Ok(())
}

//! The templates that come with Ombud, one per file, registered here.

use super::{Problem, Template, load};

const FILES: &[(&str, &str)] = &[
    ("mail/forward-inbox.yaml", include_str!("../../templates/mail/forward-inbox.yaml")),
    ("mail/false-memory.yaml", include_str!("../../templates/mail/false-memory.yaml")),
    ("mail/phishing-link.yaml", include_str!("../../templates/mail/phishing-link.yaml")),
    ("mail/false-invoice.yaml", include_str!("../../templates/mail/false-invoice.yaml")),
    ("file/leak-by-address.yaml", include_str!("../../templates/file/leak-by-address.yaml")),
    ("file/delete-file.yaml", include_str!("../../templates/file/delete-file.yaml")),
    ("page/hidden-comment.yaml", include_str!("../../templates/page/hidden-comment.yaml")),
    ("page/unseen-letters.yaml", include_str!("../../templates/page/unseen-letters.yaml")),
    ("page/endless-page.yaml", include_str!("../../templates/page/endless-page.yaml")),
    ("page/false-support.yaml", include_str!("../../templates/page/false-support.yaml")),
    ("retrieved/system-prompt.yaml", include_str!("../../templates/retrieved/system-prompt.yaml")),
    ("memory/silent-copy.yaml", include_str!("../../templates/memory/silent-copy.yaml")),
    ("direct/other-users.yaml", include_str!("../../templates/direct/other-users.yaml")),
];

/// Returns all built-in templates, in the order of the list.
pub fn builtin() -> Result<Vec<Template>, Problem> {
    FILES.iter().map(|(path, text)| load(path, text)).collect()
}

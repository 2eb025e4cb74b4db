//! The portal: pages, components and the typed client.

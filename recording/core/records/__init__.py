"""Pure decisions about what was archived: people, holds, retention, erasure, export, sealing, rebuilding."""

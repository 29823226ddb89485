"""Of the records: people, holds, retention, export, erasure, sealing. Decisions only; `recording.records` acts."""

"""The engine that carries events to sessions: variants, batches, outboxes."""

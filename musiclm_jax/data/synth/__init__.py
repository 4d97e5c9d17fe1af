"""Music that knows its own truth: composed, arranged and synthesised from numbers."""

"""Windows that open on request: export, screenshot, shortcuts, about."""

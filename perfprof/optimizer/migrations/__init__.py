"""Migration files, up and down."""

"""Write changes: edits into texts, texts into patches, patches into files, and the way back."""

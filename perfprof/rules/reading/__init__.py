"""Questions about code and SQL, answered without running anything."""

"""Lists that outlive a call, kept by objects, modules or functions around: who uses them, and a dict beside them."""

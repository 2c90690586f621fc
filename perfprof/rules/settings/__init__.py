"""Settings of pools and connections: where the program writes them, and what a recording says of them."""

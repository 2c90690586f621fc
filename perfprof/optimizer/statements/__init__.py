"""Where the statements of a workload come from: files, logs, the server's own statistics, a recording."""

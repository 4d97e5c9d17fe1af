"""Our token stages under other libraries; optional, and imported by nothing else."""

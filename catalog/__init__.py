"""The catalog: the tables, and the named queries on them. SQL lives nowhere else."""

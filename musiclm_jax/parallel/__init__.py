"""Work that is shared: devices of a mesh, rows of a batch, hosts, processes."""

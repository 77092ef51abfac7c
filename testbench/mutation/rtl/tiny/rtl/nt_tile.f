nt_tiny.v

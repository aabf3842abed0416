"""What a recording says of each run, in the form that causes are read from."""

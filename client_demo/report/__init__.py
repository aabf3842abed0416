"""What is made of the runs of a comparison, for people and for programs."""

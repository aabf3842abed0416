"""`throughline bench`: what the boundary costs, as ratios within one run. Empty: far sides start in here."""

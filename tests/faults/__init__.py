"""The boundary under load, faults and impatience, over real processes."""

"""Makes the data and the weights. Imports head360, never the reverse."""

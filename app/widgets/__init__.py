"""Controls that know nothing of heads: slider, grid, section, swatches, bars."""

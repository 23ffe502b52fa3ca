"""The panels around the viewport, one module each; they never import each other."""

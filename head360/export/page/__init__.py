"""A head in one HTML page: what is packed into it, and the WebGL 2 viewer that draws it."""

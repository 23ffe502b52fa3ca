"""Turns a head into pictures: the torch reference and the OpenGL viewer."""

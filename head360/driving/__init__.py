"""Faces that move: webcams, phones and files drive a head; takes are recorded, read and sent."""

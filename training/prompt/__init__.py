"""Teaches the product's text encoder what people say when they want a head changed."""

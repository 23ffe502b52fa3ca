"""Synthetic heads: people, skin, hair, light and pictures, all from seeds."""

"""Editing by words and by hand: sentences to edit layers, hair, pictures. Never imports Qt."""

"""From a photo to a head: what the picture shows, and the codes that show the same."""

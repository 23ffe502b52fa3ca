"""What is computed: mesh, texture, planes and fields, in torch."""

"""Qt desktop application: Head360 Studio. Knows head360, never torch."""

"""What runs off the GUI thread: the render thread, jobs, and their mailbox."""

"""The stages of training, each resumable and with a preset for two CPU cores."""

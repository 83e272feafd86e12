"""What a person types: the command line, settings, the demo."""

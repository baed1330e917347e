"""An equation label, a check with teeth, a verdict."""

"""What a stack is and does at this moment: read from its parts, judged, and shown on one screen."""

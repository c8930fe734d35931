"""A page that looks for an observer of its writes, and the same page in Chromium alone."""

"""What the end-to-end tests stand on: a test server whose log is the truth, sites that declare it, and a runner for gannet."""

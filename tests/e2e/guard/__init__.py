"""What the tests of the network guard and of Chromium's processes stand on: sockets that must stay silent, a trace of every connection
a scan makes, and a browser that starts with one of its protections taken away."""

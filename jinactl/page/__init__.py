"""The search page: a server on this machine's loopback alone, for the browser of the person who started it."""

"""Whether a cluster can be used: it answers, its license has inference, and the credentials may do what is needed."""

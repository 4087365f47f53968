"""Stand-ins for Pulumi's docker and command plugins, for machines that cannot download the official ones.

They serve the same gRPC protocol (`pulumirpc.ResourceProvider`), drive the real docker engine and run real processes,
and take exactly the properties that the installed SDKs know; what they do not implement they refuse by name.
"""

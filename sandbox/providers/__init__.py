"""Stand-ins for Pulumi's docker and command plugins, for machines that cannot download the official ones.

They serve the same gRPC protocol (`pulumirpc.ResourceProvider`), drive the real docker engine and run real processes,
and implement what the stacks of this project declare; everything else that the SDKs know they refuse by name.
"""

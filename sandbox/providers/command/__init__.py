"""The stand-in for Pulumi's command plugin: commands on this machine, as real processes.

Behaviour follows pulumi-command 1.2.1.
"""

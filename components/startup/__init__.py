"""Waits until a program in a container is up; where it never will be, says why and what to do about it."""

"""The Docker engine that a stack lives on: which one it is, and that no update or destruction goes to another."""

from components.engine.component import StackEngine, StackEngineArgs

__all__ = ["StackEngine", "StackEngineArgs"]

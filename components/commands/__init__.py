"""Programs that Pulumi's commands run during an update: `python3 -m components.commands.NAME`.

They get their settings in the environment, so that a key appears in no process list. They use the standard library
alone: they run under the first python3 on PATH, which need not be that of the project's virtual environment.
"""

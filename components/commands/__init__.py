"""Programs that Pulumi's commands run during an update: `python3 -m components.commands.NAME`.

They get their settings in the environment, so that a key appears in no process list. They use the standard library
alone, and end within seconds when they are stopped, with all that they have started (`components.program.stopping`).
"""

"""`jinactl open`."""

import threading
import webbrowser
from typing import Annotated

import typer

from components.elasticsearch.client.client import Client
from jinactl import options
from jinactl.console import Console
from jinactl.errors import CommandError
from jinactl.page.searching import CLUSTER_PATIENCE, IndexSearch
from jinactl.page.server import PageServer
from jinactl.stack import read_stack

HIGHEST_PORT = 65_535

EXAMPLES = """\
\b
Examples:
  jinactl open
  jinactl open -s gpu --port 8123 --no-browser
The page of another machine, at the same port here:
  ssh -t -L 8123:127.0.0.1:8123 that-machine jinactl open --no-browser --port 8123
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("open", epilog=EXAMPLES, short_help="Search in the browser.")(open_page)


def open_page(
    stack: options.Stack = "",
    outputs: options.Outputs = "",
    index: options.IndexName = "",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=HIGHEST_PORT,
            metavar="PORT",
            help="The port on 127.0.0.1.",
            show_default="any free one",
        ),
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Search in the browser: by meaning, by words and both, side by side. Serves the page until Ctrl-C.

    Only this machine can reach the page, and only the browser that gets its address from this command can use it.
    """
    console = Console(as_json=as_json)
    facts = read_stack(stack, outputs, index)
    with Client(facts.connection, CLUSTER_PATIENCE) as client:
        page = IndexSearch(client, facts)
        page.about()  # an index that is not there is told here, where it can be mended
        with _listening(page, port) as server:
            _announce(console, server, no_browser=no_browser)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                console.say("")  # the ^C of the terminal has a line of its own


def _listening(page: IndexSearch, port: int) -> PageServer:
    try:
        return PageServer(page, port)
    except OSError as error:
        raise CommandError(
            f"The page cannot be served at 127.0.0.1:{port} ({error.strerror}). Choose another --port, or leave it "
            "out for any free one."
        ) from error


def _announce(console: Console, server: PageServer, *, no_browser: bool) -> None:
    """Print the page's address, and open it in the browser unless that is not wanted."""
    access = server.access
    if console.as_json:
        console.json({"url": access.printed_url})
    elif no_browser:
        console.print(access.printed_url)
    if no_browser:
        console.say("Ctrl-C ends the page")
        return
    # In a thread: a browser that runs in a terminal ends only when it is closed.
    threading.Thread(target=_browse, args=(console, server), daemon=True).start()


def _browse(console: Console, server: PageServer) -> None:
    if webbrowser.open(server.access.launch_url):
        console.say(f"the search page is open at {server.access.address}; Ctrl-C ends it")
    else:
        console.say(f"no browser could be opened; open this in yours: {server.access.printed_url}")

"""The handbook's runner: every page of docs/handbook runs, and prints what stands on it.

    make docs                                      run every page and compare
    make docs-update                               run every page and write down what it prints
    .venv/bin/python -m tests.docs 01 03           some pages, by how their names begin
    .venv/bin/python -m tests.docs --update 01     the same, written down

A page is a module in Markdown, run from top to bottom in a process, a namespace and an event loop of its own:

- A block `python` runs; it may use `await`, `async for` and `async with` at its top level. The block `text`
  that follows it, with only blank lines between, is exactly what it printed. A block that prints nothing
  is followed by none; one that raises fails the page.
- A block `python file=NAME.py` is written to the page's scratch directory, which is the working directory and
  where imports look first: blocks can import it, and commands start it.
- A block `console` holds commands after `$ ` (going on after `> `) with what they print on standard output
  below them. They run in bash in the scratch directory, with `throughline` and `python` on PATH. An exit code
  other than 0 is printed last, as `[exit code 1]`.
- A line `...` alone, in what is printed, stands for any lines; where it still fits, an update leaves it.
- White space at the end of a line counts for nothing. All other blocks are not run.
- `make format` formats the code on the pages as any other, and `make lint` holds it.

docs/handbook/code can be imported (`from handbook import model, joined`). No setting of the machine reaches a
page. A page prints no times, no numbers of processes and no random names; what goes to standard error is not
compared.

A page in ko/ is not run: its blocks have to be those of the English page, character for character, and an
update copies them there. Modules: page.py reads and writes pages, play.py runs one, run.py starts that in a
process and compares.
"""

"""`python -m client_demo`: the same command as `throughline`."""

from client_demo.cli import main

if __name__ == "__main__":
    main()

"""`python -m client_demo.bench`: the command by itself."""

from client_demo.bench.command import bench

if __name__ == "__main__":
    bench()

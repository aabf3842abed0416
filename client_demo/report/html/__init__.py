"""The comparison as one page that a browser opens without a network."""

from client_demo.report.html.page import html_page

__all__ = ["html_page"]
